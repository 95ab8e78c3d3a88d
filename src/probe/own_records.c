/* What the DNS says of the sender's domain: its DKIM keys and its policy of DMARC. */
#include <stdlib.h>

#include "auth/dkim_tags.h"
#include "dns/txt.h"
#include "probe/inside.h"
#include "system/file.h"
#include "system/heap.h"

enum { NAME_MAX_TEXT = 300, RECORD_MAX = 4096, KEY_FILE_MOST = 64 * 1024, PATH_MAX_TEXT = 4096 };

/* RFC 7208 2.4 */
struct slice probe_sender_domain(const struct probe *p)
{
    struct slice sender = p->question->sender;
    size_t at = slice_rfind(sender, '@');
    return at == SLICE_NONE ? p->question->helo : slice_from(sender, at + 1);
}

/* The domain above; false: it is a top level already, or none. */
static bool parent_of(struct slice domain, struct slice *parent_r)
{
    size_t dot = slice_find(domain, '.', 0);
    if (dot == SLICE_NONE)
        return false;
    *parent_r = slice_from(domain, dot + 1);
    return slice_find(*parent_r, '.', 0) != SLICE_NONE;
}

static struct slice under(char text[NAME_MAX_TEXT], const char *prefix, struct slice domain)
{
    struct buf name;
    buf_init_fixed(&name, text, NAME_MAX_TEXT);
    buf_addf(&name, "%s.%.*s", prefix, SLICE_ARG(domain));
    return buf_slice(&name);
}

/* The first TXT record that begins so; false: there is none. */
static bool find_record(const struct dns_answer *answer, struct slice begin, struct buf *text)
{
    for (size_t i = 0; answer && i < answer->count; i++) {
        buf_clear(text);
        if (dns_txt_read(answer->records[i], text) && slice_istarts(buf_slice(text), begin))
            return true;
    }
    return false;
}

/* ---- DMARC (RFC 7489) ---- */

