#include "net/tls_inside.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* Only what RFC 9325 still recommends; everything that is in use speaks it. */
static SSL_CTX *new_ctx(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
    /* an idle connection holds no buffers; writes may be partial, and go on from another place */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return ctx;
}

/* The newest entry of OpenSSL's queue of errors, in its words. */
static const char *library_words(void)
{
    const char *words = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return words ? words : "no reason is given";
}

bool tls_fail(struct buf *why, struct slice file, const char *what, const char *reason,
              const char *right)
{
    const char *words = library_words();
    buf_addf(why, "%.*s: %s (%s); %s\n", SLICE_ARG(file), what, reason ? reason : words, right);
    return false;
}

static bool fits(SSL_CTX *ctx, const char *name)
{
    X509 *certificate = SSL_CTX_get0_certificate(ctx);
    return certificate && X509_check_host(certificate, name, 0, 0, NULL) == 1;
}

static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
    const struct tls_context *c = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    if (!name || fits(c->ssl, name))
        return SSL_TLSEXT_ERR_OK;
    for (size_t i = 0; i < c->others_count; i++)
        if (fits(c->others[i], name)) {
            SSL_set_SSL_CTX(ssl, c->others[i]);
            break;
        }
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_server_ctx(const struct tls_files *f, struct buf *why)
{
    static const unsigned char session_of[] = "candor";
    SSL_CTX *ctx = new_ctx(TLS_server_method());
    if (!ctx) {
        buf_add_str(why, "out of memory\n");
        return NULL;
    }
    /* the same for all: a session may go on with another of our names, certificate and all */
    SSL_CTX_set_session_id_context(ctx, session_of, sizeof(session_of) - 1);
    if (tls_files_load(ctx, f, why))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

struct tls_context *tls_context_new_server(const struct tls_files *files, size_t count,
                                           struct buf *why)
{
    struct tls_context *c = calloc(1, sizeof(*c));
    if (c)
        c->others = calloc(count, sizeof(SSL_CTX *));
    if (!c || !c->others || !(c->ssl = new_server_ctx(&files[0], why))) {
        tls_context_free(c);
        return NULL;
    }
    for (size_t i = 1; i < count; i++) {
        c->others[i - 1] = new_server_ctx(&files[i], why);
        if (!c->others[i - 1]) {
            tls_context_free(c);
            return NULL;
        }
        c->others_count++;
    }
    SSL_CTX_set_tlsext_servername_callback(c->ssl, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(c->ssl, c);
    return c;
}

struct tls_context *tls_context_new_client(void)
{
    struct tls_context *c = calloc(1, sizeof(*c));
    if (c && (c->ssl = new_ctx(TLS_client_method())) && SSL_CTX_dane_enable(c->ssl) == 1) {
        SSL_CTX_set_verify(c->ssl, SSL_VERIFY_NONE, NULL);
        return c;
    }
    tls_context_free(c);
    return NULL;
}

bool tls_context_trust(struct tls_context *c, struct slice authorities, struct buf *why)
{
    bool good = authorities.len ? SSL_CTX_load_verify_file(c->ssl, authorities.at) == 1
                                : SSL_CTX_set_default_verify_paths(c->ssl) == 1;
    if (good)
        return true;
    return tls_fail(why,
                    authorities.len ? authorities : SLICE("the system's certificate authorities"),
                    "no certificate can be read from it", NULL,
                    "right is a PEM file with the certificates of those who are trusted");
}

bool tls_context_show(struct tls_context *c, const struct tls_files *files, struct buf *why)
{
    return tls_files_load(c->ssl, files, why);
}

void tls_context_free(struct tls_context *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->others_count; i++)
        SSL_CTX_free(c->others[i]);
    free(c->others);
    SSL_CTX_free(c->ssl);
    free(c);
}

struct tls *tls_new(const struct tls_context *c, int fd, const struct tls_expect *expect)
{
    struct tls *t = calloc(1, sizeof(*t));
    if (!t || !(t->ssl = SSL_new(c->ssl)) || SSL_set_fd(t->ssl, fd) != 1 ||
        (expect && !tls_prepare(t->ssl, expect))) {
        tls_free(t);
        ERR_clear_error();
        return NULL;
    }
    if (SSL_is_server(t->ssl))
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return t;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    tls_finish(t);
    SSL_free(t->ssl);
    free(t);
}

void tls_finish(struct tls *t)
{
    if (!t->is_open)
        return;
    t->is_open = false;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
}

/* What an error of OpenSSL means to us. */
static enum tls_result result_of(struct tls *t, int returned)
{
    int system_error = errno;
    switch (SSL_get_error(t->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    case SSL_ERROR_SYSCALL:
        t->failure = system_error == ECONNRESET ? "connection reset by peer"
                                                : "the connection broke inside TLS";
        break;
    default:
        t->failure = library_words();
        break;
    }
    t->is_open = false;
    ERR_clear_error();
    return TLS_FAILED;
}

enum tls_result tls_handshake(struct tls *t)
{
    ERR_clear_error();
    int returned = SSL_do_handshake(t->ssl);
    if (returned != 1) {
        enum tls_result result = result_of(t, returned);
        if (result != TLS_ENDED)
            return result;
        t->failure = "the other side ended the TLS handshake";
        return TLS_FAILED;
    }
    t->is_open = true;
    return TLS_DONE;
}

enum tls_result tls_read(struct tls *t, char *at, size_t room, size_t *len_r)
{
    ERR_clear_error();
    int returned = SSL_read_ex(t->ssl, at, room, len_r);
    return returned == 1 ? TLS_DONE : result_of(t, returned);
}

enum tls_result tls_write(struct tls *t, struct slice out, size_t *len_r)
{
    ERR_clear_error();
    int returned = SSL_write_ex(t->ssl, out.at, out.len, len_r);
    return returned == 1 ? TLS_DONE : result_of(t, returned);
}

const char *tls_failure(const struct tls *t)
{
    return t->failure ? t->failure : "TLS failed";
}

bool tls_binding(const struct tls *t, char binding_r[TLS_BINDING])
{
    static const struct slice label = SLICE_INIT("EXPORTER-Channel-Binding");
    return SSL_version(t->ssl) >= TLS1_3_VERSION &&
           SSL_export_keying_material(t->ssl, (unsigned char *)binding_r, TLS_BINDING, label.at,
                                      label.len, NULL, 0, 0) == 1;
}

const char *tls_version(const struct tls *t)
{
    return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
    const char *name = SSL_get_cipher_name(t->ssl);
    return name ? name : "";
}
