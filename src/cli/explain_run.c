#include "cli/explain_run.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/explain_crew.h"
#include "cli/explain_decide.h"
#include "cli/explain_input.h"
#include "cli/explain_progress.h"
#include "cli/explain_summary.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "guide/reader.h"
#include "system/clock.h"
#include "system/heap.h"
#include "system/zone.h"

enum {
    OUTPUT_MAX = 256 * 1024 * 1024,
    OUTPUT_MUCH = 4 * 1024 * 1024, /* bytes that wait for their turn */
    CREW_FROM = 1024 * 1024,       /* bytes of one file that are worth a crew */
    WORKERS_MAX = 64,
    WINDOW_MAX = GUIDE_MAIL_MAX + 1024 * 1024,
};

/* What the workers share. */
struct run {
    const struct explain_options *options;
    const struct explain_places *places;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    size_t next; /* place that nobody took yet */
    size_t turn; /* place, or batch of a crew, whose output is due */
    struct explain_crew crew;
    struct explain_progress progress;
    uint64_t items;     /* told */
    uint64_t no_report; /* mails that are none, not shown in a list of many */
    size_t logs;        /* read, and what went well in them */
    uint64_t delivered;
    bool is_written; /* something was */
    bool is_over;    /* nobody wants more */
    bool is_unread;
    bool is_out_of_memory;
};

struct worker {
    struct run *run;
    struct guide_reader reader;
    struct explain_input in;
    struct zone zone;
    struct buf out;
    size_t place;  /* whose turn it waits for */
    uint64_t read; /* bytes of the place that progress knows of */
    uint64_t items, no_report;
    uint64_t
        old; /* bytes of a file that is followed which were there before, and are not told of */
};

static bool write_all(struct slice out)
{
    while (out.len > 0) {
        ssize_t sent = write(STDOUT_FILENO, out.at, out.len);
        if (sent < 0 && errno == EINTR && !interrupt_came())
            continue;
        if (sent < 0)
            return false;
        out = slice_from(out, (size_t)sent);
    }
    return true;
}

/* Waits until all places before this one are out; false when nobody wants more. */
static bool wait_for_turn(struct worker *w)
{
    struct run *run = w->run;
    pthread_mutex_lock(&run->lock);
    while (!run->is_over && run->turn != w->place)
        pthread_cond_wait(&run->turned, &run->lock);
    bool good = !run->is_over;
    pthread_mutex_unlock(&run->lock);
    return good;
}

static void stop(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->is_over = true;
    pthread_cond_broadcast(&run->turned);
    pthread_mutex_unlock(&run->lock);
}

/* Of the worker whose turn it is. */
static bool flush(struct worker *w)
{
    struct run *run = w->run;
    struct slice out = buf_slice(&w->out);
    if (out.len == 0)
        return true;
    if (!run->is_written && run->options->format == EXPLAIN_TEXT && out.at[0] == '\n')
        out = slice_from(out, 1);
    run->is_written = true;
    explain_progress_hide(&run->progress);
    bool good = write_all(out);
    if (!good && errno != EPIPE && !interrupt_came())
        perror("candor explain: standard output");
    buf_clear(&w->out);
    if (!good)
        stop(run);
    return good;
}

enum turn { TURN_OVER, TURN_LATER, TURN_NOW };

static enum turn look_at_turn(struct worker *w)
{
    struct run *run = w->run;
    pthread_mutex_lock(&run->lock);
    enum turn turn = run->is_over ? TURN_OVER : run->turn == w->place ? TURN_NOW : TURN_LATER;
    pthread_mutex_unlock(&run->lock);
    return turn;
}

static bool on_pause(void *ctx)
{
    struct worker *w = ctx;
    uint64_t read = w->in.read;
    explain_progress_add(&w->run->progress, read - w->read);
    w->read = read;
    enum turn turn = look_at_turn(w);
    bool good = turn == TURN_NOW ? flush(w) : turn == TURN_LATER;
    return good && !interrupt_came();
}

/* In a long list the mails that report nothing are only counted. */
static bool is_shown(const struct worker *w, const struct explained *x)
{
    bool is_list = w->run->places->count > 1 || x->line > 0;
    return x->recipient || !x->bounce || !is_list || w->run->options->format != EXPLAIN_TEXT;
}

static void write_item(struct buf *out, const struct explain_options *o, const struct explained *x)
{
    struct decision decision;
    bool decided = o->decides && explain_decide(x, o->rules, &decision);
    switch (o->format) {
    case EXPLAIN_TEXT:
        buf_add_char(out, '\n');
        explain_write_text(out, x, decided ? &decision : NULL, &o->style);
        break;
    case EXPLAIN_JSON:
        explain_write_json(out, x, decided ? &decision : NULL);
        break;
    case EXPLAIN_CSV:
        explain_write_csv(out, x);
        break;
    }
}

