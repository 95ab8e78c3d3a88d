/* Mails out of an mbox: the same ones whatever the size of the window, none longer than asked for,
 * in the order in which they stand. */
#include "mail/mbox.h"
#include "system/heap.h"

enum { MOST = 200 };

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

struct seen {
    size_t mails, bytes, last_line;
    uint64_t sum;
};

static void look_at(struct seen *s, const struct mbox_mail *mail)
{
    s->mails++;
    s->bytes += mail->text.len;
    must(mail->text.len <= MOST && mail->line >= s->last_line);
    s->last_line = mail->line;
    for (size_t i = 0; i < mail->text.len; i++)
        s->sum = s->sum * 31 + (unsigned char)mail->text.at[i];
    s->sum = s->sum * 31 + mail->line;
}

static struct seen split(struct slice whole, size_t step)
{
    struct mbox m;
    struct mbox_mail mail;
    struct seen seen = {0};
    struct slice window = slice_head(whole, 0);
    mbox_init(&m, MOST);
    for (enum mbox_found found = MBOX_MORE; found != MBOX_END;) {
        size_t left = (size_t)(whole.at + whole.len - window.at) - window.len;
        found = mbox_next(&m, &window, left == 0, &mail);
        if (found == MBOX_MAIL)
            look_at(&seen, &mail);
        must(found != MBOX_MORE || left > 0);
        if (found != MBOX_MORE)
            continue;
        left = (size_t)(whole.at + whole.len - window.at) - window.len;
        window.len += left < step ? left : step;
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice whole = slice_of((const char *)data, size);
    struct buf out;
    if (size > 4096)
        return 0;
    struct seen at_once = split(whole, size + 1), in_bits = split(whole, 1);
    must(at_once.mails == in_bits.mails && at_once.bytes <= size);
    buf_init(&out, &heap, size + 1);
    mbox_unquote(&out, whole);
    must(!out.failed && out.len <= size);
    buf_free(&out);
    (void)mbox_begins(whole);
    return 0;
}
