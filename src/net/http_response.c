#include "net/http_response.h"

/* `HTTP/1.1 200 Fine` */
static bool read_status(struct slice line, unsigned *status_r)
{
    struct slice version, code;
    uint32_t status;
    if (!slice_word(&line, &version) || !slice_starts(version, SLICE("HTTP/1.")) ||
        !slice_word(&line, &code) || code.len != 3 || !slice_u32(code, &status))
        return false;
    *status_r = status;
    return true;
}

struct fields {
    bool has_length;
    uint64_t length;
    struct slice type;
};

static bool read_field(struct slice line, struct fields *f)
{
    size_t colon = slice_find(line, ':', 0);
    if (colon == SLICE_NONE)
        return false;
    struct slice name = slice_head(line, colon), value = slice_trim(slice_from(line, colon + 1));
    if (slice_ieq(name, SLICE("Content-Type")))
        f->type = slice_trim(slice_head(value, slice_find(value, ';', 0)));
    if (slice_ieq(name, SLICE("Transfer-Encoding")))
        return false; /* RFC 9112 6.1: not for who asked by HTTP/1.0 */
    if (!slice_ieq(name, SLICE("Content-Length")))
        return true;
    uint64_t length;
    bool is_new = slice_u64(value, &length) && (!f->has_length || f->length == length);
    f->has_length = true;
    f->length = length;
    return is_new;
}

enum http_read http_response_read(struct slice in, bool is_end, struct http_response *r_r)
{
    size_t end = slice_find_slice(in, SLICE("\r\n\r\n"), 0);
    struct slice head = slice_head(in, end), line;
    struct fields f = {.type = SLICE("")};
    if (end == SLICE_NONE)
        return is_end ? HTTP_BAD : HTTP_MORE;
    if (!slice_line(&head, &line) || !read_status(line, &r_r->status))
        return HTTP_BAD;
    while (slice_line(&head, &line))
        if (!read_field(line, &f))
            return HTTP_BAD;
    r_r->type = f.type;
    r_r->body = slice_from(in, end + 4);
    if (!f.has_length)
        return is_end ? HTTP_DONE : HTTP_MORE;
    if (r_r->body.len < f.length)
        return is_end ? HTTP_BAD : HTTP_MORE;
    r_r->body.len = (size_t)f.length;
    return HTTP_DONE;
}
