#include "auth/spf.h"

#include "dns/reverse.h"
#include "dns/txt.h"
#include "mail/address.h"

enum { RECORD_MOST = 4096, NAME_MOST = 253, NAME_ROOM = 2048, REVERSE_ROOM = 80 };

static void go_on(struct spf *s);

const char *spf_result_name(enum spf_result r)
{
    static const char *const names[] = {
#define X(id, name) name,
        SPF_RESULTS(X)
#undef X
    };
    return names[r];
}

static void end(struct spf *s, enum spf_result result, const char *why)
{
    s->is_over = true;
    s->result = result;
    s->why = why;
}

static struct spf_record *current(struct spf *s)
{
    return &s->stack[s->depth];
}

static void ask(struct spf *s, struct slice name, enum dns_type type)
{
    s->name = name;
    s->type = type;
}

bool spf_ask(const struct spf *s, struct slice *name_r, enum dns_type *type_r)
{
    *name_r = s->name;
    *type_r = s->type;
    return !s->is_over;
}

static enum dns_type address_type(const struct spf *s)
{
    return s->in.client.family == IP_V4 ? DNS_A : DNS_AAAA;
}

/* ---- results ---- */

static enum spf_result result_of(char qualifier)
{
    switch (qualifier) {
    case '-':
        return SPF_FAIL;
    case '~':
        return SPF_SOFTFAIL;
    case '?':
        return SPF_NEUTRAL;
    default:
        return SPF_PASS;
    }
}

/* A record within another was gone through (RFC 7208 5.2). */
static void leave(struct spf *s, enum spf_result result)
{
    while (s->depth > 0) {
        s->depth--;
        if (result != SPF_PASS)
            return; /* no match: the next term */
        result = result_of(current(s)->term.qualifier);
    }
    s->matched = current(s)->term.text;
    end(s, result, "");
}

static void match(struct spf *s)
{
    enum spf_result result = result_of(current(s)->term.qualifier);
    if (s->depth == 0) {
        s->matched = current(s)->term.text;
        end(s, result, "");
    } else {
        leave(s, result);
    }
}

/* ---- names ---- */

/* The name that the term is about, in the arena; false: it is none, which matches nothing. */
static bool name_of_term(struct spf *s, struct slice spec, struct slice *name_r)
{
    char storage[NAME_ROOM];
    struct buf out;
    struct slice domain = current(s)->domain;
    buf_init_fixed(&out, storage, sizeof(storage));
    if (spec.len == 0) {
        *name_r = domain;
        return true;
    }
    if (!spf_expand(spec, &s->in, domain, &out))
        return false;
    struct slice name = buf_slice(&out);
    if (name.len && name.at[name.len - 1] == '.')
        name.len--;
    return name.len && name.len <= NAME_MOST && arena_dup(s->arena, name, name_r);
}

/* ---- records ---- */

static bool find_records(struct spf *s, const struct dns_answer *answer, struct slice *terms_r,
                         size_t *count_r)
{
    *count_r = 0;
    for (size_t i = 0; i < answer->count; i++) {
        char storage[RECORD_MOST];
        struct buf text;
        struct slice terms, kept;
        buf_init_fixed(&text, storage, sizeof(storage));
        if (!dns_txt_read(answer->records[i], &text) || !spf_record_read(buf_slice(&text), &terms))
            continue;
        if (!arena_dup(s->arena, buf_slice(&text), &kept))
            return false;
        (*count_r)++;
        *terms_r = slice_from(kept, kept.len - terms.len);
        if (s->depth == 0 && s->record.len == 0)
            s->record = kept;
    }
    return true;
}

