/* What other servers find out about us: the address that mail leaves from, its name, the name that
 * we say, blocklists. */
#include "dns/reverse.h"
#include "probe/inside.h"

enum { LIST_TEXT_MAX = 512 };

/* ---- questions ---- */

void probe_own_answered(struct probe *p)
{
    if (--p->own_open == 0)
        p->own_next(p);
}

/* Questions of one group, and what follows when all have an answer. */
static void begin(struct probe *p, void (*next)(struct probe *p))
{
    p->own_next = next;
    p->own_open++; /* an answer may come at once */
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct probe_own_answer *a = ctx;
    a->found = probe_keep_answer(a->probe, answer);
    a->is_in = true;
    probe_own_answered(a->probe);
}

void probe_own_ask(struct probe *p, struct slice name, enum dns_type type)
{
    struct probe_own_answer *a = arena_take(p->arena, sizeof(*a));
    if (!a || !arena_dup(p->arena, name, &a->name))
        return;
    a->probe = p;
    a->type = type;
    a->next = p->own_answers;
    p->own_answers = a;
    p->own_open++;
    resolver_ask(p->resolver, a->name, type, on_answer, a);
}

const struct dns_answer *probe_own_answer(const struct probe *p, struct slice name,
                                          enum dns_type type)
{
    for (const struct probe_own_answer *a = p->own_answers; a; a = a->next)
        if (a->is_in && a->type == type && slice_ieq(a->name, name))
            return &a->found;
    return NULL;
}

/* ---- our addresses ---- */

static void add_own(struct probe *p, struct ip ip)
{
    for (size_t i = 0; i < p->own_count; i++)
        if (ip_eq(p->own[i], ip))
            return;
    if (p->own_count < PROBE_OWN_MAX)
        p->own[p->own_count++] = ip;
}

/* Behind such an address stands a router, whose own the others see (RFC 1918, 6598, 4193). */
static bool is_hidden(struct ip ip)
{
    static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                       "100.64.0.0/10", "fc00::/7"};
    for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
        struct cidr net;
        const char *what;
        if (cidr_parse(slice_str(nets[i]), &net, &what) && cidr_contains(net, ip))
            return true;
    }
    return false;
}

void probe_note_own_address(struct probe *p, const struct net_address *from)
{
    char text[NET_ADDRESS_TEXT];
    struct ip ip;
    net_address_write((const struct sockaddr *)&from->storage, text);
    if (ip_parse(slice_str(text), &ip) && !is_hidden(ip))
        add_own(p, ip);
}

/* Without a connection, or behind a router, the addresses of our name are the best guess. */
static void guess_addresses(struct probe *p)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};
    for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
        const struct dns_answer *a = probe_own_answer(p, p->question->helo, types[t]);
        for (size_t i = 0; a && i < a->count; i++)
            if (a->records[i].len == (types[t] == DNS_A ? 4U : 16U))
                add_own(p, ip_from_bytes(types[t] == DNS_A ? IP_V4 : IP_V6,
                                         (const uint8_t *)a->records[i].at));
    }
}

/* ---- what is found ---- */

static void write_ip(char text[IP_TEXT], struct ip ip)
{
    struct buf out;
    buf_init_fixed(&out, text, IP_TEXT - 1);
    ip_write(&out, ip);
    text[out.len] = '\0';
}

static void show_reverse(struct probe *p, struct finding *at, const struct reverse_check *r)
{
    char ip[IP_TEXT];
    struct finding *f;
    write_ip(ip, r->client);
    switch (r->verdict) {
    case REVERSE_CONFIRMED:
        f = finding_add(p->arena, at, FINDING_GOOD, "reverse",
                        "%s has the name %s in the DNS (PTR), which leads back to it", ip, r->name);
        break;
    case REVERSE_UNCONFIRMED:
        f = finding_add(p->arena, at, FINDING_DOUBT, "reverse",
                        "%s has the name %s in the DNS (PTR), which does not lead back to it", ip,
                        r->name);
        break;
    case REVERSE_ABSENT:
        f = finding_add(p->arena, at, FINDING_DOUBT, "reverse", "%s has no name in the DNS (PTR)",
                        ip);
        break;
    default:
        f = finding_add(p->arena, at, FINDING_NOTE, "reverse",
                        "the name of %s (PTR) can't be told: its name servers do not answer", ip);
    }
    if (f && f->mark == FINDING_DOUBT)
        finding_advise(f,
                       "Many servers refuse mail from such an address (550 5.7.25). Whoever gave "
                       "it to you has to enter %.*s as its name.",
                       SLICE_ARG(p->question->helo));
    finding_note(f, "address", slice_str(ip));
    finding_note(f, "name", slice_str(r->name));
}

