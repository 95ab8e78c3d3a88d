// The changes of this machine's zone, which a log leaves out of its times.
const DAY = 24 * 60 * 60 * 1000;
const STEP = 7 * DAY; // no zone changes twice in it
const FIRST = Date.UTC(1990, 0, 1);

const east = (time) => -new Date(time).getTimezoneOffset();

// The first moment, to the minute, after `before` at which the offset is that of `after`.
function changeBetween(before, after) {
  const offset = east(after);
  while (after - before > 60000) {
    const middle = Math.floor((before + after) / 120000) * 60000;
    if (middle <= before) break;
    if (east(middle) === offset) after = middle;
    else before = middle;
  }
  return after;
}

// [local time from which on it holds, as ms of the same wall clock in UTC, minutes east of UTC]
export function zoneChanges(now) {
  const changes = [[FIRST - DAY, east(FIRST)]];
  for (let time = FIRST; time < now + 400 * DAY; time += STEP) {
    const old = east(time);
    if (east(time + STEP) !== old) {
      changes.push([changeBetween(time, time + STEP) + old * 60000, east(time + STEP)]);
    }
  }
  return changes;
}

// Tells the module what time it is, and where.
export function tellTime(module, now) {
  module.candor_page_clock(now);
  for (const [from, minutes] of zoneChanges(now)) module.candor_page_zone(from, minutes);
}
