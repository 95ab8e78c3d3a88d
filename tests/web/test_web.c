#include "web/web.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "system/heap.h"

static const struct control_backend backend = {0};

struct served {
    struct event_base *base;
    struct web *web;
    pthread_t thread;
};

static void *run_loop(void *ctx)
{
    struct served *s = ctx;
    event_base_loop(s->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static void stop(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(((struct served *)ctx)->base);
}

static struct event *stopper;
static int stop_pipe[2];

static int set_up(void **state)
{
    static struct served s;
    struct endpoint any = {.port = 0};
    const char *why = NULL;
    assert_true(ip_parse(SLICE("127.0.0.1"), &any.ip));
    s.base = event_base_new();
    assert_int_equal(pipe(stop_pipe), 0);
    stopper = event_new(s.base, stop_pipe[0], EV_READ, stop, &s);
    assert_int_equal(event_add(stopper, NULL), 0);
    s.web = web_start(s.base, any, &backend, &heap, &why);
    if (!s.web)
        fail_msg("%s", why);
    *state = &s;
    return pthread_create(&s.thread, NULL, run_loop, &s);
}

static int tear_down(void **state)
{
    struct served *s = *state;
    assert_int_equal(write(stop_pipe[1], "x", 1), 1);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    web_stop(&s->web);
    assert_null(s->web);
    event_free(stopper);
    event_base_free(s->base);
    return close(stop_pipe[0]) | close(stop_pipe[1]);
}

/* Sends a request as it is and reads until the server closes. */
static const char *exchange(const struct served *s, const char *request)
{
    static char answer[65536];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(web_port(s->web))};
    size_t len = 0;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (ssize_t got; (got = recv(fd, answer + len, sizeof(answer) - 1 - len, 0)) > 0;)
        len += (size_t)got;
    answer[len] = '\0';
    close(fd);
    return answer;
}

#define ASK(method, path, host)                                                                    \
    method " " path " HTTP/1.1\r\nHost: " host "\r\nConnection: close\r\n\r\n"

static void answers_as_it_should(void **state)
{
    static const struct {
        const char *name, *request, *status, *holds;
    } cases[] = {
        {"the page", ASK("GET", "/", "127.0.0.1:8025"), "200", "<title>Candor"},
        {"the script", ASK("GET", "/page.js", "localhost"), "200", "text/javascript"},
        {"the style", ASK("GET", "/page.css", "[::1]:8025"), "200", "text/css"},
        {"nothing from elsewhere", ASK("GET", "/", "127.0.0.1"), "200", "default-src 'none'"},
        {"an explanation", ASK("GET", "/api/explain?text=550+5.1.1+User%20unknown", "127.0.0.1"),
         "200", "\"cause\":\"no_such_recipient\""},
        {"bytes that are no UTF-8",
         ASK("GET", "/api/explain?text=550+%ff%3Cscript%3E", "127.0.0.1"), "200", "\"ok\":true"},
        {"several replies",
         ASK("GET", "/api/explain?text=550+5.1.1+unknown%0A452+4.2.2+full", "127.0.0.1"), "200",
         "\"line\":2"},
        {"a long text",
         "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
         "Content-Length: 17\r\n\r\n550 5.1.1 unknown",
         "200", "\"cause\":\"no_such_recipient\""},
        {"a long text that is empty",
         "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
         "Content-Length: 0\r\n\r\n",
         "400", "no text"},
        {"a text that is too long",
         "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
         "Content-Length: 262145\r\n\r\n",
         "413", ""},
        {"a text for the page itself",
         "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
         "Content-Length: 3\r\n\r\n550",
         "405", "\"ok\":false"},
        {"a text from a page elsewhere",
         "POST /api/explain HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n"
         "Content-Length: 3\r\n\r\n550",
         "421", "by its address"},
        {"no text", ASK("GET", "/api/explain?text=", "127.0.0.1"), "400", "no text"},
        {"no query", ASK("GET", "/api/explain", "127.0.0.1"), "400", "\"ok\":false"},
        {"a path that is not there", ASK("GET", "/../etc/passwd", "127.0.0.1"), "404",
         "\"ok\":false"},
        {"another name leads here", ASK("GET", "/api/explain?text=550", "evil.example"), "421",
         "by its address"},
        {"no Host at all", "GET / HTTP/1.0\r\n\r\n", "421", "by its address"},
        {"a method that changes", ASK("DELETE", "/", "127.0.0.1"), "501", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *answer = exchange(*state, cases[i].request);
        if (strncmp(answer + strlen("HTTP/1.x "), cases[i].status, 3) != 0 ||
            !strstr(answer, cases[i].holds))
            fail_msg("%s: %.300s", cases[i].name, answer);
    }
}

static void head_has_the_length_and_no_body(void **state)
{
    const char *answer = exchange(*state, ASK("HEAD", "/", "127.0.0.1"));
    const char *end = strstr(answer, "\r\n\r\n");
    assert_non_null(strstr(answer, "Content-Length: "));
    assert_null(strstr(answer, "Content-Length: 0\r\n"));
    assert_non_null(end);
    assert_string_equal(end, "\r\n\r\n");
}

static void knows_its_own_names(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is_ours;
    } cases[] = {
        {"127.0.0.1", true},
        {"127.0.0.1:8025", true},
        {"[::1]:8025", true},
        {"[::1]", true},
        {"localhost", true},
        {"LOCALHOST:1", true},
        {"192.0.2.1", true},
        {"", false},
        {"evil.example", false},
        {"localhost.evil.example", false},
        {"127.0.0.1.evil.example:80", false},
        {"::1", false},
        {"[evil]", false},
        {":80", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (web_host_is_ours(slice_str(cases[i].host)) != cases[i].is_ours)
            fail_msg("%s", cases[i].host);
}

static void says_why_it_can_not_listen(void **state)
{
    const struct served *s = *state;
    const char *why = NULL;
    struct endpoint taken = {.port = web_port(s->web)};
    assert_true(ip_parse(SLICE("127.0.0.1"), &taken.ip));
    assert_null(web_start(s->base, taken, &backend, &heap, &why));
    assert_string_equal(why, "Address already in use");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_as_it_should),
        CASE(head_has_the_length_and_no_body),
        CASE(says_why_it_can_not_listen),
        cmocka_unit_test(knows_its_own_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
