#include "session_model.h"

enum { BYTES_MAX = 8 << 20, LINE_PLAIN_MAX = 512, LINE_LONG_MAX = 2048, LINE_LOGIN_MAX = 12288 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* ---- replies ---- */

struct walk {
    const struct model *model;
    struct slice in;          /* of this phase, what was not yet looked at */
    struct slice out;         /* ditto, of the replies */
    size_t content;           /* the next that was handed out */
    bool has_sender, is_sure; /* not sure: a refusal may have ended the transaction, or not */
    size_t recipients;
    bool is_chunked; /* between two chunks */
    struct buf chunks;
};

static bool next_line(struct slice *rest, struct slice *line_r)
{
    size_t end = slice_find_slice(*rest, SLICE("\r\n"), 0);
    if (end == SLICE_NONE)
        return false;
    *line_r = slice_head(*rest, end);
    *rest = slice_from(*rest, end + 2);
    return true;
}

/* 0: there is none. 421 and 221 are the last that is said. */
static unsigned next_reply(struct walk *w)
{
    struct slice line, code = SLICE("");
    uint32_t value = 0;
    bool is_first = true;
    do {
        if (!next_line(&w->out, &line)) {
            require(is_first && w->out.len == 0);
            return 0;
        }
        require(line.len >= 4 && (line.at[3] == ' ' || line.at[3] == '-'));
        require(is_first || slice_eq(code, slice_head(line, 3)));
        code = slice_head(line, 3);
        is_first = false;
    } while (line.at[3] == '-');
    require(slice_u32(code, &value));
    if (value == 421 || value == 221)
        require(w->out.len == 0 && w->model->is_closed);
    return value;
}

/* ---- codes ---- */

/* RFC 5321 4.3.2, 1869, 1985, 2034, 3030, 3207, 4954, and of proxies' commands Postfix's words. */
static const struct {
    struct slice verb;
    const char *codes;
} legal[] = {
    {SLICE_INIT("HELO"), "250 501 504 550"},
    {SLICE_INIT("EHLO"), "250 501 504 550"},
    {SLICE_INIT("MAIL"), "250 450 451 452 455 501 504 530 550 552 553 554 555"},
    {SLICE_INIT("RCPT"), "250 251 450 451 452 455 501 521 550 551 552 553 554 555"},
    {SLICE_INIT("DATA"), "354 450 451 452 501 550 552 554"},
    {SLICE_INIT("BDAT"), "250 450 451 452 501 550 552 554"},
    {SLICE_INIT("RSET"), "250 501"},
    {SLICE_INIT("NOOP"), "250 501"},
    {SLICE_INIT("QUIT"), "221 501"},
    {SLICE_INIT("VRFY"), "250 251 252 450 451 501 504 550 551 553"},
    {SLICE_INIT("EXPN"), "250 252 450 451 501 504 550"},
    {SLICE_INIT("HELP"), "211 214 501 504 451"},
    {SLICE_INIT("ETRN"), "250 251 252 253 451 458 459 501"},
    {SLICE_INIT("STARTTLS"), "220 454 501"},
    {SLICE_INIT("AUTH"), "235 334 432 451 454 501 504 525 530 534 535 538"},
    {SLICE_INIT("XCLIENT"), "220 501 550 554"},
    {SLICE_INIT("XFORWARD"), "250 501 550"},
};
/* What any line may get: no command, not offered, not now, not without TLS or login. */
static const char *const always = "421 500 502 503 530";
static const char *const of_content = "250 450 451 452 550 552 554";
static const char *const of_login = "235 334 432 451 454 500 501 525 534 535";

static bool is_among(unsigned code, const char *codes)
{
    struct slice rest = slice_str(codes), word;
    uint32_t value;
    while (slice_word(&rest, &word))
        if (slice_u32(word, &value) && value == code)
            return true;
    return false;
}

static void check_code(struct slice verb, unsigned code)
{
    bool is_legal = is_among(code, always);
    for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
        is_legal |= slice_ieq(verb, legal[i].verb) && is_among(code, legal[i].codes);
    require(is_legal);
}

/* ---- content ---- */

/* Dots that were put in front of dots go away; line ends alone become whole ones where they may. */
static void unstuff(struct slice in, bool normalizes, struct buf *out)
{
    bool at_start = true;
    for (size_t i = 0; i < in.len; i++) {
        bool is_bare = in.at[i] == '\n' && (i == 0 || in.at[i - 1] != '\r');
        if (at_start && in.at[i] == '.') {
            at_start = false;
            continue;
        }
        if (is_bare && normalizes)
            buf_add_char(out, '\r');
        buf_add_char(out, in.at[i]);
        at_start = in.at[i] == '\n' && (!is_bare || normalizes);
    }
}

static void forget_transaction(struct walk *w)
{
    w->has_sender = w->is_chunked = false;
    w->is_sure = true;
    w->recipients = 0;
    buf_clear(&w->chunks);
}

/* The reply to the end of content: yes only when the very same bytes were accepted, for as many
 * recipients. */
static void end_content(struct walk *w, struct slice body, unsigned code)
{
    const struct model *m = w->model;
    const struct model_content *c = w->content < m->content_count ? &m->contents[w->content] : NULL;
    bool is_it = c && c->code == code && slice_eq(buf_slice(&c->body), body);
    require(is_among(code, of_content) || code == 421);
    require(code != 250 || (is_it && w->has_sender));
    require(!is_it || !w->is_sure || c->recipients == w->recipients);
    w->content += is_it;
    forget_transaction(w);
}

/* Up to the line with nothing but a dot; the line end in front of it is of the content. */
static size_t content_length(struct slice in)
{
    if (slice_starts(in, SLICE(".\r\n")))
        return 0;
    size_t end = slice_find_slice(in, SLICE("\r\n.\r\n"), 0);
    return end == SLICE_NONE ? SLICE_NONE : end + 2;
}

/* False: the rest of the phase is content without an end. */
static bool take_data(struct walk *w)
{
    struct buf body;
    size_t len = content_length(w->in);
    if (len == SLICE_NONE)
        return false;
    struct slice content = slice_head(w->in, len);
    w->in = slice_from(w->in, len + 3);
    buf_init(&body, w->chunks.mem, BYTES_MAX);
    unstuff(content, w->model->normalizes, &body);
    unsigned code = next_reply(w);
    require(code != 0 || w->model->is_closed);
    if (code)
        end_content(w, buf_slice(&body), code);
    buf_free(&body);
    return code != 0 && code != 421;
}

/* The octets behind BDAT are never commands, whatever is said of it. False: they are not all
 * there. */
static bool take_chunk(struct walk *w, struct slice args, struct slice *chunk_r, bool *is_last_r)
{
    struct slice word;
    uint64_t size = 0;
    bool is_number = slice_word(&args, &word) && slice_u64(word, &size);
    *is_last_r = is_number && slice_ieq(slice_trim(args), SLICE("LAST"));
    size_t taken = is_number && size < w->in.len ? (size_t)size : w->in.len;
    if (!is_number)
        taken = 0;
    *chunk_r = slice_head(w->in, taken);
    w->in = slice_from(w->in, taken);
    return !is_number || taken == size;
}

static void end_chunk(struct walk *w, struct slice chunk, bool is_last, unsigned code)
{
    check_code(SLICE("BDAT"), code);
    if (code == 501 || code == 503) /* as if it had not been said */
        return;
    buf_add(&w->chunks, chunk);
    if (code == 250 && !is_last) {
        require(w->has_sender && (!w->is_sure || w->recipients > 0));
        w->is_chunked = true;
    } else if (is_last) {
        bool was_chunked = w->is_chunked;
        struct walk before = *w;
        end_content(w, buf_slice(&before.chunks), code);
        /* a first chunk may be refused before it was looked at: then the transaction goes on */
        if (code != 250 && !was_chunked)
            *w = (struct walk){.model = w->model,
                               .in = w->in,
                               .out = w->out,
                               .content = w->content,
                               .has_sender = before.has_sender,
                               .recipients = before.recipients,
                               .chunks = w->chunks};
    } else {
        buf_clear(&w->chunks);
        w->is_chunked = w->is_sure = false;
    }
}

/* ---- commands ---- */

static void after_command(struct walk *w, struct slice verb, unsigned code)
{
    bool is_hello = slice_ieq(verb, SLICE("HELO")) || slice_ieq(verb, SLICE("EHLO"));
    if (slice_ieq(verb, SLICE("MAIL")) && code == 250) {
        require(!w->has_sender || !w->is_sure);
        forget_transaction(w);
        w->has_sender = true;
    } else if (slice_ieq(verb, SLICE("RCPT")) && (code == 250 || code == 251)) {
        require(w->has_sender && !w->is_chunked);
        w->recipients++;
    } else if ((is_hello || slice_ieq(verb, SLICE("RSET"))) && code == 250) {
        forget_transaction(w);
    } else if (slice_ieq(verb, SLICE("XCLIENT")) && code == 220) {
        require(!w->has_sender || !w->is_sure);
    } else if (slice_ieq(verb, SLICE("DATA")) && code == 354) {
        require(w->has_sender && (!w->is_sure || w->recipients > 0) && !w->is_chunked);
    }
}

/* A login goes on for as long as 334 is said; a line that is none ends it. */
static bool take_login(struct walk *w)
{
    struct slice line;
    unsigned code = 334;
    while (code == 334 && next_line(&w->in, &line)) {
        code = next_reply(w);
        if (code == 0 || code == 421) {
            require(w->model->is_closed);
            return false;
        }
        require(is_among(code, of_login));
    }
    return true;
}

static bool has_bare_end(struct slice line)
{
    return slice_find(line, '\n', 0) != SLICE_NONE || slice_find(line, '\r', 0) != SLICE_NONE;
}

static struct slice take_verb(struct slice line, struct slice *args_r)
{
    size_t len = 0;
    while (len < line.len && line.at[len] != ' ' && line.at[len] != '\t')
        len++;
    *args_r = slice_from(line, len);
    return slice_head(line, len);
}

/* False: nothing more is to be looked at in this phase. */
static bool take_command(struct walk *w, struct slice line)
{
    struct slice args, verb = take_verb(line, &args), chunk = SLICE("");
    bool is_last = false, is_bad = has_bare_end(line) || line.len + 2 > LINE_LONG_MAX;
    bool is_bdat = slice_ieq(verb, SLICE("BDAT")) && !is_bad && line.len + 2 <= LINE_PLAIN_MAX &&
                   slice_find(line, '\0', 0) == SLICE_NONE;
    bool is_whole = !is_bdat || take_chunk(w, args, &chunk, &is_last);
    unsigned code = next_reply(w);
    if (code == 0 || code == 421) {
        /* a refused chunk is answered before it is there, one that is taken behind it */
        require(w->model->is_closed || !is_whole);
        return false;
    }
    if (is_bad && line.len + 2 <= LINE_LOGIN_MAX && has_bare_end(line))
        require(code == 500 || code == 503);
    if (is_bdat)
        end_chunk(w, chunk, is_last, code);
    else
        check_code(verb, code);
    if (is_bad)
        return true;
    after_command(w, verb, code);
    if (code == 354)
        return take_data(w);
    if (code == 334)
        return take_login(w);
    bool is_over = slice_ieq(verb, SLICE("STARTTLS")) && code == 220;
    return is_whole && !is_over;
}

static void walk_phase(struct walk *w)
{
    struct slice line;
    forget_transaction(w);
    while (next_line(&w->in, &line))
        if (!take_command(w, line))
            return;
    /* a line that is bad already is answered before its end, a last one may be */
    if (w->in.len && w->out.len && next_reply(w) == 421)
        require(w->out.len == 0);
}

void model_check(const struct model *m)
{
    struct walk w = {.model = m, .out = buf_slice(&m->output)};
    unsigned greeting = next_reply(&w);
    buf_init(&w.chunks, m->output.mem, BYTES_MAX);
    require(greeting == 0 || is_among(greeting, "220 421 521 554"));
    for (size_t i = 0; i < m->phase_count; i++) {
        w.in = buf_slice(&m->phases[i]);
        walk_phase(&w);
    }
    if (w.out.len)
        require(next_reply(&w) == 421);
    for (; w.content < m->content_count; w.content++)
        require(m->is_closed && m->contents[w.content].code / 100 != 2);
    buf_free(&w.chunks);
}

/* ---- life ---- */

void model_init(struct model *m, const struct mem *mem)
{
    *m = (struct model){.phase_count = 1};
    for (size_t i = 0; i < MODEL_PHASES_MAX; i++)
        buf_init(&m->phases[i], mem, BYTES_MAX);
    buf_init(&m->output, mem, BYTES_MAX);
}

void model_free(struct model *m)
{
    for (size_t i = 0; i < MODEL_PHASES_MAX; i++)
        buf_free(&m->phases[i]);
    for (size_t i = 0; i < m->content_count; i++)
        buf_free(&m->contents[i].body);
    buf_free(&m->output);
}
