/* The module has one text and one answer at a time: a page runs it in one thread. A page that wants
 * the next answer gives back the last one's room by asking for room again. */
#include <stdlib.h>
#include <wasi/api.h>

#include "guide/reader.h"

enum {
    ANSWER_MAX = 512 * 1024 * 1024,
    ANSWERS_MAX = 10000, /* what a page can show, and a person read */
    CHANGES_MAX = 512,   /* of a zone's offset: two a year are usual */
};

/* What candor_page_explain returns. */
enum page_status { PAGE_DONE, PAGE_CUT, PAGE_NO_MEMORY, PAGE_NO_TEXT };

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

/* From this local time on, given as unix ms of the same wall clock in UTC. */
struct change {
    int64_t from;
    int minutes; /* east of UTC */
};

static struct {
    char *text;
    struct buf answer;
    size_t answers;
    uint64_t delivered;
    bool is_log;
    int64_t now;
    struct change changes[CHANGES_MAX];
    size_t change_count;
} page;

static void *take(void *ctx, size_t size)
{
    return (void)ctx, malloc(size);
}

static void give(void *ctx, void *at, size_t size)
{
    (void)ctx, (void)size, free(at);
}

static const struct mem memory = {take, give, NULL};

/* The last change at or before that time; UTC before the first one. */
static int zone_at(void *ctx, int64_t local_ms)
{
    size_t begin = 0, end = page.change_count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (page.changes[middle].from <= local_ms)
            begin = middle + 1;
        else
            end = middle;
    }
    return (void)ctx, begin ? page.changes[begin - 1].minutes : 0;
}

static bool on_item(void *ctx, const struct explained *x)
{
    bool *is_cut = ctx;
    *is_cut = page.answers == ANSWERS_MAX;
    if (*is_cut)
        return false;
    struct json j = json_to(&page.answer);
    json_put_object(&j, NULL);
    explained_put_json(&j, x);
    json_end_object(&j);
    buf_add_char(&page.answer, '\n');
    page.answers++;
    return !page.answer.failed;
}

static enum page_status explain_text(struct slice text)
{
    static const struct guide_listener listener = {.item = on_item};
    struct guide_reader reader;
    bool is_cut = false;
    guide_reader_init(&reader, &memory, &listener, &is_cut, NULL);
    reader.clock = (struct log_clock){.now = page.now, .zone = zone_at};
    bool good = guide_read_whole(&reader, "-", text);
    page.delivered = reader.delivered;
    page.is_log = reader.logs > 0;
    guide_reader_free(&reader);
    return is_cut ? PAGE_CUT : good ? PAGE_DONE : PAGE_NO_MEMORY;
}

/* What time it is, in unix ms; forgets what was said of the zone. */
EXPORT("candor_page_clock") void candor_page_clock(double now)
{
    page.now = (int64_t)now;
    page.change_count = 0;
}

/* From which local time on the zone is how many minutes east of UTC; the earliest first. */
EXPORT("candor_page_zone") void candor_page_zone(double from, int minutes)
{
    if (page.change_count < CHANGES_MAX)
        page.changes[page.change_count++] = (struct change){(int64_t)from, minutes};
}

/* Room for a text of `len` bytes, and forgets the last answer; NULL: too long, or no memory. */
EXPORT("candor_page_room") char *candor_page_room(size_t len)
{
    free(page.text);
    buf_free(&page.answer);
    page.text = len <= GUIDE_MAIL_MAX ? malloc(len + 1) : NULL;
    return page.text;
}

static void begin_answer(void)
{
    buf_free(&page.answer);
    buf_init(&page.answer, &memory, ANSWER_MAX);
    page.answers = 0;
}

/* Explains the first `len` bytes of that room. The answer has one JSON object a line, as `candor
 * explain --json -` prints them. Returns a page_status. */
EXPORT("candor_page_explain") int candor_page_explain(size_t len)
{
    begin_answer();
    return page.text ? explain_text(slice_of(page.text, len)) : PAGE_NO_TEXT;
}

/* Makes the answer an object with the title of each cause. Returns a page_status. */
EXPORT("candor_page_titles") int candor_page_titles(void)
{
    begin_answer();
    struct json j = json_to(&page.answer);
    json_put_object(&j, NULL);
    for (enum cause c = 0; c < CAUSE_COUNT; c++)
        json_put_string(&j, cause_name(c), slice_str(cause_title(c)));
    json_end_object(&j);
    return page.answer.failed ? PAGE_NO_MEMORY : PAGE_DONE;
}

/* Where the answer is, until the next call. */
EXPORT("candor_page_answer") const char *candor_page_answer(void)
{
    return page.answer.at;
}

/* How long the answer is, in bytes. */
EXPORT("candor_page_answer_len") size_t candor_page_answer_len(void)
{
    return page.answer.len;
}

/* Deliveries that went well in the log that was read; -1: the text was none. */
EXPORT("candor_page_delivered") double candor_page_delivered(void)
{
    return page.is_log ? (double)page.delivered : -1;
}

/* What the C library's printing would ask its host for. The guide prints into memory only, so the
 * module brings the answer "no such file" itself, and a page has nothing to lend it. */
__wasi_errno_t __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *parts, size_t count,
                               __wasi_size_t *written_r)
{
    return (void)fd, (void)parts, (void)count, (void)written_r, __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t by, __wasi_whence_t whence,
                              __wasi_filesize_t *now_r)
{
    return (void)fd, (void)by, (void)whence, (void)now_r, __WASI_ERRNO_BADF;
}

__wasi_errno_t __wasi_fd_close(__wasi_fd_t fd)
{
    return (void)fd, __WASI_ERRNO_BADF;
}
