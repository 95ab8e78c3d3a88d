#include "queue/notice.h"

#include "mail/header.h"

static struct dsn_recipient recipient_from(const struct effect *e, const struct notice_recipient *n)
{
    const struct recipient *r = &e->envelope->recipients[n->recipient];
    struct dsn_recipient to = {.address = r->address,
                               .original = r->original,
                               .is_tried = n->outcome != NULL,
                               .attempts = n->attempts,
                               .is_expired = n->expired,
                               .is_final = n->agent != AGENT_SMTP};
    if (n->outcome) {
        to.last = outcome_diagnosis_input(n->outcome);
        to.at = n->outcome->at;
    }
    return to;
}

static void fill_envelope(const struct effect *e, const struct dsn_form *form,
                          const struct notice_options *options, int64_t now,
                          struct notice_envelope *to)
{
    *to = (struct notice_envelope){
        .envelope = {.body = form->body,
                     .smtputf8 = form->smtputf8,
                     .requires_tls = e->envelope->requires_tls, /* RFC 8689 5 */
                     .helo = options->hostname,
                     .protocol = SLICE("local"),
                     .received_at = now,
                     .count = 1},
        /* no notice about a notice (RFC 3461 6.1) */
        .recipient = {.address = e->envelope->sender, .notify = NOTIFY_NEVER},
    };
    to->envelope.recipients = &to->recipient;
}

/* Accept-Language says what a sender reads (RFC 3282), Content-Language what they write. */
static const struct words *language_of(const struct notice_options *options)
{
    static const struct slice fields[] = {SLICE_INIT("Accept-Language"),
                                          SLICE_INIT("Content-Language")};
    const struct words *found = NULL;
    struct slice body;
    for (size_t i = 0; options->follows && !found && i < sizeof(fields) / sizeof(*fields); i++)
        if (header_find(options->content, fields[i], &body))
            found = words_choose(options->words, words_all_count, body);
    return found ? found : options->preset;
}

bool notice_write(struct buf *out, const struct effect *e, const struct notice_options *options,
                  const struct mem *mem, int64_t now, struct notice_envelope *envelope_r)
{
    static const enum dsn_kind kinds[] = {[NOTICE_FAILURE] = DSN_FAILED,
                                          [NOTICE_DELAY] = DSN_DELAYED,
                                          [NOTICE_SUCCESS] = DSN_DELIVERED};
    struct dsn_recipient *recipients = mem_take(mem, e->count * sizeof(*recipients));
    if (!recipients)
        return false;
    for (size_t i = 0; i < e->count; i++)
        recipients[i] = recipient_from(e, &e->recipients[i]);
    struct dsn d = {.kind = kinds[e->notice],
                    .hostname = options->hostname,
                    .unique = options->unique,
                    .now = now,
                    .zone = options->zone,
                    .envelope = e->envelope,
                    .recipients = recipients,
                    .count = e->count,
                    .retry_until = e->expires_at,
                    .content = options->content,
                    .is_whole = options->is_whole,
                    .rules = options->rules,
                    .words = language_of(options),
                    .has_html = options->has_html,
                    .return_most = options->return_most};
    struct dsn_form form;
    bool is_written = dsn_write(out, &d, mem, &form);
    if (is_written)
        fill_envelope(e, &form, options, now, envelope_r);
    mem_give(mem, recipients, e->count * sizeof(*recipients));
    return is_written;
}
