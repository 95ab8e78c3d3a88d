#include "auth/dovecot_auth.h"

#include "base/base64.h"

/* The best first. Left out is what Dovecot could only judge if it had the connection itself
 * (EXTERNAL, SCRAM-SHA-256-PLUS), and ANONYMOUS, which is nobody's login. */
static const struct slice mechanisms[] = {
    SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("SCRAM-SHA-1"), SLICE_INIT("DIGEST-MD5"),
    SLICE_INIT("CRAM-MD5"),      SLICE_INIT("OAUTHBEARER"), SLICE_INIT("XOAUTH2"),
    SLICE_INIT("PLAIN"),         SLICE_INIT("LOGIN"),
};

enum { MECHANISMS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

void dovecot_auth_init(struct dovecot_auth *d, const struct mem *mem)
{
    *d = (struct dovecot_auth){0};
    buf_init(&d->line, mem, DOVECOT_LINE_MAX);
}

void dovecot_auth_free(struct dovecot_auth *d)
{
    buf_free(&d->line);
}

static unsigned bit_of(struct slice name)
{
    for (unsigned i = 0; i < MECHANISMS; i++)
        if (slice_ieq(mechanisms[i], name))
            return 1U << i;
    return 0;
}

void dovecot_auth_names(const struct dovecot_auth *d, struct buf *out)
{
    size_t before = out->len;
    for (unsigned i = 0; i < MECHANISMS; i++) {
        if (!(d->mechanisms & (1U << i)))
            continue;
        buf_add_str(out, out->len > before ? " " : "");
        buf_add(out, mechanisms[i]);
    }
}

bool dovecot_auth_offers(const struct dovecot_auth *d, struct slice mechanism)
{
    return (d->mechanisms & bit_of(mechanism)) != 0;
}

/* ---- what it says ---- */

static void is_broken(struct dovecot_event *e, const char *why)
{
    *e = (struct dovecot_event){.kind = DOVECOT_BROKEN, .text = slice_str(why)};
}

/* Another major number means another protocol; the minor one only adds to it. */
static void read_version(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    struct slice major;
    d->has_version = slice_split(&rest, '\t', &major) && slice_eq(major, SLICE("1"));
    if (!d->has_version)
        is_broken(e, "it speaks another version of Dovecot's protocol than 1");
}

static void read_mechanism(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    struct slice name;
    (void)e;
    if (slice_split(&rest, '\t', &name))
        d->mechanisms |= bit_of(name);
}

static void read_done(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    (void)rest;
    d->is_ready = true;
    e->kind = DOVECOT_READY;
}

static bool read_id(struct slice *rest, struct dovecot_event *e)
{
    struct slice id;
    return slice_split(rest, '\t', &id) && slice_u32(id, &e->id) && e->id != 0;
}

static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f)
            return false;
    return true;
}

/* The value of `name=value` among the parameters; empty: there is none. One with control
 * characters, or with what Dovecot escapes by byte 1, is nobody's name. */
static struct slice find(struct slice rest, struct slice name)
{
    struct slice word;
    while (slice_split(&rest, '\t', &word))
        if (slice_starts(word, name) && word.len > name.len && word.at[name.len] == '=') {
            word = slice_from(word, name.len + 1);
            return is_text(word) ? word : SLICE("");
        }
    return SLICE("");
}

static bool has_word(struct slice rest, struct slice word)
{
    struct slice next;
    while (slice_split(&rest, '\t', &next))
        if (slice_eq(next, word))
            return true;
    return false;
}

static void read_challenge(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    char storage[DOVECOT_LINE_MAX];
    struct buf bytes;
    buf_init_fixed(&bytes, storage, sizeof(storage));
    (void)d;
    if (!read_id(&rest, e))
        return;
    struct slice text = slice_head(rest, slice_find(rest, '\t', 0));
    /* it is passed on to the client as it stands: nothing else may be in it */
    e->kind = base64_read(&bytes, text) ? DOVECOT_CHALLENGE : DOVECOT_AWAY;
    if (e->kind == DOVECOT_CHALLENGE)
        e->text = text;
}

/* `nologin` is what the operator put beside the account: its password is right, and of no use. */
static void read_right(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    (void)d;
    if (!read_id(&rest, e))
        return;
    bool is_disabled = has_word(rest, SLICE("nologin"));
    e->text = find(rest, SLICE("user"));
    e->kind = e->text.len == 0 ? DOVECOT_AWAY : is_disabled ? DOVECOT_DISABLED : DOVECOT_RIGHT;
}