static bool leads_to(const struct probe *p, struct ip ip)
{
    const struct dns_answer *a =
        probe_own_answer(p, p->question->helo, ip.family == IP_V4 ? DNS_A : DNS_AAAA);
    return a && a->status == DNS_OK && dns_has_address(a, ip);
}

static bool has_failed(const struct dns_answer *a)
{
    return !a || dns_status_is_failure(a->status);
}

static void show_helo(struct probe *p, struct finding *at)
{
    struct slice helo = p->question->helo;
    const struct dns_answer *a = probe_own_answer(p, helo, DNS_A),
                            *aaaa = probe_own_answer(p, helo, DNS_AAAA);
    size_t fitting = 0;
    struct finding *f;
    for (size_t i = 0; i < p->own_count; i++)
        fitting += leads_to(p, p->own[i]);
    if (slice_find(helo, '.', 0) == SLICE_NONE) {
        f = finding_add(p->arena, at, FINDING_DOUBT, "helo", "EHLO %.*s: that is no full name",
                        SLICE_ARG(helo));
        finding_advise(f, "RFC 5321 4.1.1.1 wants the host's name with its domain, and many "
                          "servers refuse others. Set hostname to one that the DNS knows.");
    } else if (has_failed(a) && has_failed(aaaa)) {
        f = finding_add(p->arena, at, FINDING_NOTE, "helo",
                        "EHLO %.*s: its addresses can't be told, its name servers do not answer",
                        SLICE_ARG(helo));
    } else if ((!a || a->count == 0) && (!aaaa || aaaa->count == 0)) {
        f = finding_add(p->arena, at, FINDING_DOUBT, "helo",
                        "EHLO %.*s: the name has no address in the DNS", SLICE_ARG(helo));
        finding_advise(f, "Some servers refuse that. Enter an A or AAAA record for it, or change "
                          "hostname.");
    } else if (fitting < p->own_count) {
        f = finding_add(p->arena, at, FINDING_NOTE, "helo",
                        "EHLO %.*s: the name leads to other addresses than mail leaves from",
                        SLICE_ARG(helo));
    } else {
        f = finding_add(p->arena, at, FINDING_GOOD, "helo",
                        "EHLO %.*s: the name leads to where mail leaves from", SLICE_ARG(helo));
    }
    finding_note(f, "name", helo);
}

static void show_list(struct probe *p, struct finding *at, const struct dnsbl *list, struct ip ip)
{
    char name[DNSBL_NAME_MAX], text[IP_TEXT], code_text[IP_TEXT], url_text[LIST_TEXT_MAX];
    struct buf question, url;
    struct ip code;
    struct finding *f;
    buf_init_fixed(&question, name, sizeof(name));
    dnsbl_question(list, ip, &question);
    const struct dns_answer *answer = probe_own_answer(p, buf_slice(&question), DNS_A);
    if (!answer)
        return;
    enum dnsbl_verdict verdict = dnsbl_judge(list, answer, &code);
    write_ip(text, ip);
    write_ip(code_text, code);
    switch (verdict) {
    case DNSBL_LISTED:
        buf_init_fixed(&url, url_text, sizeof(url_text));
        dnsbl_url(list, slice_str(text), &url);
        f = finding_add(p->arena, at, FINDING_DOUBT, "blocklist",
                        "%s is on the blocklist %.*s (%s)", text, SLICE_ARG(list->zone), code_text);
        finding_advise(f,
                       "Servers that ask this list refuse your mail. Why, and how to get off: "
                       "%.*s",
                       SLICE_ARG(buf_slice(&url)));
        break;
    case DNSBL_ABSENT:
        f = finding_add(p->arena, at, FINDING_GOOD, "blocklist", "%s is not on the blocklist %.*s",
                        text, SLICE_ARG(list->zone));
        break;
    case DNSBL_UNUSABLE:
        f = finding_add(p->arena, at, FINDING_NOTE, "blocklist",
                        "the blocklist %.*s does not tell us about %s: it answers %s",
                        SLICE_ARG(list->zone), text, code_text);
        finding_advise(f, "It is gone, or refuses to be asked by this name server.");
        break;
    default:
        f = finding_add(p->arena, at, FINDING_NOTE, "blocklist",
                        "whether %s is on the blocklist %.*s can't be told: %s", text,
                        SLICE_ARG(list->zone), dns_status_text(answer->status));
    }
    finding_note(f, "list", list->zone);
    finding_note(f, "address", slice_str(text));
}

