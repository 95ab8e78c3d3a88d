/* How fast a Postfix log is read, of one core's time, from memory: bench_logs [-m MIB] [-d] [-w].
 * The log is made up of what a busy relay writes: eight lines for a message that goes well, and of
 * a hundred messages two that bounce, four that are put off, and three clients that are refused.
 * With -d each event is diagnosed too; -w writes the log to standard output instead. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "logs/log_reader.h"
#include "system/heap.h"

enum { MIB = 1024 * 1024, WINDOW = 256 * 1024 };

static unsigned random_state = 1;

static unsigned random_below(unsigned n)
{
    random_state = random_state * 1103515245U + 12345U;
    return (random_state >> 16) % n;
}

static void add_time(struct buf *log, unsigned seconds, const char *program)
{
    buf_addf(log, "Nov %2u %02u:%02u:%02u mx1 postfix/%s[%u]: ", 1 + seconds / 86400 % 28,
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, program,
             1000 + random_below(30000));
}

static const char *const said[] = {
    "dsn=5.1.1, status=bounced (host mx%u.example.org[192.0.2.1] said: 550 5.1.1 The email account "
    "that you tried to reach does not exist. Please try double-checking the recipient's email "
    "address for typos or unnecessary spaces. (in reply to RCPT TO command))",
    "dsn=5.7.1, status=bounced (host mx%u.example.org[192.0.2.1] said: 554 5.7.1 Message rejected "
    "as spam by Content Filtering. (in reply to end of DATA command))",
    "dsn=4.2.2, status=deferred (host mx%u.example.org[192.0.2.1] said: 452 4.2.2 The email "
    "account "
    "is over quota (in reply to RCPT TO command))",
    "dsn=4.7.1, status=deferred (host mx%u.example.org[192.0.2.1] said: 450 4.7.1 Greylisted, "
    "please "
    "try again in 300 seconds (in reply to RCPT TO command))",
    "dsn=4.4.1, status=deferred (connect to mx%u.example.org[192.0.2.1]:25: Connection timed out)",
    "dsn=4.7.0, status=deferred (host mx%u.example.org[192.0.2.1] refused to talk to me: 421 4.7.0 "
    "Try again later, too many connections)",
};

static void add_delivery(struct buf *log, unsigned number, unsigned seconds)
{
    char text[512];
    unsigned luck = random_below(100), host = random_below(50);
    add_time(log, seconds, "smtp");
    buf_addf(log,
             "4X%08X: to=<user%u@example%u.org>, relay=mx%u.example.org[192.0.2.%u]:25, "
             "delay=1.3, delays=0.06/0.01/0.9/0.33, ",
             number, random_below(100000), host, host, host);
    /* the words are a format of this file's own */
    const char *words = luck < 2 ? said[luck] : luck < 6 ? said[luck] : NULL;
    if (words) {
        struct slice before = slice_str(words);
        size_t at = slice_find_slice(before, SLICE("%u"), 0);
        snprintf(text, sizeof(text), "%.*s%u%s\n", (int)at, words, host, words + at + 2);
        buf_add_str(log, text);
    } else {
        buf_addf(log, "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Y%08X)\n", number);
    }
}