/* All terms are checked before any is looked at (RFC 7208 4.6). */
static const char *check_terms(struct spf_record *r)
{
    struct slice rest = r->rest, word;
    struct spf_term t;
    r->redirect = SLICE("");
    while (slice_split(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        if (!spf_term_read(word, &t))
            return "a term of the record is wrong";
        if (t.kind == SPF_REDIRECT && r->redirect.len)
            return "the record has two redirects";
        if (t.kind == SPF_REDIRECT)
            r->redirect = t.spec;
    }
    return NULL;
}

static void take_record(struct spf *s, const struct dns_answer *answer)
{
    struct spf_record *r = current(s);
    size_t count;
    bool is_first = s->lookups == 0;
    if (dns_status_is_failure(answer->status)) {
        end(s, SPF_TEMPERROR, dns_status_text(answer->status));
        return;
    }
    if (!find_records(s, answer, &r->rest, &count)) {
        end(s, SPF_TEMPERROR, "out of memory");
        return;
    }
    const char *wrong = count == 1 ? check_terms(r) : NULL;
    if (count == 0)
        end(s, is_first ? SPF_NONE : SPF_PERMERROR,
            is_first ? "there is no record" : "a record that it includes is not there");
    else if (count > 1)
        end(s, SPF_PERMERROR, "there are several records, of which none counts then");
    else if (wrong)
        end(s, SPF_PERMERROR, wrong);
    else
        go_on(s);
}

/* ---- limits ---- */

static bool may_look_up(struct spf *s)
{
    if (++s->lookups <= SPF_LOOKUPS_MAX)
        return true;
    end(s, SPF_PERMERROR, "the record leads to more than 10 look-ups (RFC 7208 4.6.4)");
    return false;
}

static bool may_be_void(struct spf *s, const struct dns_answer *answer)
{
    if (answer->status != DNS_NO_NAME && answer->status != DNS_NO_DATA)
        return true;
    if (++s->voids <= SPF_VOIDS_MAX)
        return true;
    end(s, SPF_PERMERROR, "more than two look-ups of the record find nothing (RFC 7208 4.6.4)");
    return false;
}

/* ---- mechanisms ---- */

static bool fits(const struct spf *s, struct slice record)
{
    const struct spf_term *t = &s->stack[s->depth].term;
    bool is_v4 = s->in.client.family == IP_V4;
    if (record.len != (is_v4 ? 4U : 16U))
        return false;
    struct cidr net = spf_net(ip_from_bytes(is_v4 ? IP_V4 : IP_V6, (const uint8_t *)record.at),
                              is_v4 ? t->prefix4 : t->prefix6);
    return net.ip.family == s->in.client.family && cidr_contains(net, s->in.client);
}

static bool one_fits(const struct spf *s, const struct dns_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        if (fits(s, answer->records[i]))
            return true;
    return false;
}

/* The addresses of the next name, or the next term. */
static void ask_next_name(struct spf *s)
{
    if (s->name_at < s->name_count)
        ask(s, s->names[s->name_at++], address_type(s));
    else
        go_on(s);
}

static void keep_name(struct spf *s, struct slice name)
{
    if (s->name_count < SPF_NAMES_MAX && name.len)
        s->names[s->name_count++] = name;
}

static void take_exchangers(struct spf *s, const struct dns_answer *answer)
{
    struct dns_mx mx;
    if (answer->count > SPF_NAMES_MAX) {
        end(s, SPF_PERMERROR, "it names a domain with more than 10 mail exchangers");
        return;
    }
    for (size_t i = 0; i < answer->count; i++)
        if (dns_mx_read(answer->records[i], s->arena, &mx))
            keep_name(s, mx.host);
    ask_next_name(s);
}

/* Names below the term's own (RFC 7208 5.5). */
static bool is_below(struct slice name, struct slice domain)
{
    return slice_ieq(name, domain) || (slice_iends(name, domain) && name.len > domain.len &&
                                       name.at[name.len - domain.len - 1] == '.');
}

static void take_names(struct spf *s, const struct dns_answer *answer)
{
    struct slice domain, name;
    size_t used;
    if (name_of_term(s, current(s)->term.spec, &domain))
        for (size_t i = 0; i < answer->count; i++)
            if (dns_host_read(answer->records[i], s->arena, &name, &used) && is_below(name, domain))
                keep_name(s, name);
    ask_next_name(s);
}

static void take_addresses(struct spf *s, const struct dns_answer *answer)
{
    bool is_match = current(s)->term.kind == SPF_EXISTS ? answer->count > 0 : one_fits(s, answer);
    if (!is_match) {
        ask_next_name(s);
        return;
    }
    match(s);
    go_on(s);
}

static void enter(struct spf *s, struct slice domain)
{
    s->depth++;
    *current(s) = (struct spf_record){.domain = domain};
    ask(s, domain, DNS_TXT);
}

static void ask_names_of_client(struct spf *s)
{
    char text[REVERSE_ROOM];
    struct buf out;
    struct slice name;
    buf_init_fixed(&out, text, sizeof(text));
    dns_reverse_question(&out, s->in.client);
    if (arena_dup(s->arena, buf_slice(&out), &name))
        ask(s, name, DNS_PTR);
    else
        end(s, SPF_TEMPERROR, "out of memory");
}

/* True: an answer is awaited, or it is over. */
static bool look_up(struct spf *s, const struct spf_term *t)
{
    struct slice name;
    if (!may_look_up(s))
        return true;
    if (!name_of_term(s, t->spec, &name))
        return false;
    s->name_count = s->name_at = 0;
    switch (t->kind) {
    case SPF_INCLUDE:
        enter(s, name);
        return true;
    case SPF_A:
        ask(s, name, address_type(s));
        return true;
    case SPF_MX:
        ask(s, name, DNS_MX);
        return true;
    case SPF_EXISTS:
        ask(s, name, DNS_A);
        return true;
    case SPF_PTR:
        ask_names_of_client(s);
        return true;
    default:
        return false;
    }
}

/* True: it is over, or waits. */
static bool take_term(struct spf *s, const struct spf_term *t)
{
    switch (t->kind) {
    case SPF_ALL:
        match(s);
        return s->is_over;
    case SPF_IP4:
    case SPF_IP6:
        if (t->net.ip.family != s->in.client.family || !cidr_contains(t->net, s->in.client))
            return false;
        match(s);
        return s->is_over;
    case SPF_REDIRECT:
    case SPF_OTHER:
        return false;
    default:
        return look_up(s, t);
    }
}

/* No term matched (RFC 7208 4.7, 6.1). True: it is over, or waits. */
static bool end_record(struct spf *s)
{
    struct slice name;
    if (current(s)->redirect.len) {
        if (!may_look_up(s))
            return true;
        if (!name_of_term(s, current(s)->redirect, &name)) {
            end(s, SPF_PERMERROR, "its redirect leads to no name");
            return true;
        }
        *current(s) = (struct spf_record){.domain = name};
        ask(s, name, DNS_TXT);
        return true;
    }
    if (s->depth == 0) {
        end(s, SPF_NEUTRAL, "no term of the record fits");
        return true;
    }
    leave(s, SPF_NEUTRAL);
    return s->is_over;
}

static void go_on(struct spf *s)
{
    bool waits = false;
    while (!waits && !s->is_over) {
        struct spf_record *r = current(s);
        struct slice word;
        if (!slice_split(&r->rest, ' ', &word))
            waits = end_record(s);
        else if (word.len && spf_term_read(word, &r->term))
            waits = take_term(s, &r->term);
    }
}

/* ---- the two ways in ---- */

void spf_begin(struct spf *s, const struct spf_input *in, struct arena *arena)
{
    *s = (struct spf){.arena = arena, .in = *in};
    s->stack[0].domain = in->domain;
    if (s->in.local.len == 0)
        s->in.local = SLICE("postmaster");
    if (!domain_is_valid(in->domain) || slice_find(in->domain, '.', 0) == SLICE_NONE)
        end(s, SPF_NONE, "that is no full name of a domain"); /* RFC 7208 4.3 */
    else
        ask(s, in->domain, DNS_TXT);
}

void spf_tell(struct spf *s, const struct dns_answer *answer)
{
    if (s->is_over)
        return;
    if (s->type == DNS_TXT) {
        take_record(s, answer);
        return;
    }
    enum spf_kind kind = current(s)->term.kind;
    if (dns_status_is_failure(answer->status) && kind != SPF_PTR) {
        end(s, SPF_TEMPERROR, dns_status_text(answer->status));
        return;
    }
    if (!may_be_void(s, answer))
        return;
    if (s->type == DNS_MX)
        take_exchangers(s, answer);
    else if (s->type == DNS_PTR)
        take_names(s, answer);
    else
        take_addresses(s, answer);
}
