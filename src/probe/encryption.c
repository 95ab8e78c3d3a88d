/* What TLS shows: the connection, the certificate, and by which rule it is who it should be. */
#include <time.h>

#include "deliver/target_tls.h"
#include "net/tls_look.h"
#include "probe/inside.h"
#include "system/clock.h"

enum { NAMES_MAX = 2048, WHY_MAX = 2048, DAY = 24 * 60 * 60, EXPIRES_SOON = 14 };

static void write_day(struct buf *out, int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm day;
    if (gmtime_r(&seconds, &day))
        buf_addf(out, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

/* `valid 2026-01-01 to 2026-04-01, 62 days left` */
static enum finding_mark write_validity(struct buf *out, const struct tls_shown *shown)
{
    int64_t now = clock_unix_ms() / 1000, left = (shown->ends - now) / DAY;
    buf_add_str(out, "valid ");
    write_day(out, shown->begins);
    buf_add_str(out, " to ");
    write_day(out, shown->ends);
    if (now < shown->begins || now > shown->ends) {
        buf_add_str(out, now < shown->begins ? ", not yet" : ", it has expired");
        return FINDING_DOUBT;
    }
    buf_addf(out, ", %lld day%s left", (long long)left, left == 1 ? "" : "s");
    return left < EXPIRES_SOON ? FINDING_NOTE : FINDING_GOOD;
}

static void add_certificate(struct probe_session *s, struct finding *at)
{
    char storage[4][NAMES_MAX];
    struct buf subject, issuer, hosts, validity;
    struct tls_shown shown = {.subject = &subject, .issuer = &issuer, .hosts = &hosts};
    buf_init_fixed(&subject, storage[0], NAMES_MAX);
    buf_init_fixed(&issuer, storage[1], NAMES_MAX);
    buf_init_fixed(&hosts, storage[2], NAMES_MAX);
    buf_init_fixed(&validity, storage[3], NAMES_MAX);
    if (!tls_look_at_peer(s->stream.tls, &shown)) {
        finding_add(at->arena, at, FINDING_DOUBT, "certificate", "no certificate was shown");
        return;
    }
    enum finding_mark mark = write_validity(&validity, &shown);
    struct finding *f = finding_add(
        at->arena, at, mark, "certificate", "certificate %.*s, issued by %.*s, for %.*s; %.*s",
        SLICE_ARG(buf_slice(&subject)), SLICE_ARG(buf_slice(&issuer)),
        SLICE_ARG(hosts.len ? buf_slice(&hosts) : SLICE("no host at all")),
        SLICE_ARG(buf_slice(&validity)));
    finding_note(f, "subject", buf_slice(&subject));
    finding_note(f, "issuer", buf_slice(&issuer));
    finding_note(f, "hosts", buf_slice(&hosts));
    finding_note_number(f, "not_before", shown.begins);
    finding_note_number(f, "not_after", shown.ends);
}

static void add_proof(struct probe_session *s, struct finding *at)
{
    const struct target_security *security = s->target->security;
    struct tlsa record;
    struct finding *f;
    if (security->tls == TARGET_TLS_DANE && tls_find_record(s->stream.tls, &record))
        f = finding_add(at->arena, at, FINDING_GOOD, "proof",
                        "proven by %s: the certificate fits the record %u %u %u", security->rule,
                        record.usage, record.selector, record.matching);
    else
        f = finding_add(at->arena, at, FINDING_GOOD, "proof",
                        "proven by a certificate authority that is trusted here, as %s asks",
                        security->rule);
    finding_note(f, "rule", slice_str(security->rule));
}

/* Where nobody asks for a proof, authorities may still give one. */
static void add_unasked_proof(struct probe_session *s, struct finding *at,
                              struct tls_expect *expect)
{
    char storage[WHY_MAX];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    expect->proof = TLS_PROOF_AUTHORITIES;
    if (tls_find_flaw(s->stream.tls, expect, &why) == TLS_FLAW_NONE)
        finding_add(at->arena, at, FINDING_GOOD, "proof",
                    "proven by a certificate authority that is trusted here; nobody asks for it");
    else
        finding_add(at->arena, at, FINDING_NOTE, "proof",
                    "not proven, which nobody asks for (no DANE, no MTA-STS): %.*s",
                    SLICE_ARG(buf_slice(&why)));
}

bool probe_prove(struct probe_session *s, const char **why_r)
{
    char name[OUTCOME_HOST_MAX + 1], storage[WHY_MAX];
    const struct target_security *security = s->target->security;
    struct tls_expect expect = target_expect(security, s->target->host, name);
    struct buf why;
    struct slice kept;
    buf_init_fixed(&why, storage, sizeof(storage));
    struct finding *at = finding_add(s->probe->arena, s->at, FINDING_GOOD, "tls", "TLS: %s, %s",
                                     tls_version(s->stream.tls), tls_cipher(s->stream.tls));
    if (!at)
        return true;
    finding_note(at, "version", slice_str(tls_version(s->stream.tls)));
    finding_note(at, "cipher", slice_str(tls_cipher(s->stream.tls)));
    add_certificate(s, at);
    if (expect.proof == TLS_PROOF_NONE) {
        add_unasked_proof(s, at, &expect);
        return true;
    }
    if (tls_find_flaw(s->stream.tls, &expect, &why) == TLS_FLAW_NONE) {
        add_proof(s, at);
        return true;
    }
    at->mark = FINDING_BAD;
    finding_note(finding_add(at->arena, at, FINDING_BAD, "proof", "not proven, as %s asks: %.*s",
                             security->rule, SLICE_ARG(buf_slice(&why))),
                 "rule", slice_str(security->rule));
    *why_r =
        arena_dup(at->arena, buf_slice(&why), &kept) ? kept.at : "its certificate is not proven";
    return false;
}