static void add_message(struct buf *log, unsigned number)
{
    unsigned seconds = number / 40;
    add_time(log, seconds, "smtpd");
    buf_addf(log, "connect from mail%u.example.net[198.51.100.%u]\n", number % 500, number % 250);
    add_time(log, seconds, "smtpd");
    if (random_below(100) < 3) {
        buf_addf(log,
                 "NOQUEUE: reject: RCPT from unknown[203.0.113.%u]: 554 5.7.1 Service unavailable; "
                 "Client host [203.0.113.%u] blocked using zen.spamhaus.org; "
                 "https://www.spamhaus.org/query/ip/203.0.113.%u; from=<a%u@example.com> "
                 "to=<user@example.net> proto=ESMTP helo=<mail>\n",
                 number % 250, number % 250, number % 250, number);
        return;
    }
    buf_addf(log, "4X%08X: client=mail%u.example.net[198.51.100.%u]\n", number, number % 500,
             number % 250);
    add_time(log, seconds, "cleanup");
    buf_addf(log, "4X%08X: message-id=<20261123.%u.%u@mail%u.example.net>\n", number, number,
             random_below(100000), number % 500);
    add_time(log, seconds, "qmgr");
    buf_addf(log, "4X%08X: from=<sender%u@example.net>, size=%u, nrcpt=1 (queue active)\n", number,
             random_below(100000), 1000 + random_below(100000));
    add_time(log, seconds, "smtpd");
    buf_addf(log,
             "disconnect from mail%u.example.net[198.51.100.%u] ehlo=2 starttls=1 mail=1 rcpt=1 "
             "data=1 quit=1 commands=7\n",
             number % 500, number % 250);
    add_time(log, seconds, "smtp");
    buf_addf(log,
             "Untrusted TLS connection established to mx%u.example.org[192.0.2.1]:25: TLSv1.3 with "
             "cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n",
             number % 50);
    add_delivery(log, number, seconds);
    add_time(log, seconds, "qmgr");
    buf_addf(log, "4X%08X: removed\n", number);
}

struct seen {
    uint64_t events, lines, delivered, causes;
};

static void read_log(struct slice log, bool diagnoses, struct seen *seen)
{
    struct log_reader r;
    struct log_event e;
    const struct log_clock clock = {.now = 1795762800000};
    struct slice window = slice_head(log, 0);
    if (!log_reader_init(&r, log_recognise(slice_head(log, WINDOW)), &clock, &heap))
        exit(1);
    for (enum log_found found = LOG_MORE; found != LOG_END;) {
        size_t left = log.len - (size_t)(window.at - log.at) - window.len;
        found = log_next(&r, &window, left == 0, &e);
        if (found == LOG_MORE)
            window.len += left < WINDOW ? left : WINDOW;
        if (found != LOG_EVENT)
            continue;
        seen->events++;
        struct diagnosis d = {.cause = CAUSE_UNKNOWN};
        if (diagnoses)
            diagnose(&e.in, &d);
        seen->causes += d.cause != CAUSE_UNKNOWN;
    }
    seen->lines += r.line;
    seen->delivered += r.delivered;
    log_reader_free(&r);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    uint32_t mib = 256;
    bool diagnoses = false, write_log = false;
    for (int option; (option = getopt(argc, argv, "m:dw")) != -1;) {
        diagnoses |= option == 'd';
        write_log |= option == 'w';
        if (option == '?' || (option == 'm' && !slice_u32(slice_str(optarg), &mib)))
            return fputs("usage: bench_logs [-m MIB] [-d] [-w]\n", stderr), 64;
    }
    struct buf log;
    struct seen seen = {0};
    struct rusage usage;
    buf_init(&log, &heap, ((size_t)mib + 1) * MIB);
    for (unsigned i = 0; log.len < (size_t)mib * MIB; i++)
        add_message(&log, i);
    if (write_log)
        return fwrite(log.at, 1, log.len, stdout) == log.len ? 0 : 74;
    getrusage(RUSAGE_SELF, &usage);
    long before = usage.ru_maxrss;
    double best = 1e9;
    for (int round = 0; round < 3; round++) {
        seen = (struct seen){0};
        double begun = cpu_seconds();
        read_log(buf_slice(&log), diagnoses, &seen);
        double took = cpu_seconds() - begun;
        best = took < best ? took : best;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%.0f MB/s, %.2f million lines/s, %.2f million events/s%s\n"
           "%llu lines, %llu events (%llu with a cause), %llu deliveries; %ld MiB beside the log\n",
           (double)log.len / 1e6 / best, (double)seen.lines / 1e6 / best,
           (double)seen.events / 1e6 / best, diagnoses ? ", diagnosed" : "",
           (unsigned long long)seen.lines, (unsigned long long)seen.events,
           (unsigned long long)seen.causes, (unsigned long long)seen.delivered,
           (usage.ru_maxrss - before) / 1024);
    buf_free(&log);
    return 0;
}
