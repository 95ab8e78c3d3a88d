/* Transcripts of sessions: which command a reply answers tells its stage and its recipient.
 * Commands that are sent together are answered in their order (RFC 2920). */
#include "logs/inside.h"

enum { PENDING_MAX = 256, ADDRESS_MAX = 320, REPLY_MAX = 8 * 1024, HOST_MAX = 256 };

struct address {
    size_t len;
    char at[ADDRESS_MAX];
};

struct command {
    enum stage stage;
    struct address address; /* of MAIL and RCPT */
};

struct log_session {
    struct command pending[PENDING_MAX];
    size_t first, count;
    struct address sender, recipient; /* the last one that was accepted */
    size_t accepted, refused;         /* recipients of this message */
    size_t host_len;
    char host[HOST_MAX];
    size_t reply_len, reply_line; /* lines of a reply that is not at its end */
    char reply[REPLY_MAX];
    bool is_greeted, is_in_data, has_noted;
};

struct log_session *logs_session_new(const struct mem *mem)
{
    struct log_session *s = mem_take(mem, sizeof(*s));
    if (s)
        memset(s, 0, sizeof(*s));
    return s;
}

void logs_session_free(struct log_session *s, const struct mem *mem)
{
    mem_give(mem, s, sizeof(*s));
}

/* What does not fit is not kept: half an address is another's. */
static void keep(struct address *to, struct slice address)
{
    to->len = address.len <= ADDRESS_MAX ? address.len : 0;
    if (to->len)
        memcpy(to->at, address.at, to->len);
}

static struct slice kept(struct log_reader *r, const struct address *a)
{
    struct slice copy = {"", 0};
    return arena_dup(&r->arena, slice_of(a->at, a->len), &copy) ? copy : (struct slice){"", 0};
}

static void keep_host(struct log_session *s, struct slice host)
{
    if (host.len == 0 || host.len > HOST_MAX)
        return;
    memcpy(s->host, host.at, host.len);
    s->host_len = host.len;
}

static void begin_session(struct log_session *s)
{
    s->first = s->count = s->accepted = s->refused = s->sender.len = s->recipient.len = 0;
    s->is_greeted = s->is_in_data = s->has_noted = false;
}

static void push(struct log_session *s, enum stage stage, struct slice address)
{
    if (s->count == PENDING_MAX)
        return;
    struct command *c = &s->pending[(s->first + s->count++) % PENDING_MAX];
    c->stage = stage;
    keep(&c->address, stage == STAGE_MAIL ? logs_sender(address) : address);
}

static void on_client(struct log_session *s, const struct transcript_line *line)
{
    enum stage stage;
    struct slice address;
    if (s->is_in_data && !slice_eq(line->text, SLICE(".")))
        return;
    if (!logs_command(line->text, &stage, &address))
        return;
    /* a second dot is a line of something else */
    if (slice_eq(line->text, SLICE(".")) && !s->is_in_data)
        return;
    s->is_in_data = false;
    push(s, stage, address);
}

static struct log_event *add(struct log_reader *r, enum stage stage, struct slice text,
                             enum bounce_kind other)
{
    struct log_session *s = r->session;
    const struct log_line none = {.time = {"", 0}};
    struct log_event *e = logs_add(r, &none, LOG_TRANSCRIPT, LOG_OUTGOING);
    if (!e)
        return NULL;
    logs_said(r, e, text);
    e->in.stage = stage;
    e->kind = logs_kind(&e->in, other);
    e->sender = kept(r, &s->sender);
    struct address host = {.len = s->host_len};
    memcpy(host.at, s->host, s->host_len);
    if (host.len)
        e->in.remote = kept(r, &host);
    return e;
}

/* `2yz` and `3yz`. */
static void on_success(struct log_session *s, const struct command *c, struct slice text)
{
    if (c->stage == STAGE_MAIL) {
        s->sender = c->address;
        s->accepted = s->refused = 0;
    } else if (c->stage == STAGE_RCPT) {
        s->recipient = c->address;
        s->accepted++;
    } else if (c->stage == STAGE_DATA) {
        s->is_in_data = text.at[0] == '3';
    }
}

static void on_refusal(struct log_reader *r, const struct command *c, struct slice text,
                       size_t line)
{
    struct log_session *s = r->session;
    if (c->stage == STAGE_MAIL)
        s->sender = c->address;
    /* nobody to send it to: it was told why */
    if (c->stage == STAGE_DATA && s->refused && !s->accepted)
        return;
    s->refused += c->stage == STAGE_RCPT;
    struct log_event *e = add(r, c->stage, text, BOUNCE_FAILURE);
    if (!e)
        return;
    e->line = line;
    if (c->stage == STAGE_RCPT)
        e->recipient = kept(r, &c->address);
    else if (c->stage == STAGE_END_OF_DATA && s->accepted == 1)
        e->recipient = kept(r, &s->recipient);
}

