/* From a delivery's hosts to a connection: one host after the other, all addresses of one host in a
 * race. */
#include "deliver/login.h"
#include "deliver/smtp_peer.h"
#include "system/heap.h"

static void note_address(const struct peer *p, size_t target, const char *before, const char *after)
{
    char text[NET_ADDRESS_TEXT], storage[NET_ADDRESS_TEXT + OUTCOME_TEXT_MAX];
    struct buf line;
    const struct target *t = &p->targets->list[target];
    net_address_write((const struct sockaddr *)&t->address.storage, text);
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_addf(&line, "%s%s", text, after);
    transcript_note(&p->delivery->transcript, before, buf_slice(&line));
}

void peer_set_host(struct peer *p, const struct target *t)
{
    p->host = slice_head(t->host, sizeof(p->host_text));
    memcpy(p->host_text, p->host.at, p->host.len);
    p->host.at = p->host_text;
    p->address = t->address;
}

/* Behind the last target with the same host and rules. */
static size_t end_of_host(const struct targets *targets, size_t first)
{
    const struct target *t = &targets->list[first];
    size_t end = first + 1;
    while (end < targets->count && slice_eq(targets->list[end].host, t->host) &&
           targets->list[end].security == t->security)
        end++;
    return end;
}

static struct race_way way_to(const struct peer *p, const struct target *t)
{
    struct race_way way = {.to = &t->address};
    int family = t->address.storage.ss_family;
    if (p->delivery->source && family != AF_UNIX &&
        (p->delivery->source->ipv4.len || p->delivery->source->ipv6.len))
        way.from = family == AF_INET ? &p->delivery->source->ipv4 : &p->delivery->source->ipv6;
    if (way.from && way.from->len == 0)
        way.flaw = family == AF_INET ? "the source that mail leaves from has no IPv4 address"
                                     : "the source that mail leaves from has no IPv6 address";
    return way;
}

/* ---- the race ---- */

/* Of a host with one address the outcome says it all. */
static void on_fell(void *ctx, size_t way, const char *failure)
{
    struct peer *p = ctx;
    char after[OUTCOME_TEXT_MAX];
    struct buf out;
    if (p->host_end - p->target < 2)
        return;
    buf_init_fixed(&out, after, sizeof(after) - 1);
    buf_addf(&out, ": %s", failure);
    after[out.len] = '\0';
    note_address(p, p->target + way, "", after);
}

static void on_won(void *ctx, size_t way, int fd)
{
    struct peer *p = ctx;
    bool had_choice = p->host_end - p->target > 1;
    p->race = NULL;
    p->target += way;
    p->address = p->targets->list[p->target].address;
    if (had_choice)
        note_address(p, p->target, "Connected to ", "");
    peer_connected(p, fd);
}

static void on_lost(void *ctx, const char *failure)
{
    struct peer *p = ctx;
    p->race = NULL;
    p->target = p->host_end - 1;
    peer_unreached(p, failure);
}

/* NULL, or why it can't even be begun. */
static const char *begin_race(struct peer *p)
{
    static const struct race_owner owner = {.fell = on_fell, .won = on_won, .lost = on_lost};
    struct race_way ways[TARGETS_MAX];
    size_t count = p->host_end - p->target;
    const char *failure = NULL;
    for (size_t i = 0; i < count; i++)
        ways[i] = way_to(p, &p->targets->list[p->target + i]);
    p->race = race_begin(p->agent->loop, ways, count, p->agent->options->connect_timeout, &owner, p,
                         &failure);
    return p->race ? NULL : failure;
}

/* ---- a session ---- */

static struct smtp_client_options session_options(struct peer *p, const struct target *t)
{
    struct smtp_client_options options = p->agent->options->client;
    options.lmtp = p->delivery->attempt->route.agent == AGENT_LMTP;
    options.login = login_secret(p->delivery->login, &p->token);
    options.tls = peer_session_tls(p, t);
    options.one_by_one = p->is_one_by_one;
    if (p->delivery->source)
        options.helo = p->delivery->source->helo;
    return options;
}

/* Starts a session with the host of p->target; false: not even a connection can be begun, and the
 * old session, of which the caller may still hold a reply, is untouched. */
static bool connect_to(struct peer *p, const struct target *t)
{
    struct smtp_client_options options = session_options(p, t);
    struct smtp_client *session = smtp_client_new(&heap, &options, loop_now(p->agent->loop));
    stream_close(&p->stream);
    p->host_end = end_of_host(p->targets, p->target);
    p->failure = session ? begin_race(p) : "out of memory";
    if (p->failure) {
        smtp_client_free(&session);
        return false;
    }
    smtp_client_free(&p->session);
    p->session = session;
    peer_set_host(p, t);
    transcript_note(&p->delivery->transcript, "Connecting to ", p->host);
    if (p->delivery->source)
        transcript_note(&p->delivery->transcript, "From the source ", p->delivery->source->name);
    p->is_ready = p->is_closing = p->wants_tls = false;
    p->is_noted = false;
    p->tls = TARGET_TLS_OFF;
    p->finding.code = 0;
    p->messages = 0;
    return true;
}

bool peer_connect(struct peer *p)
{
    for (; p->target < p->targets->count; p->target = p->host_end)
        if (connect_to(p, &p->targets->list[p->target]))
            return true;
    return false;
}
