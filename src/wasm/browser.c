/* The module has one text and one answer at a time: a page runs in one thread. A page that wants
 * the next answer gives back the last one's room by asking for room again. */
#include <candor.h>
#include <stdlib.h>
#include <wasi/api.h>

enum { TEXT_MAX = 64 * 1024 * 1024 }; /* as candor_read_mail reads */

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

static struct {
    char *text;
    char *answer;
    size_t size, used; /* of the answer */
} page;

static void *take(void *ctx, size_t size)
{
    return (void)ctx, malloc(size);
}

static void give(void *ctx, void *at, size_t size)
{
    (void)ctx, (void)size, free(at);
}

/* Whether `more` bytes fit behind what is written; the answer grows by doubling. */
static int make_room(size_t more)
{
    size_t size = page.size ? page.size : 4096;
    while (size - page.used < more) {
        if (size > SIZE_MAX / 2)
            return 0;
        size *= 2;
    }
    if (size == page.size)
        return 1;
    char *answer = realloc(page.answer, size);
    if (!answer)
        return 0;
    page.answer = answer;
    page.size = size;
    return 1;
}

/* Writes explanation `index` as a line of its own. */
static candor_status put_line(const candor_report *report, size_t index)
{
    size_t len = 0;
    candor_status status = candor_report_json(report, index, NULL, 0, &len);
    if (status != CANDOR_NO_ROOM && status != CANDOR_OK)
        return status;
    if (!make_room(len + 1))
        return CANDOR_NO_MEMORY;
    status = candor_report_json(report, index, page.answer + page.used, len, &len);
    if (status != CANDOR_OK)
        return status;
    page.answer[page.used + len] = '\n';
    page.used += len + 1;
    return CANDOR_OK;
}

/* A mail is read as one; a text in which no mail reports anything is taken for a reply. */
static candor_status read_either(const candor_options *options, const char *text, size_t len,
                                 candor_report **report_r)
{
    candor_status status = candor_read_mail(options, text, len, report_r);
    if (status != CANDOR_OK || candor_report_count(*report_r) > 0)
        return status;
    candor_report_free(*report_r);
    return candor_explain(options, text, len, report_r);
}

/* Room for a text of `len` bytes, and forgets the last answer; NULL: too long, or no memory. */
EXPORT("candor_page_room") char *candor_page_room(size_t len)
{
    free(page.text);
    free(page.answer);
    page.answer = NULL;
    page.size = page.used = 0;
    page.text = len <= TEXT_MAX ? malloc(len + 1) : NULL;
    return page.text;
}

/* Explains the first `len` bytes of that room. The answer has one JSON object a line. Returns a
 * candor_status. */
EXPORT("candor_page_explain") int candor_page_explain(size_t len)
{
    candor_options options = {.size = sizeof(options), .memory = {take, give, NULL}};
    candor_report *report;
    if (!page.text)
        return CANDOR_BAD_ARGUMENT;
    page.used = 0;
    candor_status status = read_either(&options, page.text, len, &report);
    if (status != CANDOR_OK)
        return status;
    for (size_t i = 0; status == CANDOR_OK && i < candor_report_count(report); i++)
        status = put_line(report, i);
    candor_report_free(report);
    return status;
}

/* Where the answer is, until the next call of candor_page_room. */
EXPORT("candor_page_answer") const char *candor_page_answer(void)
{
    return page.answer;
}

/* How long the answer is, in bytes. */
EXPORT("candor_page_answer_len") size_t candor_page_answer_len(void)
{
    return page.used;
}

/* What the C library's printing would ask its host for. libcandor prints into memory only, so the
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
