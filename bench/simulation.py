"""A day of ten million messages to 50,000 domains: the real queue against a model of providers, with simulated time.

Nothing is told to the queue about the providers. It has to find what each of them stands from what they say, and stay
near it. bench_simulation.c makes the day, this says how it went and draws it.
"""
import collections
import statistics
import subprocess

import plot
import servers

Minute = collections.namedtuple("Minute", "stands delivered too_fast too_many open waiting")
FINDING = 30  # minutes after a change that may be spent on finding out
PER_PLOT = 5  # minutes
WANTED = {"found": 0.9, "mean": 0.7, "swing": 0.2, "complaints": 5}  # of the limit; of the mean; in 1,000 messages


def read(lines):
    minutes, providers, totals, delays = collections.defaultdict(list), {}, {}, {}
    for line in lines:
        kind, *words = line.rstrip("\n").split("\t")
        if kind == "minute":
            minutes[int(words[1])].append(Minute(*map(float, words[2:])))
        elif kind == "provider":
            providers[int(words[0])] = (int(words[1]), words[2])
        elif kind == "total":
            totals[words[0]] = words[1]
        else:
            delays.setdefault(words[0], {})[words[1]] = float(words[2])
    return minutes, providers, totals, delays


def busy(minutes):
    """Those in which more waited than it could take, and in which the limit was not new."""
    seen, since = [], 0
    for n, minute in enumerate(minutes):
        if n and (minute.stands != minutes[n - 1].stands or minutes[n - 1].waiting < minute.stands):
            since = n
        if minute.stands and minute.waiting > minute.stands and n - since >= FINDING:
            seen.append(minute)
    return seen


def judge(minutes):
    """How near the limit it was while mail waited, how evenly, and how often it was told to slow down. Minutes in
    which it was shut out count for the mean alone."""
    sample = busy(minutes)
    delivered = sum(minute.delivered for minute in minutes)
    told = {"complaints": 1000 * sum(minute.too_fast + minute.too_many for minute in minutes) / max(1, delivered)}
    parts = [minute.delivered / minute.stands for minute in sample if minute.delivered]
    if parts:
        told.update(found=statistics.median(parts), swing=statistics.pstdev(parts) / statistics.mean(parts),
                    mean=sum(parts) / len(sample))
    return told


def is_short(told):
    return (told.get("found", 1) < WANTED["found"] or told.get("mean", 1) < WANTED["mean"]
            or told.get("swing", 0) > WANTED["swing"]
            or told["complaints"] > WANTED["complaints"])


def table(minutes, providers):
    yield "       mail  most waiting  of what it stands: median  mean  swing  complaints in 1,000  who stands"
    for number, (mail, what) in sorted(providers.items()):
        told = judge(minutes[number])
        parts = [f"{told[key]:.0%}" if key in told else "-" for key in ("found", "mean", "swing")]
        yield (f"  {mail:9,}  {max(m.waiting for m in minutes[number]):12,.0f}  {parts[0]:>25}  {parts[1]:>4}  "
               f"{parts[2]:>5}  {told['complaints']:19.2f}  {what}")


def thin(values):
    return [statistics.mean(values[n:n + PER_PLOT]) for n in range(0, len(values), PER_PLOT)]


def draw(path, minutes, providers):
    rows = []
    for number, (_, what) in sorted(providers.items()):
        day = minutes[number]
        rows.append([
            (f"{what}", [("it stands a minute", "#c33", "4 3", thin([m.stands for m in day])),
                         ("it was given", "#15c", "", thin([m.delivered for m in day]))]),
            ("complaints and waiting mail", [
                ("waiting", "#777", "", thin([m.waiting for m in day])),
                ("complaints a minute", "#c33", "", thin([m.too_fast + m.too_many for m in day]))])])
    plot.write(path, "A day of ten million messages: what providers stand, and what the queue gives them", rows)


def run(_folder, options):
    program = servers.TOP / "build/release/bench/bench_simulation"
    done = subprocess.run([program], check=True, capture_output=True, text=True, timeout=1800)
    minutes, providers, totals, delays = read(done.stdout.splitlines())
    lines = [f"simulation: a day, {int(totals['came']):,} messages to 50,000 domains, "
             f"in {float(totals['real seconds']):.0f} seconds",
             *table(minutes, providers), "",
             f"  delivered {int(totals['delivered']):,}, bounced {int(totals['bounced']):,}, put off "
             f"{int(totals['put off']):,} times, most in the queue {int(totals['most in the queue']):,}"]
    for group, parts in delays.items():
        lines.append(f"  delivered at {group} providers: half within {parts['0.50']:,.1f} s, "
                     f"nine in ten within {parts['0.90']:,.0f} s, 99 in 100 within {parts['0.99']:,.0f} s")
    (options.out / "simulation.txt").write_text("\n".join(lines) + "\n")
    draw(options.out / "simulation.svg", minutes, providers)
    print("\n" + "\n".join(lines), f"\n  drawn in {options.out / 'simulation.svg'}", sep="")
    return not any(is_short(judge(day)) for day in minutes.values())