static bool on_item(void *ctx, const struct explained *x)
{
    struct worker *w = ctx;
    const struct explain_options *o = w->run->options;
    w->items++;
    if (w->old > 0 && explain_input_taken(&w->in, w->reader.in.rest) <= w->old)
        return true;
    if (!explain_filter_passes(&o->filter, x))
        return true;
    if (o->summary)
        return explain_summary_count(o->summary, x);
    if (!is_shown(w, x)) {
        w->no_report++;
        return true;
    }
    write_item(&w->out, o, x);
    if (w->out.len < OUTPUT_MUCH)
        return !w->out.failed;
    return wait_for_turn(w) && flush(w);
}

/* The output of this place, or of this batch of a crew, is out. */
static void pass_turn(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->turn++;
    pthread_cond_broadcast(&run->turned);
    pthread_mutex_unlock(&run->lock);
}

/* Of a crew: batches in place of places. */
static void *work_on_batches(void *ctx);

/* Where one file is all there is and goes on for long, other threads explain what this one reads.
 */
static bool begin_crew(struct worker *w)
{
    struct run *run = w->run;
    const struct explain_options *o = run->options;
    if (run->places->count > 1 || o->jobs < 2 || o->follows || w->in.read < CREW_FROM ||
        !explain_crew_begin(&run->crew, o->jobs, w->place + 1, work_on_batches, run))
        return false;
    if (flush(w))
        pass_turn(run);
    return true;
}

static enum guide_offer on_offer(void *ctx, const struct guide_task *task)
{
    struct worker *w = ctx;
    struct run *run = w->run;
    if (run->crew.count == 0 && !begin_crew(w))
        return OFFER_REFUSED;
    if (explain_crew_add(&run->crew, task))
        return OFFER_TAKEN;
    w->reader.is_out_of_memory = true;
    return OFFER_END;
}

static bool on_reader_pause(void *ctx)
{
    struct worker *w = ctx;
    if (w->run->crew.count > 0)
        explain_crew_pass(&w->run->crew);
    return on_pause(ctx);
}

static void report_unread(struct worker *w, const char *name, const char *why)
{
    explain_progress_hide(&w->run->progress);
    fprintf(stderr, "candor explain: %s: %s\n", name, why);
    pthread_mutex_lock(&w->run->lock);
    w->run->is_unread = true;
    pthread_mutex_unlock(&w->run->lock);
}

static bool read_file(struct worker *w, const char *name, int fd)
{
    if (fd < 0)
        return report_unread(w, name, strerror(errno)), true;
    w->read = 0;
    explain_input_open(&w->in, fd);
    w->reader.clock.now = clock_unix_ms();
    struct guide_input in = {.rest = {"", 0}, .more = explain_input_more, .ctx = &w->in};
    bool good = guide_read(&w->reader, name, &in);
    if (w->in.failure)
        report_unread(w, name, w->in.failure);
    return good;
}

static bool wait_for_more(void *ctx, int fd)
{
    return follow_wait(ctx, fd);
}

/* One file after the other that has the name. */
static bool follow_place(struct worker *w, const char *name)
{
    struct follow f;
    struct stat about;
    bool is_all = w->run->options->filter.since != EXPLAINED_NO_TIME, good = true;
    follow_begin(&f, name);
    w->in.wait = wait_for_more;
    w->in.wait_ctx = &f;
    bool grows = stat(name, &about) == 0 && S_ISREG(about.st_mode);
    if (!is_all && grows)
        w->old = (uint64_t)about.st_size;
    while (good && !follow_is_over(&f)) {
        int fd = follow_open(&f);
        if (fd < 0 && follow_is_over(&f))
            break;
        good = read_file(w, name, fd) && fd >= 0 && !w->in.failure && grows;
        if (fd >= 0)
            close(fd);
        w->old = 0;
    }
    w->in.wait = NULL;
    w->in.wait_ctx = NULL;
    follow_end(&f);
    return true;
}

