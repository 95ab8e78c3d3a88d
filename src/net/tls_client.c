/* Certificates of clients: asked for, never needed. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_inside.h"

/* Anybody's is let pass, as mail servers show theirs to everybody; the verdict is kept. */
static int let_pass(int is_good, X509_STORE_CTX *store)
{
    (void)is_good;
    (void)store;
    return 1;
}

static bool ask(SSL_CTX *ctx, struct slice authorities)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities.at);
    if (!names || SSL_CTX_load_verify_file(ctx, authorities.at) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, let_pass);
    return true;
}

bool tls_context_ask(struct tls_context *c, struct slice authorities, struct buf *why)
{
    bool good = ask(c->ssl, authorities);
    for (size_t i = 0; good && i < c->others_count; i++)
        good = ask(c->others[i], authorities);
    ERR_clear_error();
    if (!good)
        buf_addf(why,
                 "%.*s: no certificate can be read from it; right is a PEM file with the "
                 "certificates of those who issue the clients'\n",
                 SLICE_ARG(authorities));
    return good;
}

static bool is_one_line(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ')
            return false;
    return text.len > 0;
}

void tls_add_peer_emails(const struct tls *t, struct buf *out)
{
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (!certificate || SSL_get_verify_mode(t->ssl) == SSL_VERIFY_NONE ||
        SSL_get_verify_result(t->ssl) != X509_V_OK)
        return;
    STACK_OF(OPENSSL_STRING) *emails = X509_get1_email(certificate);
    for (int i = 0; i < sk_OPENSSL_STRING_num(emails); i++) {
        struct slice email = slice_str(sk_OPENSSL_STRING_value(emails, i));
        if (!is_one_line(email))
            continue;
        buf_add(out, email);
        buf_add_char(out, '\n');
    }
    X509_email_free(emails);
}
