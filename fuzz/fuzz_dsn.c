/* Notices about anything: they can be written, their lines are fit, and what a peer said never gets
 * out of its place. The input is the reply's text, the host, the address and the message, each
 * ended by
 * `|`. */
#include "mail/dsn_write.h"
#include "system/heap.h"

static const struct slice boundary = SLICE_INIT("--=_FUZZ");

/* Of the parts that we write ourselves; the message is returned as it is. */
static void check_line(struct slice line, bool is_ours)
{
    if (line.len == 0 || line.at[line.len - 1] != '\r' || line.len > 999)
        __builtin_trap();
    for (size_t i = 0; is_ours && i + 1 < line.len; i++)
        if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f)
            __builtin_trap();
}

static void check(struct slice notice)
{
    size_t parts = 0;
    for (struct slice line; slice_split(&notice, '\n', &line);) {
        check_line(line, parts < 3);
        parts += parts < 3 && slice_starts(line, boundary);
    }
    if (parts < 3)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), text = {"", 0}, host = text,
                 address = text;
    if (size > 65536)
        return 0;
    slice_split(&rest, '|', &text);
    slice_split(&rest, '|', &host);
    slice_split(&rest, '|', &address);
    const struct envelope e = {
        .sender = SLICE("ann@example.net"), .envid = text, .smtputf8 = size % 2};
    const struct dsn_recipient recipients[] = {
        {.address = address,
         .original = host,
         .is_tried = true,
         .is_expired = size % 3 == 0,
         .last = {.reply = {.code = size % 5 ? 550 : 0, .text = text},
                  .stage = STAGE_RCPT,
                  .remote = host}},
        {.address = text},
    };
    const struct dsn d = {.kind = (enum dsn_kind)(size % 3),
                          .hostname = SLICE("mail.example.net"),
                          .unique = SLICE("FUZZ"),
                          .envelope = &e,
                          .recipients = recipients,
                          .count = 1 + size % 2,
                          .content = rest,
                          .is_whole = true,
                          .words = &words_all[size % words_all_count],
                          .has_html = size % 4 == 0,
                          .return_most = 1000};
    struct buf out;
    struct dsn_form form;
    buf_init(&out, &heap, 64 << 20);
    if (!dsn_write(&out, &d, &heap, &form))
        __builtin_trap();
    check(buf_slice(&out));
    buf_free(&out);
    return 0;
}
