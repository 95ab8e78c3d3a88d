#include "net/tls_look.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "net/tls_inside.h"

enum { NAME_MAX_SHOWN = 200, NAMES_SHOWN = 5 };

void tls_write_x509_name(struct buf *out, X509_NAME *name)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio &&
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_UTF8_CONVERT) >= 0) {
        long len = BIO_get_mem_data(bio, &text);
        buf_add(out, slice_head(slice_of(text, len > 0 ? (size_t)len : 0), NAME_MAX_SHOWN));
    }
    BIO_free(bio);
}

int tls_write_hosts(struct buf *out, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int shown = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < NAMES_SHOWN; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        struct slice text = slice_of((const char *)ASN1_STRING_get0_data(name->d.dNSName),
                                     (size_t)ASN1_STRING_length(name->d.dNSName));
        buf_add_str(out, shown++ ? ", " : "");
        buf_add(out, slice_head(text, NAME_MAX_SHOWN));
    }
    GENERAL_NAMES_free(names);
    return shown;
}

static int64_t unix_time(const ASN1_TIME *at)
{
    struct tm tm;
    return ASN1_TIME_to_tm(at, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

bool tls_look(const char *file, const char *hostname, struct tls_looked *looked_r)
{
    FILE *from = fopen(file, "re");
    X509 *certificate = from ? PEM_read_X509(from, NULL, NULL, NULL) : NULL;
    if (from)
        fclose(from);
    ERR_clear_error();
    if (!certificate)
        return false;
    *looked_r =
        (struct tls_looked){.begins = unix_time(X509_get0_notBefore(certificate)),
                            .ends = unix_time(X509_get0_notAfter(certificate)),
                            .fits = X509_check_host(certificate, hostname, 0, 0, NULL) == 1};
    X509_free(certificate);
    return true;
}

bool tls_look_at_peer(const struct tls *t, struct tls_shown *shown)
{
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (!certificate)
        return false;
    tls_write_x509_name(shown->subject, X509_get_subject_name(certificate));
    tls_write_x509_name(shown->issuer, X509_get_issuer_name(certificate));
    tls_write_hosts(shown->hosts, certificate);
    shown->begins = unix_time(X509_get0_notBefore(certificate));
    shown->ends = unix_time(X509_get0_notAfter(certificate));
    ERR_clear_error();
    return true;
}

bool tls_find_record(const struct tls *t, struct tlsa *record_r)
{
    const unsigned char *data;
    size_t len;
    if (SSL_get_verify_result(t->ssl) != X509_V_OK ||
        SSL_get0_dane_authority(t->ssl, NULL, NULL) < 0 ||
        SSL_get0_dane_tlsa(t->ssl, &record_r->usage, &record_r->selector, &record_r->matching,
                           &data, &len) < 0)
        return false;
    record_r->data = slice_of((const char *)data, len);
    return true;
}
