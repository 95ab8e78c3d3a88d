#include "deliver/target_tls.h"

enum smtp_client_tls target_session_tls(enum target_tls tls)
{
    static const enum smtp_client_tls wanted[] = {
        [TARGET_TLS_OFF] = SMTP_CLIENT_TLS_NEVER, [TARGET_TLS_MAY] = SMTP_CLIENT_TLS_MAY,
        [TARGET_TLS_MUST] = SMTP_CLIENT_TLS_MUST, [TARGET_TLS_VERIFY] = SMTP_CLIENT_TLS_MUST,
        [TARGET_TLS_DANE] = SMTP_CLIENT_TLS_MUST,
    };
    return wanted[tls];
}

struct tls_expect target_expect(const struct target_security *security, struct slice host,
                                char *name)
{
    static const enum tls_proof proofs[] = {
        [TARGET_TLS_VERIFY] = TLS_PROOF_AUTHORITIES, [TARGET_TLS_DANE] = TLS_PROOF_DANE};
    struct slice called = security->base.len ? security->base : host;
    return (struct tls_expect){.name = slice_cstr(called, name, OUTCOME_HOST_MAX + 1) ? name : NULL,
                               .proof = proofs[security->tls],
                               .tlsa = security->tlsa,
                               .tlsa_count = security->tlsa_count,
                               .next_hop = security->next_hop};
}

bool target_blame(const struct target_security *security, struct slice host,
                  const struct smtp_client_event *e, struct arena *arena, struct reply *reply_r)
{
    if (security->tls < TARGET_TLS_MUST || e->stage != STAGE_STARTTLS)
        return false;
    *reply_r = REPLY_MAKE(SITUATION_TLS_NOT_PROVEN, arena, host, slice_str(security->rule),
                          e->failure ? slice_str(e->failure) : e->reply.text);
    return true;
}
