/* The way to the hosts: the agent's own look-up, watched. */
#include "dns/tlsa.h"
#include "probe/inside.h"

enum { LIST_TEXT_MAX = 1024, NAME_TEXT_MAX = 300, DIGEST_SHOWN = 8, DAY = 24 * 60 * 60 };

/* ---- answers ---- */

struct dns_answer probe_keep_answer(const struct probe *p, const struct dns_answer *answer)
{
    struct dns_answer kept = *answer;
    kept.count = 0;
    if (!arena_dup(p->arena, answer->why, &kept.why))
        kept.why = SLICE("");
    if (!arena_dup(p->arena, answer->canonical, &kept.canonical))
        kept.canonical = SLICE("");
    kept.records = arena_array(p->arena, answer->count + 1, sizeof(*answer->records));
    for (size_t i = 0; kept.records && i < answer->count; i++)
        if (arena_dup(p->arena, answer->records[i], &kept.records[kept.count]))
            kept.count++;
    return kept;
}

static void keep_answer(void *ctx, struct slice name, enum dns_type type,
                        const struct dns_answer *answer)
{
    struct probe *p = ctx;
    struct probe_answer *kept = &p->answers[p->answer_count];
    if (p->answer_count == PROBE_ANSWERS_MAX || !arena_dup(p->arena, name, &kept->name))
        return;
    kept->type = type;
    kept->found = probe_keep_answer(p, answer);
    p->answer_count++;
}

static const struct dns_answer *answer_of(const struct probe *p, struct slice name,
                                          enum dns_type type)
{
    for (size_t i = 0; i < p->answer_count; i++)
        if (p->answers[i].type == type && slice_ieq(p->answers[i].name, name))
            return &p->answers[i].found;
    return NULL;
}

static bool has_anchor(const struct probe *p)
{
    return p->question->config->resolver.trust_anchor.len > 0;
}

const char *probe_dnssec(const struct probe *p, const struct dns_answer *answer)
{
    if (answer->is_secure)
        return ", proven by DNSSEC";
    return has_anchor(p) ? ", not proven by DNSSEC" : "";
}

static void note_answer(const struct probe *p, struct finding *f, const struct dns_answer *answer)
{
    static const char *const names[] = {
        [DNS_OK] = "found",    [DNS_NO_DATA] = "no_data", [DNS_NO_NAME] = "no_name",
        [DNS_BOGUS] = "bogus", [DNS_FAILED] = "servfail", [DNS_TIMED_OUT] = "timed_out"};
    finding_note(f, "dns", slice_str(names[answer->status]));
    if (has_anchor(p) && !dns_status_is_failure(answer->status))
        finding_note(f, "dnssec", answer->is_secure ? SLICE("secure") : SLICE("insecure"));
    if (answer->why.len) {
        finding_note(f, "why", answer->why);
        finding_add(p->arena, f, FINDING_NOTE, "why", "the resolver says: %.*s",
                    SLICE_ARG(answer->why));
    }
}

static const char *advice_for(enum dns_status status)
{
    switch (status) {
    case DNS_BOGUS:
        return "Somebody signs the zone wrongly, or forges its answers. Its owner has to sign it "
               "anew, or take the DS record out; dnsviz.net shows where the chain breaks.";
    case DNS_FAILED:
        return "The zone's name servers refuse or fail. Ask again in some minutes; if it stays so, "
               "the domain's owner has to mend them, or the delegation to them.";
    case DNS_TIMED_OUT:
        return "Look whether your own name server answers at all (resolver { nameserver }); if it "
               "does, those of the domain are down or can't be reached from here.";
    case DNS_OK:
    case DNS_NO_DATA:
    case DNS_NO_NAME:
        break;
    }
    return "";
}

/* ---- exchangers ---- */

