#include "net/tls_look.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

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
