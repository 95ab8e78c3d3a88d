/* The server session alone, without network and disk: MB/s of content, and sessions and messages a
 * second. One thread. */
#include <stdio.h>

#include "smtp/server/content.h"
#include "smtp/server/server_session.h"
#include "system/clock.h"
#include "system/heap.h"

enum { PIECE = 4096, MIB = 1 << 20, ROUNDS = 200, SESSIONS = 100000, MESSAGES = 10 };

static const struct smtp_server_options options = {
    .hostname = SLICE_INIT("mx.example.org"),
    .recipients_max = 100,
    .errors_max = 20,
    .hops_max = 50,
    .command_timeout = 300000,
    .data_timeout = 180000,
};

static const enum situation verdicts[] = {
    [SMTP_EVENT_CONNECT] = SITUATION_GREETING,     [SMTP_EVENT_MAIL] = SITUATION_MAIL_OK,
    [SMTP_EVENT_RCPT] = SITUATION_RCPT_OK,         [SMTP_EVENT_DATA] = SITUATION_DATA_GO_AHEAD,
    [SMTP_EVENT_END_OF_DATA] = SITUATION_ACCEPTED, [SMTP_EVENT_HELP] = SITUATION_HELP_UNKNOWN,
};

static uint64_t body_bytes;

static void drain(struct smtp_server *s)
{
    struct smtp_event e;
    while (smtp_server_next(s, &e)) {
        body_bytes += e.kind == SMTP_EVENT_BODY ? e.text.len : 0;
        if (!e.ticket)
            continue;
        struct reply r = reply_plain(verdicts[e.kind]);
        smtp_server_answer(s, e.ticket, &r);
    }
    smtp_server_sent(s, smtp_server_output(s).len);
}

static void feed(struct smtp_server *s, struct slice in)
{
    while (in.len) {
        in = slice_from(in, smtp_server_feed(s, in, 0));
        drain(s);
    }
}

static double seconds_since(int64_t begin)
{
    return (double)(clock_monotonic_ms() - begin) / 1e3;
}

/* `line` bytes a line, CR LF included; every `dotted`-th begins with a stuffed dot. */
static void fill(char *at, size_t len, size_t line, size_t dotted)
{
    for (size_t i = 0; i < len; i++) {
        size_t column = i % line;
        at[i] = column == line - 2 ? '\r' : column == line - 1 ? '\n' : 'x';
        if (dotted && (i / line) % dotted == 0 && column < 2)
            at[i] = '.';
    }
}

static void measure_content(const char *name, size_t line, size_t dotted)
{
    static char content[MIB];
    size_t len = sizeof(content) / line * line;
    struct smtp_server *s = smtp_server_new(&heap, &options, 0);
    fill(content, len, line, dotted);
    drain(s);
    feed(s, SLICE("EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"));
    int64_t begin = clock_monotonic_ms();
    for (int i = 0; i < ROUNDS; i++)
        for (size_t at = 0; at < len; at += PIECE)
            feed(s, slice_head(slice_of(content + at, len - at), PIECE));
    double seconds = seconds_since(begin);
    printf("content, %s: %.0f MB/s\n", name, (double)len * ROUNDS / seconds / 1e6);
    smtp_server_free(&s);
}

static void measure_sessions(void)
{
    int64_t begin = clock_monotonic_ms();
    for (int i = 0; i < SESSIONS; i++) {
        struct smtp_server *s = smtp_server_new(&heap, &options, 0);
        drain(s);
        feed(s, SLICE("EHLO client.example\r\n"));
        for (int m = 0; m < MESSAGES; m++)
            feed(s, SLICE("MAIL FROM:<sender@example.com> SIZE=100\r\n"
                          "RCPT TO:<recipient@example.org>\r\nDATA\r\n"
                          "Subject: x\r\n\r\nshort\r\n.\r\n"));
        feed(s, SLICE("QUIT\r\n"));
        smtp_server_free(&s);
    }
    double seconds = seconds_since(begin);
    printf("sessions of %d messages: %.0f/s, %.0f messages/s\n", MESSAGES, SESSIONS / seconds,
           (double)SESSIONS * MESSAGES / seconds);
}

int main(void)
{
    measure_content("lines of 78", 78, 0);
    measure_content("lines of 78, one in 10 with a dot", 78, 10);
    measure_content("lines of 30", 30, 0);
    measure_content("lines of 998", 998, 0);
    measure_sessions();
    printf("(%.1f GB of bodies told)\n", (double)body_bytes / 1e9);
    return 0;
}
