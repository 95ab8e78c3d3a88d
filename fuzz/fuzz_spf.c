/* A zone of strangers: each line is an answer to the next question, `t` and a text, `a` and four
 * bytes, `m` and a name, anything else a failure. SPF has to end within its limits, whatever they
 * are, and to have read every term that decided in the record itself. */
#include <stdlib.h>

#include "auth/spf.h"
#include "system/heap.h"

/* Of each look-up ten names at most are asked for. */
enum { MEMORY_MAX = 4 * 1024 * 1024, QUESTIONS_MOST = 200, TEXT_MOST = 255, V4_BYTES = 4 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void write_name(struct buf *out, struct slice name)
{
    struct slice label;
    while (slice_split(&name, '.', &label)) {
        label = slice_head(label, 63);
        buf_add_char(out, (char)label.len);
        buf_add(out, label);
    }
    buf_add_char(out, '\0');
}

static void tell(struct spf *s, struct slice line)
{
    char storage[1024];
    struct buf out;
    struct slice record, data = slice_head(slice_from(line, 1), TEXT_MOST);
    struct dns_answer a = {.status = DNS_OK, .is_secure = true, .records = &record, .count = 1};
    buf_init_fixed(&out, storage, sizeof(storage));
    switch (line.len ? line.at[0] : 0) {
    case 't':
        buf_add_char(&out, (char)data.len);
        buf_add(&out, data);
        break;
    case 'a':
        buf_add(&out, slice_head(data, V4_BYTES));
        break;
    case 'm':
        buf_add(&out, slice_of("\0\1", 2));
        write_name(&out, data);
        break;
    case 'p':
        write_name(&out, data);
        break;
    default:
        a.count = 0;
        a.status = line.len ? (unsigned char)line.at[0] % (DNS_TIMED_OUT + 1) : DNS_NO_NAME;
        break;
    }
    record = buf_slice(&out);
    spf_tell(s, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), line, name;
    struct spf_input in = {.client = {IP_V4, {192, 0, 2, 3}},
                           .local = SLICE("local"),
                           .domain = SLICE("sender.example"),
                           .helo = SLICE("client.example")};
    struct spf s;
    enum dns_type type;
    size_t asked = 0;
    struct arena arena;
    arena_init(&arena, &heap, MEMORY_MAX);
    spf_begin(&s, &in, &arena);
    while (spf_ask(&s, &name, &type)) {
        require(++asked < QUESTIONS_MOST && name.len > 0 && name.len <= 255);
        if (!slice_split(&rest, '\n', &line))
            line = SLICE("");
        tell(&s, line);
    }
    require(s.lookups <= SPF_LOOKUPS_MAX + 1 && s.depth <= SPF_LOOKUPS_MAX);
    if (s.result == SPF_PASS)
        require(s.matched.len > 0);
    if (s.result == SPF_PERMERROR || s.result == SPF_TEMPERROR)
        require(s.why && *s.why);
    arena_reset(&arena);
    return 0;
}