/* A whole reply; it answers the first command that waits. */
static void on_reply(struct log_reader *r, struct slice text, size_t line)
{
    struct log_session *s = r->session;
    struct command c = {.stage = STAGE_NONE};
    struct slice rest = slice_from(text, 4), name;
    bool is_success = text.at[0] < '4';
    if (s->count == 0 && !s->is_in_data && (!s->is_greeted || slice_starts(text, SLICE("220")))) {
        if (s->is_greeted)
            begin_session(s);
        s->is_greeted = true;
        c.stage = STAGE_CONNECT;
        if (slice_word(&rest, &name) && s->host_len == 0)
            keep_host(s, logs_host(name));
    } else if (s->is_in_data) {
        c.stage = STAGE_END_OF_DATA; /* the program did not show the data */
        s->is_in_data = false;
    } else if (s->count > 0) {
        c = s->pending[s->first];
        if (c.stage == STAGE_AUTH && slice_starts(text, SLICE("334")))
            return;
        s->first = (s->first + 1) % PENDING_MAX;
        s->count--;
    }
    if (is_success)
        on_success(s, &c, text);
    else
        on_refusal(r, &c, text, line);
}

static void on_server(struct log_reader *r, struct slice text)
{
    struct log_session *s = r->session;
    bool goes_on = text.len > 3 && text.at[3] == '-';
    if (text.len < 3 || !ascii_is_digit(text.at[0]) || text.at[0] < '2')
        return;
    if (s->reply_len == 0)
        s->reply_line = r->line;
    if (REPLY_MAX - s->reply_len > 4) { /* the rest of a longer one is not read */
        struct slice line = slice_head(text, REPLY_MAX - s->reply_len - 1);
        memcpy(s->reply + s->reply_len, line.at, line.len);
        s->reply_len += line.len;
        s->reply[s->reply_len++] = '\n';
    }
    if (goes_on)
        return;
    on_reply(r, slice_of(s->reply, s->reply_len - 1), s->reply_line);
    s->reply_len = 0;
}

/* What programs say when no reply comes. */
static const struct {
    struct slice words;
    enum stage stage;
} failures[] = {
    {SLICE_INIT("Connection refused"), STAGE_CONNECT},
    {SLICE_INIT("Connection timed out"), STAGE_CONNECT},
    {SLICE_INIT("No route to host"), STAGE_CONNECT},
    {SLICE_INIT("Network is unreachable"), STAGE_CONNECT},
    {SLICE_INIT("Name or service not known"), STAGE_NONE},
    {SLICE_INIT("nodename nor servname"), STAGE_NONE},
    {SLICE_INIT("Could not resolve host"), STAGE_NONE},
    {SLICE_INIT("Connection reset by peer"), STAGE_NONE},
    {SLICE_INIT("closed connection unexpectedly"), STAGE_NONE},
    {SLICE_INIT("Connection unexpectedly closed"), STAGE_NONE},
    {SLICE_INIT("TLS startup failed"), STAGE_STARTTLS},
    {SLICE_INIT("certificate verify failed"), STAGE_STARTTLS},
    {SLICE_INIT("SSL certificate problem"), STAGE_STARTTLS},
    {SLICE_INIT("handshake failure"), STAGE_STARTTLS},
    {SLICE_INIT("SSL connect error"), STAGE_STARTTLS},
};

/* Where the session goes to: `=== Connected to mx.example.`, `* Connected to mx.example
 * (192.0.2.1)`, `connect: to ('mx.example', 25)`, `Trying 192.0.2.1:25...`. */
static void take_host(struct log_session *s, struct slice text)
{
    static const struct slice marks[] = {SLICE_INIT("Connected to "), SLICE_INIT("connect: to ('"),
                                         SLICE_INIT("Trying ")};
    struct slice rest;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (!logs_behind(slice_head(text, HOST_MAX), marks[i], &rest))
            continue;
        size_t end = 0;
        while (end < rest.len && !logs_is_in(" ':,(", rest.at[end]))
            end++;
        while (end > 0 && rest.at[end - 1] == '.')
            end--;
        keep_host(s, logs_host(slice_head(rest, end)));
        return;
    }
}

static void on_note(struct log_reader *r, struct slice text)
{
    struct log_session *s = r->session;
    struct slice rest;
    if (s->is_in_data)
        return;
    take_host(s, text);
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures) && !s->has_noted; i++) {
        if (!logs_behind(slice_head(text, REPLY_MAX), failures[i].words, &rest))
            continue;
        enum stage stage = s->count ? s->pending[s->first].stage : failures[i].stage;
        add(r, stage, text, BOUNCE_DELAY);
        s->has_noted = true;
    }
}

void logs_read_transcript(struct log_reader *r, struct slice raw)
{
    struct log_session *s = r->session;
    if (s->is_in_data && slice_eq(raw, SLICE("."))) {
        push(s, STAGE_END_OF_DATA, slice_head(raw, 0));
        s->is_in_data = false;
        return;
    }
    struct transcript_line line = logs_transcript_line(raw);
    if (s->reply_len && line.who == TRANSCRIPT_NOTE && logs_is_code(slice_trim(raw)))
        line = (struct transcript_line){.who = TRANSCRIPT_SERVER, .text = slice_trim(raw)};
    if (s->is_in_data && line.is_raw) /* a line of the message */
        return;
    switch (line.who) {
    case TRANSCRIPT_CLIENT:
        on_client(s, &line);
        break;
    case TRANSCRIPT_SERVER:
        on_server(r, line.text);
        break;
    case TRANSCRIPT_NOTE:
        on_note(r, line.text);
        break;
    }
}