/* Why it failed, as versions before 2.3 say it and as those since. */
static const struct {
    struct slice word, code;
    enum dovecot_event_kind kind;
} failures[] = {
    {SLICE_INIT("temp"), SLICE_INIT("code=temp_fail"), DOVECOT_AWAY},
    {SLICE_INIT("pass_expired"), SLICE_INIT("code=pass_expired"), DOVECOT_EXPIRED},
    {SLICE_INIT("user_disabled"), SLICE_INIT("code=user_disabled"), DOVECOT_DISABLED},
};

static void read_wrong(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e)
{
    (void)d;
    if (!read_id(&rest, e))
        return;
    e->kind = DOVECOT_WRONG;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (has_word(rest, failures[i].word) || has_word(rest, failures[i].code))
            e->kind = failures[i].kind;
    e->text = find(rest, SLICE("user"));
}

static const struct {
    struct slice name;
    bool is_later; /* belongs behind DONE */
    void (*read)(struct dovecot_auth *d, struct slice rest, struct dovecot_event *e);
} lines[] = {
    {SLICE_INIT("VERSION"), false, read_version}, {SLICE_INIT("MECH"), false, read_mechanism},
    {SLICE_INIT("DONE"), false, read_done},       {SLICE_INIT("CONT"), true, read_challenge},
    {SLICE_INIT("OK"), true, read_right},         {SLICE_INIT("FAIL"), true, read_wrong},
};

/* What is not known is not for us. */
static void read_line(struct dovecot_auth *d, struct slice line, struct dovecot_event *e)
{
    struct slice rest = line, name = SLICE("");
    (void)slice_split(&rest, '\t', &name);
    if (!d->has_version && !slice_eq(name, SLICE("VERSION"))) {
        is_broken(e, "it does not begin as Dovecot's service for logins does; is that the path of "
                     "its auth-client socket?");
        return;
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (slice_eq(lines[i].name, name) && lines[i].is_later == d->is_ready) {
            lines[i].read(d, rest, e);
            return;
        }
}

size_t dovecot_auth_take(struct dovecot_auth *d, struct slice in, struct dovecot_event *event_r)
{
    size_t lf = slice_find(in, '\n', 0);
    *event_r = (struct dovecot_event){.kind = DOVECOT_NOTHING, .text = SLICE("")};
    if (d->is_used)
        buf_clear(&d->line);
    d->is_used = lf != SLICE_NONE;
    buf_add(&d->line, slice_head(in, lf));
    if (d->line.failed || d->line.len >= DOVECOT_LINE_MAX)
        is_broken(event_r, "a line of it is longer than 8192 bytes");
    else if (d->is_used)
        read_line(d, buf_slice(&d->line), event_r);
    return d->is_used ? lf + 1 : in.len;
}
_Static_assert(DOVECOT_LINE_MAX == 8192, "the words above name it");

/* ---- what we say ---- */

void dovecot_auth_greet(struct buf *out, uint32_t pid)
{
    buf_addf(out, "VERSION\t1\t1\nCPID\t%u\n", (unsigned)pid);
}

/* Nothing else may get into a line: a tab or an LF would begin another parameter, or command. */
static bool is_fit(struct slice response)
{
    char storage[DOVECOT_RESPONSE_MAX];
    struct buf bytes;
    buf_init_fixed(&bytes, storage, sizeof(storage));
    bool is_base64 = response.len <= DOVECOT_RESPONSE_MAX && base64_read(&bytes, response);
    explicit_bzero(storage, sizeof(storage));
    return is_base64;
}

bool dovecot_auth_ask(struct buf *out, uint32_t id, const struct dovecot_question *q)
{
    if (q->response && !is_fit(*q->response))
        return false;
    buf_addf(out, "AUTH\t%u\t%.*s\tservice=smtp\tnologin\tsecured\trip=%.*s", (unsigned)id,
             SLICE_ARG(q->mechanism), SLICE_ARG(q->client));
    if (q->response) { /* the last parameter, always */
        buf_add_str(out, "\tresp=");
        buf_add(out, *q->response);
    }
    buf_add_char(out, '\n');
    return true;
}

bool dovecot_auth_respond(struct buf *out, uint32_t id, struct slice response)
{
    if (!is_fit(response))
        return false;
    buf_addf(out, "CONT\t%u\t", (unsigned)id);
    buf_add(out, response);
    buf_add_char(out, '\n');
    return true;
}

void dovecot_auth_cancel(struct buf *out, uint32_t id)
{
    buf_addf(out, "CANCEL\t%u\n", (unsigned)id);
}