static void show_lists(struct probe *p, struct finding *at)
{
    size_t count = p->question->config->dnsbl_count;
    for (size_t i = 0; p->lists && i < count; i++)
        for (size_t k = 0; k < p->own_count; k++)
            show_list(p, at, &p->lists[i], p->own[k]);
    if (count == 0)
        finding_add(p->arena, at, FINDING_NOTE, "blocklist",
                    "blocklists: none is asked, since the configuration names none (dnsbl)");
}

static struct finding *add_head(struct probe *p)
{
    char storage[LIST_TEXT_MAX];
    struct buf list;
    buf_init_fixed(&list, storage, sizeof(storage));
    for (size_t i = 0; i < p->own_count; i++) {
        buf_add_str(&list, i ? ", " : "");
        ip_write(&list, p->own[i]);
    }
    return finding_add(p->arena, p->root, FINDING_GOOD, "own",
                       "This side: %.*s, mail leaves from %.*s", SLICE_ARG(p->question->helo),
                       SLICE_ARG(list.len ? buf_slice(&list) : SLICE("an unknown address")));
}

static void show_own_side(struct probe *p)
{
    struct finding *at = add_head(p);
    if (p->question->route.is_smarthost && !p->question->is_host)
        finding_add(p->arena, at, FINDING_NOTE, "seen",
                    "who gets the mail sees the addresses of the smarthost, not these");
    for (size_t i = 0; i < p->own_count; i++)
        show_reverse(p, at, &p->reverse[i]);
    show_helo(p, at);
    show_lists(p, at);
    probe_show_spf(p, at);
    probe_show_records(p, at);
    for (const struct finding *f = at ? at->first : NULL; f; f = f->next)
        finding_worsen(at, f->mark == FINDING_NOTE ? FINDING_GOOD : f->mark);
}

/* ---- the order ---- */

static void on_reverse(void *ctx)
{
    probe_own_answered(ctx);
}

static void ask_of_address(struct probe *p, size_t at)
{
    struct reverse_check *r = &p->reverse[at];
    *r = (struct reverse_check){.resolver = p->resolver,
                                .loop = p->loop,
                                .client = p->own[at],
                                .done = on_reverse,
                                .ctx = p};
    p->own_open++;
    reverse_check_begin(r);
    for (size_t i = 0; p->lists && i < p->question->config->dnsbl_count; i++) {
        char name[DNSBL_NAME_MAX];
        struct buf question;
        buf_init_fixed(&question, name, sizeof(name));
        dnsbl_question(&p->lists[i], p->own[at], &question);
        probe_own_ask(p, buf_slice(&question), DNS_A);
    }
}

static void take_lists(struct probe *p)
{
    const struct config *c = p->question->config;
    p->lists = arena_array(p->arena, c->dnsbl_count + 1, sizeof(*p->lists));
    for (size_t i = 0; p->lists && i < c->dnsbl_count; i++)
        p->lists[i] = (struct dnsbl){.zone = c->dnsbls[i].zone,
                                     .url = c->dnsbls[i].url,
                                     .codes = c->dnsbls[i].codes.at,
                                     .count = c->dnsbls[i].codes.count};
}

static void finish(struct probe *p)
{
    show_own_side(p);
    probe_finish_own(p);
}

static void ask_others(struct probe *p)
{
    if (p->own_count == 0)
        guess_addresses(p);
    begin(p, finish);
    for (size_t i = 0; i < p->own_count; i++)
        ask_of_address(p, i);
    probe_ask_records(p);
    probe_ask_spf(p);
    probe_own_answered(p);
}

void probe_look_at_own_side(struct probe *p)
{
    take_lists(p);
    begin(p, ask_others);
    probe_own_ask(p, p->question->helo, DNS_A);
    probe_own_ask(p, p->question->helo, DNS_AAAA);
    probe_own_answered(p);
}
