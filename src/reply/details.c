#include "reply/details.h"

#include "reply/token.h"

enum number_use { USE_NONE, USE_WAIT, USE_SIZE, USE_COUNT };

static enum number_use use_of(enum cause cause)
{
    switch (cause) {
    case CAUSE_GREYLISTED:
    case CAUSE_RATE_LIMITED:
    case CAUSE_RECIPIENT_RATE_LIMITED:
    case CAUSE_IP_REPUTATION:
    case CAUSE_SERVICE_UNAVAILABLE:
        return USE_WAIT;
    case CAUSE_MESSAGE_TOO_LARGE:
        return USE_SIZE;
    case CAUSE_TOO_MANY_RECIPIENTS:
    case CAUSE_TOO_MANY_CONNECTIONS:
        return USE_COUNT;
    default:
        return USE_NONE;
    }
}

/* Whether the hosts that the text names are about a domain of mail, and not a machine. */
static bool is_about_domain(enum cause cause)
{
    switch (cause) {
    case CAUSE_NO_SUCH_DOMAIN:
    case CAUSE_DOMAIN_NO_MAIL:
    case CAUSE_DNS_FAILURE:
    case CAUSE_SPF_FAIL:
    case CAUSE_DKIM_FAIL:
    case CAUSE_DMARC_FAIL:
    case CAUSE_SENDER_UNAUTHENTICATED:
    case CAUSE_DOMAIN_BLOCKLISTED:
    case CAUSE_SENDER_INVALID:
        return true;
    default:
        return false;
    }
}

struct unit {
    struct slice name; /* words that start so */
    uint64_t factor;
};

static const struct unit seconds[] = {
    {SLICE_INIT("sec"), 1},     {SLICE_INIT("min"), 60},     {SLICE_INIT("hour"), 3600},
    {SLICE_INIT("hr"), 3600},   {SLICE_INIT("day"), 86400},  {SLICE_INIT("stund"), 3600},
    {SLICE_INIT("tag"), 86400}, {SLICE_INIT("heure"), 3600},
};

static const struct unit bytes[] = {
    {SLICE_INIT("byte"), 1},        {SLICE_INIT("octet"), 1},       {SLICE_INIT("kb"), 1000},
    {SLICE_INIT("kib"), 1024},      {SLICE_INIT("mb"), 1000000},    {SLICE_INIT("mib"), 1048576},
    {SLICE_INIT("gb"), 1000000000}, {SLICE_INIT("megab"), 1000000}, {SLICE_INIT("m"), 1000000},
};

/* 0: no such unit. */
static uint64_t factor_of(struct slice word, const struct unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_istarts(word, units[i].name) && (units[i].name.len > 1 || word.len == 1))
            return units[i].factor;
    return 0;
}
#define FACTOR_OF(word, units) factor_of(word, units, sizeof(units) / sizeof((units)[0]))

/* A number at the start of a word, and what is joined to it: "25MB", "300". */
static bool number_of(struct slice word, uint64_t *value_r, struct slice *unit_r)
{
    size_t len = 0;
    while (len < word.len && ascii_is_digit(word.at[len]))
        len++;
    *unit_r = slice_from(word, len);
    return len > 0 && len < 16 && slice_u64(slice_head(word, len), value_r);
}

static void take_size(struct diagnosis_details *d, uint64_t value)
{
    if (d->limit == 0) {
        d->limit = value;
    } else if (value != d->limit && d->size == 0) {
        /* It was refused, so the larger one is the message. */
        d->size = value > d->limit ? value : d->limit;
        d->limit = value > d->limit ? d->limit : value;
    }
}

static void take_number(struct diagnosis_details *d, enum number_use use, uint64_t value,
                        struct slice unit)
{
    uint64_t factor = use == USE_WAIT   ? FACTOR_OF(unit, seconds)
                      : use == USE_SIZE ? FACTOR_OF(unit, bytes)
                                        : 1;
    uint64_t product;
    if (value == 0 || __builtin_mul_overflow(value, factor ? factor : 1, &product))
        return;
    if (use == USE_WAIT && factor && d->retry_after == 0)
        d->retry_after = product;
    else if (use == USE_SIZE && (factor || value >= 10000))
        take_size(d, product);
    else if (use == USE_COUNT && d->limit == 0 && value < 100000)
        d->limit = product;
}

static struct slice without_edges(struct slice word)
{
    while (word.len && !ascii_is_alnum(word.at[0]))
        word = slice_from(word, 1);
    while (word.len && !ascii_is_alnum(word.at[word.len - 1]))
        word.len--;
    return word;
}

static void find_numbers(struct slice text, enum number_use use, struct diagnosis_details *d)
{
    const char *start = text.at;
    uint64_t value = 0, next;
    bool pending = false;
    struct slice unit;
    struct token t;
    while (token_next(&text, &t)) {
        /* "[104]" is a provider's code, not a count. */
        bool is_mark = use == USE_COUNT && t.text.at > start && t.text.at[-1] == '[';
        struct slice word =
            t.kind == TOKEN_WORD && !is_mark ? without_edges(t.text) : (struct slice){"", 0};
        if (pending)
            take_number(d, use, value, word);
        pending = word.len && number_of(word, &next, &unit);
        if (!pending)
            continue;
        value = next;
        if (unit.len) {
            take_number(d, use, value, unit);
            pending = false;
        }
    }
    if (pending)
        take_number(d, use, value, (struct slice){"", 0});
}

void details_find(struct slice text, const struct folded *f, struct diagnosis *d_r)
{
    struct diagnosis_details *d = &d_r->details;
    enum number_use use = use_of(d_r->cause);
    d->ip = f->ip;
    d->url = f->url;
    struct slice *named = is_about_domain(d_r->cause) ? &d->domain : &d->host;
    for (size_t i = 0; i < f->hosts && named->len == 0; i++)
        if (f->host[i].text.at != d->blocklist.at)
            *named = f->host[i].text;
    if (use != USE_NONE)
        find_numbers(text, use, d);
}