static bool read_place(struct worker *w, const struct explain_place *place)
{
    if (place->kind == PLACE_FILE && w->run->options->follows)
        return follow_place(w, place->name);
    if (place->kind == PLACE_TEXT) {
        w->reader.clock.now = clock_unix_ms();
        return guide_read_text(&w->reader, slice_str(place->name));
    }
    if (place->kind == PLACE_INPUT)
        return read_file(w, place->name, STDIN_FILENO);
    int fd = open(place->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool good = read_file(w, place->name, fd);
    if (fd >= 0)
        close(fd);
    return good;
}

/* The next place for a worker; false: none is left. */
static bool take_place(struct worker *w)
{
    struct run *run = w->run;
    pthread_mutex_lock(&run->lock);
    bool any = !run->is_over && run->next < run->places->count;
    if (any)
        w->place = run->next++;
    pthread_mutex_unlock(&run->lock);
    return any;
}

static void end_place(struct worker *w, bool good)
{
    on_pause(w);
    if (good && wait_for_turn(w) && flush(w))
        pass_turn(w->run);
    else
        stop(w->run);
}

static void begin_work(struct worker *w, struct run *run, const struct guide_listener *listener)
{
    *w = (struct worker){.run = run, .zone = ZONE_INIT};
    explain_input_init(&w->in, WINDOW_MAX);
    guide_reader_init(&w->reader, &heap, listener, w, run->options->rules);
    w->reader.stage = run->options->stage;
    w->reader.clock = (struct log_clock){.zone = zone_at, .ctx = &w->zone};
    buf_init(&w->out, &heap, OUTPUT_MAX);
}

static void end_work(struct worker *w)
{
    struct run *run = w->run;
    pthread_mutex_lock(&run->lock);
    run->items += w->items;
    run->no_report += w->no_report;
    run->logs += w->reader.logs;
    run->delivered += w->reader.delivered;
    run->is_out_of_memory |= w->reader.is_out_of_memory || w->out.failed;
    pthread_mutex_unlock(&run->lock);
    buf_free(&w->out);
    guide_reader_free(&w->reader);
    explain_input_free(&w->in);
}

static void *work(void *ctx)
{
    static const struct guide_listener listener = {
        .offer = on_offer, .item = on_item, .pause = on_reader_pause};
    struct run *run = ctx;
    struct worker w;
    begin_work(&w, run, &listener);
    while (take_place(&w)) {
        bool good = read_place(&w, &run->places->list[w.place]);
        if (run->crew.count > 0) {
            explain_crew_end(&run->crew);
            w.place = run->turn;
        }
        end_place(&w, good);
    }
    end_work(&w);
    return NULL;
}

static bool explain_batch(struct worker *w, const struct explain_batch *b)
{
    for (size_t i = 0; i < b->tasks.count; i++)
        if (!guide_explain(&w->reader, &b->tasks.list[i]))
            return false;
    return wait_for_turn(w) && flush(w);
}

/* Goes on through the batches also when nobody wants more, since the reader waits for them. */
static void *work_on_batches(void *ctx)
{
    static const struct guide_listener listener = {.item = on_item, .pause = on_pause};
    struct run *run = ctx;
    struct explain_batch *b;
    struct worker w;
    begin_work(&w, run, &listener);
    while ((b = explain_crew_next(&run->crew))) {
        w.place = b->number;
        bool good = look_at_turn(&w) != TURN_OVER && explain_batch(&w, b);
        if (good)
            pass_turn(run);
        else
            stop(run);
        explain_crew_done(&run->crew, b);
    }
    end_work(&w);
    return NULL;
}

static void work_together(struct run *run, size_t jobs)
{
    pthread_t threads[WORKERS_MAX];
    size_t count = 0;
    jobs = jobs < WORKERS_MAX ? jobs : WORKERS_MAX;
    while (count + 1 < jobs && count + 1 < run->places->count &&
           pthread_create(&threads[count], NULL, work, run) == 0)
        count++;
    work(run);
    while (count > 0)
        pthread_join(threads[--count], NULL);
}

static int status_of(const struct run *run)
{
    if (run->is_out_of_memory)
        return fputs("candor explain: there is no memory left\n", stderr), EX_OSERR;
    if (interrupt_came())
        return EX_OK;
    if (run->is_over)
        return EX_IOERR;
    if (run->is_unread || run->places->has_unread)
        return EX_NOINPUT;
    if (run->items > 0)
        return EX_OK;
    if (run->logs > 0) {
        fprintf(stderr, "Nothing was refused, put off or failed; %llu deliveries went well.\n",
                (unsigned long long)run->delivered);
        return EX_OK;
    }
    fputs("candor explain: there is nothing to explain: the text is empty\n", stderr);
    return EX_DATAERR;
}

int explain_run(const struct explain_options *options, const struct explain_places *places)
{
    struct run run = {.options = options, .places = places};
    pthread_mutex_init(&run.lock, NULL);
    pthread_cond_init(&run.turned, NULL);
    explain_progress_begin(&run.progress, options->shows_progress,
                           places->is_all_files ? places->bytes : 0);
    if (options->format == EXPLAIN_CSV && !options->summary)
        run.is_over = !write_all(explain_csv_head());
    work_together(&run, options->jobs);
    explain_progress_hide(&run.progress);
    if (run.no_report > 0)
        fprintf(stderr, "%llu %s no delivery report.\n", (unsigned long long)run.no_report,
                run.no_report == 1 ? "mail is" : "mails are");
    pthread_cond_destroy(&run.turned);
    pthread_mutex_destroy(&run.lock);
    return status_of(&run);
}