static const char *absence(enum dns_status status)
{
    if (status == DNS_OK)
        return "";
    return status == DNS_NO_DATA ? "none" : dns_status_text(status);
}
static void add_addresses(const struct probe *p, struct finding *at, struct slice host)
{
    static const struct {
        enum dns_type type;
        enum ip_family family;
        const char *name;
    } kinds[] = {{DNS_AAAA, IP_V6, "IPv6"}, {DNS_A, IP_V4, "IPv4"}};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
        const struct dns_answer *answer = answer_of(p, host, kinds[k].type);
        char storage[LIST_TEXT_MAX];
        struct buf list;
        if (!answer)
            continue;
        buf_init_fixed(&list, storage, sizeof(storage));
        for (size_t i = 0; i < answer->count; i++) {
            buf_add_str(&list, i ? ", " : "");
            if (answer->records[i].len == (kinds[k].family == IP_V4 ? 4U : 16U))
                ip_write(&list,
                         ip_from_bytes(kinds[k].family, (const uint8_t *)answer->records[i].at));
        }
        bool failed = dns_status_is_failure(answer->status);
        struct finding *f = finding_add(p->arena, at,
                                        failed          ? FINDING_DOUBT
                                        : answer->count ? FINDING_GOOD
                                                        : FINDING_NOTE,
                                        "addresses", "%s: %.*s%s%s", kinds[k].name,
                                        SLICE_ARG(buf_slice(&list)), absence(answer->status),
                                        answer->status == DNS_OK ? probe_dnssec(p, answer) : "");
        finding_advise(f, "%s", advice_for(answer->status));
        finding_note(f, "type", kinds[k].type == DNS_A ? SLICE("A") : SLICE("AAAA"));
        finding_note(f, "addresses", buf_slice(&list));
        note_answer(p, f, answer);
    }
}

/* `3 1 1 d2abde24…` */
static void write_record(struct buf *out, struct slice record)
{
    for (size_t i = 0; i < record.len && i < 3 + DIGEST_SHOWN; i++)
        buf_addf(out, i < 3 ? "%u " : "%02x", (unsigned char)record.at[i]);
    if (record.len > 3 + DIGEST_SHOWN)
        buf_add_str(out, "…");
}

static void add_records(const struct probe *p, struct finding *at,
                        const struct targets_exchanger *e, const struct dns_answer *answer)
{
    char storage[LIST_TEXT_MAX];
    struct buf list;
    struct tlsa unused;
    size_t usable = 0;
    buf_init_fixed(&list, storage, sizeof(storage));
    for (size_t i = 0; i < answer->count; i++) {
        buf_add_str(&list, i ? ", " : "");
        write_record(&list, answer->records[i]);
        usable += tlsa_read(answer->records[i], &unused);
    }
    struct finding *f = finding_add(
        p->arena, at, usable ? FINDING_GOOD : FINDING_DOUBT, "tlsa", "DANE: TLSA %.*s%s%.*s, %s",
        SLICE_ARG(buf_slice(&list)), e->alias.len ? " of " : "",
        SLICE_ARG(e->alias.len ? e->base : e->alias),
        answer->is_secure ? "proven by DNSSEC" : "not signed with DNSSEC: they prove nothing");
    if (!usable)
        finding_advise(f,
                       "None of them can be used for mail (RFC 7672 3.1 takes usages 2 and 3): "
                       "%.*s gets mail over TLS only, but who it is stays unproven.",
                       SLICE_ARG(e->host));
    finding_note(f, "records", buf_slice(&list));
    finding_note(f, "base", e->base);
    note_answer(p, f, answer);
}

/* Of the records; where the look-up ended before it came to them, what ended it. */
static const struct dns_answer *dane_answer(const struct probe *p,
                                            const struct targets_exchanger *e)
{
    char text[NAME_TEXT_MAX];
    struct buf name;
    if (e->base.len == 0)
        return answer_of(p, e->host, DNS_CNAME);
    buf_init_fixed(&name, text, sizeof(text));
    tlsa_write_name(&name, e->base, p->options.port);
    return answer_of(p, buf_slice(&name), DNS_TLSA);
}

static void add_dane(struct probe *p, struct finding *at, const struct targets_exchanger *e)
{
    const struct dns_answer *answer = dane_answer(p, e);
    if (e->dane == EXCHANGER_DANE_OFF || e->dane == EXCHANGER_DANE_DOMAIN_INSECURE) {
        p->no_dane = e->dane;
    } else if (e->dane == EXCHANGER_DANE_HOST_INSECURE || !answer) {
        finding_add(p->arena, at, FINDING_NOTE, "tlsa",
                    "DANE: can't be used, since the host's addresses are not proven by DNSSEC");
    } else if (answer->status == DNS_OK) {
        add_records(p, at, e, answer);
    } else if (!dns_status_is_failure(answer->status)) {
        note_answer(p,
                    finding_add(p->arena, at, FINDING_NOTE, "tlsa", "DANE: no TLSA record (%s)",
                                dns_status_text(answer->status)),
                    answer);
    } else {
        struct finding *f =
            finding_add(p->arena, at, FINDING_BAD, "tlsa",
                        "DANE: whether there are TLSA records can't be told: %s; without an answer "
                        "nothing is sent there (RFC 7672 2.1.3)",
                        dns_status_text(answer->status));
        finding_advise(f, "%s", advice_for(answer->status));
        note_answer(p, f, answer);
    }
}

