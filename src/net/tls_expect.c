/* Whom we call, and whether it is him: certificate authorities with the name (RFC 6125), or TLSA
 * records (RFC 7672). OpenSSL checks the chain in the handshake; what is missing is judged after
 * it, before anything is sent, so that it can be told in words. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/ip.h"
#include "net/tls_inside.h"

static bool is_address(const char *name)
{
    struct ip ip;
    return ip_parse(slice_str(name), &ip);
}

/* The server's name, for SNI. The macro for this call drops a const; a name that no SNI can hold
 * goes without it. */
static void set_name(SSL *ssl, const char *name)
{
    if (SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 (void *)(uintptr_t)name) != 1)
        ERR_clear_error();
}

static bool add_records(SSL *ssl, const struct tls_expect *e)
{
    if (SSL_dane_enable(ssl, e->name) != 1 || (e->next_hop && !SSL_add1_host(ssl, e->next_hop)))
        return false;
    /* RFC 7672 3.1.1: what names the server itself needs neither its name nor a date */
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (size_t i = 0; i < e->tlsa_count; i++) {
        const struct tlsa *t = &e->tlsa[i];
        /* 0: OpenSSL can't use it; then it fits nothing */
        if (SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching,
                              (const unsigned char *)t->data.at, t->data.len) < 0)
            return false;
    }
    return true;
}

bool tls_prepare(SSL *ssl, const struct tls_expect *e)
{
    bool good = true;
    if (e->name && !is_address(e->name)) {
        set_name(ssl, e->name);
        if (e->proof == TLS_PROOF_DANE)
            good = add_records(ssl, e);
    }
    ERR_clear_error();
    return good;
}

static void write_certificate(struct buf *out, X509 *certificate)
{
    buf_add_str(out, "the certificate of ");
    tls_write_x509_name(out, X509_get_subject_name(certificate));
    buf_add_str(out, ", issued by ");
    tls_write_x509_name(out, X509_get_issuer_name(certificate));
}

static void write_names(struct buf *out, X509 *certificate)
{
    size_t before = out->len;
    buf_add_str(out, " (it is for ");
    if (tls_write_hosts(out, certificate) == 0) {
        out->len = before;
        buf_add_str(out, " (it names no host at all");
    }
    buf_add_char(out, ')');
}

static bool names_fit(X509 *certificate, const struct tls_expect *e)
{
    return is_address(e->name) ? X509_check_ip_asc(certificate, e->name, 0) == 1
                               : X509_check_host(certificate, e->name, 0, 0, NULL) == 1;
}

/* What OpenSSL found in the chain. */
static enum tls_flaw flaw_of(long result)
{
    switch (result) {
    case X509_V_OK:
        return TLS_FLAW_NONE;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return TLS_FLAW_NAME;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return TLS_FLAW_EXPIRED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return TLS_FLAW_UNTRUSTED;
    default:
        return TLS_FLAW_OTHER;
    }
}

static enum tls_flaw check_authorities(SSL *ssl, X509 *certificate, const struct tls_expect *e,
                                       struct buf *why)
{
    long result = SSL_get_verify_result(ssl);
    if (result == X509_V_OK && names_fit(certificate, e))
        return TLS_FLAW_NONE;
    write_certificate(why, certificate);
    if (result != X509_V_OK) {
        buf_addf(why, ", is not to be trusted: %s", X509_verify_cert_error_string(result));
        return flaw_of(result);
    }
    buf_addf(why, ", is not for %s", e->name);
    write_names(why, certificate);
    return TLS_FLAW_NAME;
}

static enum tls_flaw check_records(SSL *ssl, X509 *certificate, const struct tls_expect *e,
                                   struct buf *why)
{
    long result = SSL_get_verify_result(ssl);
    if (result == X509_V_OK && SSL_get0_dane_authority(ssl, NULL, NULL) >= 0)
        return TLS_FLAW_NONE;
    write_certificate(why, certificate);
    if (result == X509_V_ERR_DANE_NO_MATCH || result == X509_V_OK)
        buf_addf(why, ", fits none of the %zu TLSA records", e->tlsa_count);
    else
        buf_addf(why, ", is not to be trusted: %s", X509_verify_cert_error_string(result));
    if (result == X509_V_ERR_HOSTNAME_MISMATCH)
        write_names(why, certificate);
    return result == X509_V_OK ? TLS_FLAW_OTHER : flaw_of(result);
}

enum tls_flaw tls_find_flaw(const struct tls *t, const struct tls_expect *e, struct buf *why)
{
    enum tls_flaw flaw = TLS_FLAW_OTHER;
    if (e->proof == TLS_PROOF_NONE)
        return TLS_FLAW_NONE;
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (!certificate || !e->name)
        buf_add_str(why, "no certificate was shown");
    else
        flaw = (e->proof == TLS_PROOF_DANE ? check_records : check_authorities)(t->ssl, certificate,
                                                                                e, why);
    ERR_clear_error();
    return flaw;
}
