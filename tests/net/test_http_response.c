#include "net/http_response.h"

#include "check.h"

static void reads_answers(void **state)
{
    static const struct {
        const char *in;
        enum http_read more, end; /* while more may come, and when not */
        unsigned status;
        const char *type, *body;
    } t[] = {
        {"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
         "2\r\n\r\nab",
         HTTP_DONE, HTTP_DONE, 200, "text/plain", "ab"},
        {"HTTP/1.0 200\r\ncontent-length:2\r\n\r\nabc", HTTP_DONE, HTTP_DONE, 200, "", "ab"},
        {"HTTP/1.0 404 Not Found\r\n\r\n", HTTP_MORE, HTTP_DONE, 404, "", ""},
        {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nab", HTTP_MORE, HTTP_BAD, 0, "", ""},
        {"HTTP/1.0 200 OK\r\nContent-Len", HTTP_MORE, HTTP_BAD, 0, "", ""},
        {"", HTTP_MORE, HTTP_BAD, 0, "", ""},
        {"SSH-2.0\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/2 200\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/1.1 20\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/1.1 200 OK\r\nno field\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", HTTP_BAD, HTTP_BAD, 0, "", ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", HTTP_BAD, HTTP_BAD,
         0, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        struct http_response r;
        assert_int_equal(http_response_read(slice_str(t[i].in), false, &r), t[i].more);
        assert_int_equal(http_response_read(slice_str(t[i].in), true, &r), t[i].end);
        if (t[i].end != HTTP_DONE)
            continue;
        assert_int_equal(r.status, t[i].status);
        assert_slice(r.type, t[i].type);
        assert_slice(r.body, t[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