static enum finding_mark mark_of(const struct targets_exchanger *e)
{
    static const enum finding_mark marks[] = {[EXCHANGER_USED] = FINDING_GOOD,
                                              [EXCHANGER_WITHOUT_ADDRESS] = FINDING_BAD,
                                              [EXCHANGER_UNPROVEN] = FINDING_BAD,
                                              [EXCHANGER_UNNAMED] = FINDING_BAD,
                                              [EXCHANGER_OURS] = FINDING_BAD};
    return marks[e->state];
}

static void show_exchanger(void *ctx, const struct targets_exchanger *e)
{
    static const char *const states[] = {
        [EXCHANGER_USED] = "",
        [EXCHANGER_WITHOUT_ADDRESS] = ": not used, it has no address",
        [EXCHANGER_UNPROVEN] = ": not used, its TLSA records can't be told",
        [EXCHANGER_UNNAMED] = ": not used, the domain's policy of MTA-STS does not name it",
        [EXCHANGER_OURS] = ": not used, it is this server, or not preferred to it"};
    struct probe *p = ctx;
    struct finding *f;
    if (e->is_implicit)
        f = finding_add(p->arena, p->exchangers ? p->exchangers : p->root, mark_of(e), "host",
                        "%.*s%s", SLICE_ARG(e->host), states[e->state]);
    else
        f = finding_add(p->arena, p->exchangers, mark_of(e), "exchanger", "%.*s, preference %u%s",
                        SLICE_ARG(e->host), e->preference, states[e->state]);
    finding_note(f, "host", e->host);
    if (e->alias.len)
        finding_note(finding_add(p->arena, f, FINDING_NOTE, "alias",
                                 "the name stands for %.*s (CNAME)", SLICE_ARG(e->alias)),
                     "host", e->alias);
    if (!e->is_implicit)
        finding_note_number(f, "preference", e->preference);
    if (e->state == EXCHANGER_UNNAMED)
        finding_advise(f, "The policy's lines `mx:` and the MX records have to agree; whoever runs "
                          "the domain has to change one of them (RFC 8461 4.1).");
    add_addresses(p, f, e->host);
    add_dane(p, f, e);
}

/* ---- the domain ---- */

/* RFC 7505 3 */
static bool is_null_mx(const struct probe *p, const struct dns_answer *answer)
{
    struct dns_mx mx;
    return answer->count == 1 && dns_mx_read(answer->records[0], p->arena, &mx) && mx.host.len == 0;
}

static void show_mx(struct probe *p, const struct dns_answer *answer)
{
    struct slice domain = p->question->domain;
    switch (answer->status) {
    case DNS_OK:
        if (is_null_mx(p, answer)) {
            p->exchangers =
                finding_add(p->arena, p->root, FINDING_BAD, "mx",
                            "DNS: %.*s says that it takes no mail (null MX, RFC 7505)%s",
                            SLICE_ARG(domain), probe_dnssec(p, answer));
            break;
        }
        p->exchangers =
            finding_add(p->arena, p->root, FINDING_GOOD, "mx",
                        "DNS: %.*s has %zu mail exchanger%s (MX)%s", SLICE_ARG(domain),
                        answer->count, answer->count == 1 ? "" : "s", probe_dnssec(p, answer));
        if (answer->count > TARGETS_HOSTS_MAX)
            finding_add(p->arena, p->exchangers, FINDING_NOTE, "limit",
                        "one attempt tries %d of them, the most preferred; the others are not "
                        "looked at",
                        TARGETS_HOSTS_MAX);
        break;
    case DNS_NO_DATA:
        p->exchangers =
            finding_add(p->arena, p->root, FINDING_NOTE, "mx",
                        "DNS: %.*s has no mail exchanger (MX)%s; the host of that name gets its "
                        "mail (RFC 5321 5.1)",
                        SLICE_ARG(domain), probe_dnssec(p, answer));
        break;
    case DNS_NO_NAME:
    case DNS_BOGUS:
    case DNS_FAILED:
    case DNS_TIMED_OUT:
        p->exchangers = finding_add(p->arena, p->root, FINDING_BAD, "mx", "DNS: MX of %.*s: %s",
                                    SLICE_ARG(domain), dns_status_text(answer->status));
        finding_advise(p->exchangers, "%s", advice_for(answer->status));
    }
    note_answer(p, p->exchangers, answer);
}

static void take_answer(void *ctx, struct slice name, enum dns_type type,
                        const struct dns_answer *answer)
{
    if (type == DNS_MX)
        show_mx(ctx, answer);
    else
        keep_answer(ctx, name, type, answer);
}

/* ---- MTA-STS ---- */

