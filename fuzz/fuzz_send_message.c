/* A message for `candor send`: every line ends in CR LF, no bare CR or LF is left, the header has
 * what it must have, and with -t no Bcc; each recipient is a valid address and there once. The
 * first byte chooses the options. */
#include "cli/send_message.h"
#include "mail/address.h"
#include "mail/header.h"
#include "system/heap.h"

static void check_lines(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        bool is_pair =
            s.at[i] == '\r' ? i + 1 < s.len && s.at[i + 1] == '\n' : i > 0 && s.at[i - 1] == '\r';
        if ((s.at[i] == '\r' || s.at[i] == '\n') && !is_pair)
            __builtin_trap();
    }
    if (s.len < 2 || s.at[s.len - 1] != '\n')
        __builtin_trap();
}

static void check_recipients(const struct send_recipients *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct address address;
        struct err err;
        if (!address_parse(r->at[i].address, &address, &err))
            __builtin_trap();
        for (size_t j = 0; j < i; j++)
            if (slice_eq(r->at[i].address, r->at[j].address))
                __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf content;
    struct slice bad, ignored;
    const char *what = NULL;
    if (size == 0 || size > 4096)
        return 0;
    struct send_source s = {.text = slice_of((const char *)data + 1, size - 1),
                            .sender = SLICE("me@here.test"),
                            .hostname = SLICE("here.test"),
                            .dot_ends = data[0] & 1,
                            .to_header = data[0] & 2};
    arena_init(&arena, &heap, 1 << 21);
    buf_init(&content, &heap, 1 << 20);
    struct send_recipients r = {.at = arena_array(&arena, SEND_RECIPIENTS_MAX, sizeof(*r.at))};
    if (!r.at)
        return 0;
    if (send_message_write(&s, &arena, &content, &r, &bad, &what)) {
        struct slice written = buf_slice(&content);
        check_lines(written);
        if (!header_find(written, SLICE("Date"), &ignored) ||
            !header_find(written, SLICE("From"), &ignored))
            __builtin_trap();
        if (s.to_header && header_find(written, SLICE("Bcc"), &ignored))
            __builtin_trap();
    } else if (!what) {
        __builtin_trap();
    }
    check_recipients(&r);
    buf_free(&content);
    arena_reset(&arena);
    return 0;
}