static const char *meaning_of(struct slice policy)
{
    static const struct {
        struct slice word;
        const char *meaning;
    } known[] = {
        {SLICE_INIT("none"), "mail that fails is let pass, and reported"},
        {SLICE_INIT("quarantine"), "mail that fails goes to junk"},
        {SLICE_INIT("reject"), "mail that fails is refused"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (slice_ieq(policy, known[i].word))
            return known[i].meaning;
    return "no policy that is known";
}

static void show_dmarc_record(struct probe *p, struct finding *at, struct slice domain,
                              struct slice record)
{
    struct slice policy = SLICE("");
    bool has_policy = dkim_tag(record, "p", &policy);
    struct finding *f = finding_add(p->arena, at, has_policy ? FINDING_GOOD : FINDING_DOUBT,
                                    "dmarc", "DMARC of %.*s: p=%.*s, %s", SLICE_ARG(domain),
                                    SLICE_ARG(policy), meaning_of(policy));
    finding_note(f, "record", record);
    finding_note(f, "policy", policy);
}

static void show_dmarc(struct probe *p, struct finding *at)
{
    struct slice domain = probe_sender_domain(p);
    bool has_failed = false;
    do {
        char name[NAME_MAX_TEXT], storage[RECORD_MAX];
        struct buf text;
        const struct dns_answer *a = probe_own_answer(p, under(name, "_dmarc", domain), DNS_TXT);
        buf_init_fixed(&text, storage, sizeof(storage));
        if (find_record(a, SLICE("v=DMARC1"), &text)) {
            show_dmarc_record(p, at, domain, buf_slice(&text));
            return;
        }
        has_failed |= !a || dns_status_is_failure(a->status);
    } while (parent_of(domain, &domain));
    domain = probe_sender_domain(p);
    struct finding *f = finding_add(
        p->arena, at, has_failed ? FINDING_NOTE : FINDING_DOUBT, "dmarc", "DMARC of %.*s: %s",
        SLICE_ARG(domain), has_failed ? "can't be told, the look-up failed" : "there is no record");
    if (!has_failed)
        finding_advise(f,
                       "Large providers want one: enter the TXT record \"v=DMARC1; p=none\" at "
                       "_dmarc.%.*s to begin with.",
                       SLICE_ARG(domain));
}

/* ---- DKIM (RFC 6376) ---- */

static const struct config_dkim *dkim_of(const struct probe *p)
{
    const struct config *c = p->question->config;
    struct slice domain = probe_sender_domain(p);
    do
        for (size_t i = 0; i < c->dkim_count; i++)
            if (slice_ieq(c->dkims[i].domain, domain))
                return &c->dkims[i];
    while (parent_of(domain, &domain));
    return NULL;
}

static struct slice key_name(char text[NAME_MAX_TEXT], const struct config_dkim *d,
                             struct slice selector)
{
    struct buf name;
    buf_init_fixed(&name, text, NAME_MAX_TEXT);
    buf_addf(&name, "%.*s._domainkey.%.*s", SLICE_ARG(selector), SLICE_ARG(d->domain));
    return buf_slice(&name);
}

/* The public half of our own key; false: its file can't be read here. */
static bool read_own_key(const struct config_dkim *d, struct slice selector, struct buf *public)
{
    char path_text[PATH_MAX_TEXT];
    struct buf path, pem;
    const char *why;
    buf_init_fixed(&path, path_text, sizeof(path_text) - 1);
    config_dkim_path(d, selector, &path);
    path_text[path.len] = '\0';
    buf_init(&pem, &heap, KEY_FILE_MOST);
    struct key *key =
        file_read(path_text, KEY_FILE_MOST, &pem, &why) ? key_read(buf_slice(&pem), &why) : NULL;
    bool good = key && key_write_public(key, public);
    key_free(key);
    buf_free(&pem);
    return good;
}

static void show_key(struct probe *p, struct finding *at, const struct config_dkim *d,
                     struct slice selector)
{
    char name[NAME_MAX_TEXT], storage[RECORD_MAX], published_text[RECORD_MAX], own[RECORD_MAX];
    struct buf text, published, public;
    struct slice question = key_name(name, d, selector), value;
    const struct dns_answer *a = probe_own_answer(p, question, DNS_TXT);
    enum finding_mark mark = FINDING_DOUBT;
    const char *what = "there is no record with a key";
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_init_fixed(&published, published_text, sizeof(published_text));
    buf_init_fixed(&public, own, sizeof(own));
    if (!a || dns_status_is_failure(a->status)) {
        mark = FINDING_NOTE;
        what = "can't be told, the look-up failed";
    } else if (find_record(a, SLICE(""), &text) && dkim_tag(buf_slice(&text), "p", &value) &&
               value.len && dkim_tag_bytes(value, &published)) {
        bool is_read = read_own_key(d, selector, &public);
        bool is_same = is_read && slice_eq(buf_slice(&published), buf_slice(&public));
        mark = is_same || !is_read ? FINDING_GOOD : FINDING_DOUBT;
        what = is_same   ? "the record has the key that signs here"
               : is_read ? "the record has another key than the one that signs here"
                         : "there is a record; whether it has the key that signs here can't be "
                           "told, since the file can't be read";
    }
    struct finding *f =
        finding_add(p->arena, at, mark, "dkim", "DKIM %.*s: %s", SLICE_ARG(question), what);
    if (mark == FINDING_DOUBT)
        finding_advise(f,
                       "Signatures with it are worth nothing, until the record is there that "
                       "`candor dkim show %.*s --selector %.*s` prints.",
                       SLICE_ARG(d->domain), SLICE_ARG(selector));
}

static void show_dkim(struct probe *p, struct finding *at)
{
    const struct config_dkim *d = dkim_of(p);
    for (size_t i = 0; d && i < d->selectors.count; i++)
        show_key(p, at, d, d->selectors.at[i]);
    if (d)
        return;
    struct slice domain = probe_sender_domain(p);
    finding_advise(finding_add(p->arena, at, FINDING_NOTE, "dkim",
                               "DKIM of %.*s: mail is not signed here (dkim)", SLICE_ARG(domain)),
                   "Large providers want signatures: `candor dkim new %.*s` makes a key, and says "
                   "what to enter.",
                   SLICE_ARG(domain));
}

/* ---- all ---- */

void probe_ask_records(struct probe *p)
{
    struct slice domain = probe_sender_domain(p);
    const struct config_dkim *d = dkim_of(p);
    char name[NAME_MAX_TEXT];
    do
        probe_own_ask(p, under(name, "_dmarc", domain), DNS_TXT);
    while (parent_of(domain, &domain));
    for (size_t i = 0; d && i < d->selectors.count; i++)
        probe_own_ask(p, key_name(name, d, d->selectors.at[i]), DNS_TXT);
}

void probe_show_records(struct probe *p, struct finding *at)
{
    show_dkim(p, at);
    show_dmarc(p, at);
}