static void add_policy(struct probe *p, const struct sts_policy *policy, const char *from)
{
    static const char *const modes[] = {[STS_NONE] = "none, the domain takes it back",
                                        [STS_TESTING] = "testing, nobody has to keep to it",
                                        [STS_ENFORCE] =
                                            "enforce, certificates have to prove these names"};
    char storage[LIST_TEXT_MAX];
    struct buf list;
    unsigned long long days = policy->max_age / DAY;
    buf_init_fixed(&list, storage, sizeof(storage));
    for (size_t i = 0; i < policy->count; i++)
        buf_addf(&list, "%s%.*s", i ? ", " : "", SLICE_ARG(policy->mx[i]));
    p->policy = finding_add(p->arena, NULL, FINDING_GOOD, "mta-sts",
                            "MTA-STS: %s, for %.*s; %s, good for %llu day%s", modes[policy->mode],
                            SLICE_ARG(buf_slice(&list)), from, days, days == 1 ? "" : "s");
    finding_note(p->policy, "mx", buf_slice(&list));
}

static void show_policy(void *ctx, enum sts_step step, struct slice words,
                        const struct sts_policy *policy)
{
    struct probe *p = ctx;
    switch (step) {
    case STS_NO_ANSWER:
    case STS_NO_RECORD:
        p->policy = finding_add(
            p->arena, NULL, step == STS_NO_ANSWER ? FINDING_DOUBT : FINDING_NOTE, "mta-sts",
            "MTA-STS: %s (_mta-sts.%.*s: %.*s)",
            step == STS_NO_ANSWER ? "whether there is a policy can't be told" : "no policy",
            SLICE_ARG(p->question->domain), SLICE_ARG(words));
        break;
    case STS_RECORD:
        break;
    case STS_FAILED:
        p->policy = finding_add(p->arena, NULL, FINDING_DOUBT, "mta-sts",
                                "MTA-STS: there is a record, but its policy can't be had: %.*s",
                                SLICE_ARG(words));
        finding_advise(p->policy,
                       "Mail goes as if there were no policy (RFC 8461 5.1). Whoever runs the "
                       "domain: https://mta-sts.%.*s/.well-known/mta-sts.txt has to be there, "
                       "with a certificate for that name.",
                       SLICE_ARG(p->question->domain));
        break;
    case STS_FETCHED:
        add_policy(p, policy, "fetched now");
        break;
    case STS_KEPT:
        add_policy(p, policy, "kept from before");
        break;
    }
}

void probe_watch_policies(struct probe *p)
{
    p->sts_observer = (struct sts_observer){show_policy, p};
}

/* Of the whole domain, where no host is left; a host's own trouble stands with it. */
static void blame_domain(struct probe *p)
{
    const struct diagnosis_input said = {.reply = p->targets.failure, .stage = STAGE_CONNECT};
    struct finding *at = p->exchangers ? p->exchangers : p->root;
    finding_worsen(at, FINDING_BAD);
    finding_explain(at, &said);
    p->verdict->outcome = (struct outcome){.stage = STAGE_CONNECT, .reply = p->targets.failure};
}

/* Why none of the exchangers was asked for TLSA records; without a trust anchor that is why. */
static void add_no_dane(struct probe *p)
{
    if (p->no_dane == EXCHANGER_DANE_OFF)
        finding_add(p->arena, p->root, FINDING_NOTE, "tlsa",
                    "DANE: not looked at, since the configuration has it off (relay { dane })");
    else if (p->no_dane == EXCHANGER_DANE_DOMAIN_INSECURE && has_anchor(p))
        finding_add(p->arena, p->root, FINDING_NOTE, "tlsa",
                    "DANE: can't be used, since the domain's MX records are not proven by DNSSEC");
}

void probe_finish_routing(struct probe *p)
{
    add_no_dane(p);
    finding_append(p->root, p->policy);
    if (!has_anchor(p) && (p->exchangers || p->answer_count))
        finding_advise(finding_add(p->arena, p->root, FINDING_NOTE, "dnssec",
                                   "DNSSEC: not looked at, since there is no trust anchor"),
                       "Name one in the configuration: resolver { trust-anchor = \"%s\" }. "
                       "Without it DANE can't be used.",
                       "/usr/share/dns/root.key");
    if (p->targets.count == 0)
        blame_domain(p);
}

void probe_find_targets(struct probe *p, targets_found *found)
{
    const struct targets_question q = {.route = &p->question->route};
    p->observer = (struct targets_observer){take_answer, show_exchanger, p};
    p->options.observer = &p->observer;
    targets_find(p->resolver, &q, &p->options, p->arena, &p->targets, found, p);
}
