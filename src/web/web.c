#include "web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>

#include "base/json.h"
#include "web/page_files.h"

enum { HEADERS_MAX = 64 * 1024, BODY_MAX = 256 * 1024, TIMEOUT_SECONDS = 30, NOT_OURS = 421 };

struct web {
    struct evhttp *http;
    const struct control_backend *backend;
    const struct mem *mem;
    uint16_t port;
};

/* Nothing from elsewhere, no inline script, in no frame; the page needs no more. */
static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-cache"},
};

static void add_header(struct evhttp_request *request, const char *name, const char *value)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

static void answer(struct evhttp_request *request, int status, const char *type, struct slice body)
{
    char length[24];
    struct buf text;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        add_header(request, headers[i][0], headers[i][1]);
    add_header(request, "Content-Type", type);
    buf_init_fixed(&text, length, sizeof(length));
    buf_add_u64(&text, body.len);
    buf_add_char(&text, '\0');
    add_header(request, "Content-Length", length);
    struct evbuffer *out = evhttp_request_get_output_buffer(request);
    if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
        (void)evbuffer_add(out, body.at, body.len);
    evhttp_send_reply(request, status, NULL, NULL);
}

static void refuse(struct evhttp_request *request, int status, const char *words)
{
    char storage[300];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    struct json j = json_to(&text);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", false);
    json_put_string(&j, "error", slice_str(words));
    json_end_object(&j);
    buf_add_char(&text, '\n');
    answer(request, status, "application/json", buf_slice(&text));
}

bool web_host_is_ours(struct slice host)
{
    struct ip ip;
    size_t colon = slice_rfind(host, ':'), bracket = slice_rfind(host, ']');
    if (colon != SLICE_NONE && (bracket == SLICE_NONE || colon > bracket))
        host = slice_head(host, colon);
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        return ip_parse(slice_of(host.at + 1, host.len - 2), &ip);
    bool is_v4 = slice_find(host, ':', 0) == SLICE_NONE && ip_parse(host, &ip);
    return is_v4 || slice_ieq(host, SLICE("localhost"));
}

/* --- the API --- */

static int64_t unix_ms(void)
{
    struct timeval now;
    (void)evutil_gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void answer_explanation(struct web *w, struct evhttp_request *request, struct slice text)
{
    struct buf answered;
    buf_init(&answered, w->mem, CONTROL_ANSWER_MAX);
    control_explain(text, w->backend, unix_ms(), w->mem, &answered);
    if (answered.failed)
        refuse(request, HTTP_ENTITYTOOLARGE,
               "This text is too long; paste the part with the error.");
    else
        answer(request, HTTP_OK, "application/json", buf_slice(&answered));
    buf_free(&answered);
}

/* A text that is too long for an address comes as the body. */
static void handle_long_text(struct web *w, struct evhttp_request *request)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(body);
    const unsigned char *bytes = len ? evbuffer_pullup(body, -1) : NULL;
    if (bytes)
        answer_explanation(w, request, slice_of((const char *)bytes, len));
    else
        refuse(request, HTTP_BADREQUEST, "There is no text to explain: it stands in the body");
}

static void handle_explain(struct evhttp_request *request, void *ctx)
{
    struct evkeyvalq query = {0};
    if (evhttp_request_get_command(request) == EVHTTP_REQ_POST) {
        handle_long_text(ctx, request);
        return;
    }
    const char *words = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    if (!words || evhttp_parse_query_str(words, &query) != 0) {
        refuse(request, HTTP_BADREQUEST, "Ask as /api/explain?text=550+5.1.1+…");
        return;
    }
    const char *text = evhttp_find_header(&query, "text");
    if (text && *text)
        answer_explanation(ctx, request, slice_str(text));
    else
        refuse(request, HTTP_BADREQUEST,
               "There is no text to explain: /api/explain?text=550+5.1.1+…");
    evhttp_clear_headers(&query);
}

/* --- the page --- */

static void handle_file(struct evhttp_request *request, const char *path)
{
    for (const struct page_file *f = page_files; f->path; f++)
        if (strcmp(f->path, path) == 0) {
            answer(request, HTTP_OK, f->type, slice_of((const char *)f->bytes, f->len));
            return;
        }
    refuse(request, HTTP_NOTFOUND, "There is nothing here; the page is at /");
}

static void handle(struct evhttp_request *request, void *ctx)
{
    const char *host = evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    if (!host || !web_host_is_ours(slice_str(host)))
        refuse(request, NOT_OURS,
               "Reach this page by its address, for example http://127.0.0.1:8025/");
    else if (path && strcmp(path, "/api/explain") == 0)
        handle_explain(request, ctx);
    else if (evhttp_request_get_command(request) == EVHTTP_REQ_POST)
        refuse(request, HTTP_BADMETHOD, "Only /api/explain takes a text");
    else
        handle_file(request, path && *path ? path : "/");
}

/* --- life --- */

static uint16_t port_of(struct evhttp_bound_socket *bound)
{
    struct sockaddr_in6 address = {0}; /* a sockaddr_in has its port in the same place */
    socklen_t len = sizeof(address);
    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin6_port);
}

static bool listen_at(struct web *w, struct endpoint address, const char **why)
{
    char text[IP_TEXT];
    struct buf ip;
    buf_init_fixed(&ip, text, sizeof(text) - 1);
    ip_write(&ip, address.ip);
    text[ip.len] = '\0';
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(w->http, text, address.port);
    if (!bound) {
        *why = strerror(errno);
        return false;
    }
    w->port = port_of(bound);
    return true;
}

struct web *web_start(struct event_base *base, struct endpoint address,
                      const struct control_backend *backend, const struct mem *mem,
                      const char **why)
{
    struct web *w = mem_take(mem, sizeof(*w));
    *why = "out of memory";
    if (!w)
        return NULL;
    *w = (struct web){.backend = backend, .mem = mem, .http = evhttp_new(base)};
    if (!w->http || !listen_at(w, address, why)) {
        web_stop(&w);
        return NULL;
    }
    evhttp_set_allowed_methods(w->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
    evhttp_set_max_headers_size(w->http, HEADERS_MAX);
    evhttp_set_max_body_size(w->http, BODY_MAX);
    evhttp_set_timeout(w->http, TIMEOUT_SECONDS);
    evhttp_set_gencb(w->http, handle, w);
    return w;
}

uint16_t web_port(const struct web *w)
{
    return w->port;
}

void web_stop(struct web **w)
{
    if (!*w)
        return;
    if ((*w)->http)
        evhttp_free((*w)->http);
    mem_give((*w)->mem, *w, sizeof(**w));
    *w = NULL;
}
