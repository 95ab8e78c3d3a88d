/* How safe a connection has to be, and is. */
#include "deliver/smtp_peer.h"

#include "deliver/target_tls.h"

/* A connection without a delivery has nothing to prove, and nothing to send. */
static const struct target_security *peer_security(const struct peer *p)
{
    static const struct target_security none = {.tls = TARGET_TLS_MUST, .rule = ""};
    return p->targets ? p->targets->list[p->target].security : &none;
}

/* Mail in the clear is better than none where TLS is not required (RFC 7435). */
bool peer_may_go_in_clear(const struct peer *p)
{
    return !p->is_in_clear && peer_security(p)->tls == TARGET_TLS_MAY;
}

/* What became of the encryption of this connection; once. */
void peer_note_session(struct peer *p, enum tls_report_result result)
{
    if (p->delivery && !p->is_noted && !p->is_in_clear && peer_security(p)->tls != TARGET_TLS_OFF)
        delivery_note_session(p->delivery, peer_security(p)->policy, result, p->host);
    p->is_noted = true;
}

/* Whose rule it was that the host did not keep. */
void peer_note_finding(struct peer *p, const struct smtp_client_event *e)
{
    struct reply found;
    if (target_blame(peer_security(p), p->host, e, &p->delivery->arena, &found))
        p->finding = found;
}

void peer_leave_tls(struct peer *p, const struct smtp_client_event *e)
{
    struct slice why = e->failure ? slice_str(e->failure) : e->reply.text;
    struct buf out;
    buf_init_fixed(&out, p->tls_trouble, sizeof(p->tls_trouble) - 1);
    buf_add(&out, slice_head(why, sizeof(p->tls_trouble) - 1));
    p->tls_trouble[out.len] = '\0';
    p->is_in_clear = true;
}

void peer_note_demand(struct peer *p, const struct reply *reply)
{
    if (p->is_in_clear && reply->code == 530)
        p->finding = REPLY_MAKE(SITUATION_TLS_NOT_PROVEN, &p->delivery->arena, p->host,
                                SLICE("the host itself (RFC 3207 4)"), slice_str(p->tls_trouble));
}

void peer_begin_tls(struct peer *p)
{
    char name[OUTCOME_HOST_MAX + 1];
    struct tls_expect expect = target_expect(peer_security(p), p->host, name);
    p->wants_tls = false;
    if (!stream_secure(&p->stream, p->agent->options->tls, &expect))
        smtp_client_lost(p->session, "out of memory", loop_now(p->agent->loop));
}

static enum tls_report_result result_of(enum tls_flaw flaw)
{
    static const enum tls_report_result results[] = {[TLS_FLAW_NONE] = TLS_RESULT_GOOD,
                                                     [TLS_FLAW_NAME] = TLS_RESULT_HOST_MISMATCH,
                                                     [TLS_FLAW_EXPIRED] = TLS_RESULT_EXPIRED,
                                                     [TLS_FLAW_UNTRUSTED] = TLS_RESULT_NOT_TRUSTED,
                                                     [TLS_FLAW_OTHER] = TLS_RESULT_INVALID};
    return results[flaw];
}

/* Where nothing was asked for, authorities may still prove it: that is worth a word in the log, and
 * what a policy is being tested for (RFC 8461 5). */
static void call_secure(struct peer *p, struct tls_expect *expect)
{
    enum tls_flaw flaw = TLS_FLAW_NONE;
    char binding[TLS_BINDING];
    struct buf unused;
    buf_init_fixed(&unused, NULL, 0);
    if (tls_binding(p->stream.tls, binding))
        smtp_client_bind(p->session, binding);
    p->tls = TARGET_TLS_DANE;
    if (expect->proof != TLS_PROOF_DANE) {
        expect->proof = TLS_PROOF_AUTHORITIES;
        flaw = tls_find_flaw(p->stream.tls, expect, &unused);
        p->tls = flaw == TLS_FLAW_NONE ? TARGET_TLS_VERIFY : TARGET_TLS_MUST;
    }
    peer_note_session(p, peer_security(p)->policy == TLS_POLICY_STS ? result_of(flaw)
                                                                    : TLS_RESULT_GOOD);
    smtp_client_secured(p->session, loop_now(p->agent->loop));
}

static bool is_same_address(const struct net_address *a, const struct net_address *b)
{
    return a->len == b->len && memcmp(&a->storage, &b->storage, a->len) == 0;
}

/* Another destination may have the same host. Who proves by the DNS whom it speaks for may do so
 * with the name of one destination alone (RFC 7672 3.2.2). */
static bool fits(const struct peer *p, const struct target *t, bool is_own, uint16_t preference)
{
    enum target_tls wanted = t->security->tls;
    if (!slice_eq(t->host, p->host) || !is_same_address(&t->address, &p->address))
        return false;
    if (!is_own && (t->preference != preference || wanted == TARGET_TLS_DANE))
        return false;
    return wanted <= TARGET_TLS_MAY || wanted <= p->tls;
}

bool peer_fits(const struct peer *p, const struct delivery *d, const struct targets *targets)
{
    const struct route *r = &d->attempt->route;
    bool is_own = slice_eq(p->destination, r->destination);
    if (p->source != delivery_source_id(d) || p->kind != r->agent || p->account != r->account)
        return false;
    for (size_t i = 0; i < targets->count; i++)
        if (fits(p, &targets->list[i], is_own, targets->list[0].preference))
            return true;
    return false;
}

enum smtp_client_tls peer_session_tls(const struct peer *p, const struct target *t)
{
    return target_session_tls(p->is_in_clear ? TARGET_TLS_OFF : t->security->tls);
}

void peer_prove(struct peer *p)
{
    char name[OUTCOME_HOST_MAX + 1], storage[OUTCOME_TEXT_MAX];
    struct tls_expect expect = target_expect(peer_security(p), p->host, name);
    struct slice why = SLICE("");
    struct buf out;
    int64_t now = loop_now(p->agent->loop);
    buf_init_fixed(&out, storage, sizeof(storage));
    enum tls_flaw flaw = tls_find_flaw(p->stream.tls, &expect, &out);
    if (flaw == TLS_FLAW_NONE) {
        call_secure(p, &expect);
        return;
    }
    bool is_told = p->delivery && arena_dup(&p->delivery->arena, buf_slice(&out), &why);
    peer_note_session(p, result_of(flaw));
    smtp_client_lost(p->session, is_told ? why.at : "its certificate is not proven", now);
}
