/* candor send: hands a message to a mail server; sendmail when called so. */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/load_rules.h"
#include "cli/queue_print.h"
#include "cli/send_message.h"
#include "cli/send_report.h"
#include "cli/send_session.h"
#include "mail/address.h"
#include "system/clock.h"
#include "system/config.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor send [OPTION…] RECIPIENT… < MESSAGE\n"
    "       candor send -t [OPTION…] < MESSAGE\n"
    "\n"
    "Sends a message through a mail server. If that refuses it, says why and what to do, and "
    "exits\n"
    "with a status of sysexits.h: 67 no such mailbox, 68 no such domain, 75 try again later, …\n"
    "\n"
    "  -t                 recipients are in To, Cc and Bcc; Bcc is taken out\n"
    "  -i, -oi            a line that is only a dot does not end the message\n"
    "  -f, -r ADDRESS     the sender; <> for none\n"
    "  -F NAME            the sender's full name, for a From that is missing\n"
    "  -S, --server HOST:PORT\n"
    "                     the server; else the one of the configuration, else 127.0.0.1:25\n"
    "      --config FILE  the configuration; " CONFIG_FILE " when not given\n"
    "  -v                 say so when it was accepted\n"
    "  -bp                show the queue, as mailq does\n"
    "  -h, --help         print this\n"
    "\n"
    "Other options of sendmail are taken and change nothing.\n";

enum { MESSAGE_MAX = 1 << 30, ARENA_MAX = 64 * 1024 * 1024, REPORT_MAX = 1024 * 1024 };
enum { SMTP_PORT = 25, NAME_SIZE = 256 };

struct send_options {
    const char *sender, *full_name, *config;
    struct slice server;
    bool to_header, ignore_dot, is_verbose;
};

struct sending {
    struct send_options options;
    struct arena arena;
    struct buf text, content;
    struct send_recipients recipients;
    struct own_rules rules;
    struct slice rules_folder;
    struct slice hostname;
    struct conf_host_port server;
    struct slice server_text; /* as it was said */
    struct envelope envelope;
};

static int complain(int status, const char *what, struct slice about)
{
    fprintf(stderr, "candor send: %.*s%s%s\n", SLICE_ARG(about), about.len ? ": " : "", what);
    return status;
}

/* --- where to, and who sends --- */

static bool take_server(struct sending *s, struct slice text)
{
    struct ip ip;
    /* an IPv6 address without brackets has no port behind it */
    size_t colon = ip_parse(text, &ip) ? SLICE_NONE : slice_rfind(text, ':');
    struct slice host = slice_head(text, colon);
    s->server.port = SMTP_PORT;
    if (colon != SLICE_NONE && !port_parse(slice_from(text, colon + 1), &s->server.port))
        return false;
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = slice_of(host.at + 1, host.len - 2);
    return host.len > 0 && arena_dup(&s->arena, text, &s->server_text) &&
           arena_dup(&s->arena, host, &s->server.host);
}

/* The first listener; one on all addresses is reached over the loopback. */
static bool take_listener(struct sending *s, const struct config *c)
{
    char storage[ENDPOINT_TEXT];
    struct buf text;
    struct endpoint e = c->listens[0].addresses.at[0];
    static const struct ip any = {.family = IP_V4}, any6 = {.family = IP_V6};
    buf_init_fixed(&text, storage, sizeof(storage));
    if (ip_eq(e.ip, any))
        (void)!ip_parse(SLICE("127.0.0.1"), &e.ip);
    else if (ip_eq(e.ip, any6))
        (void)!ip_parse(SLICE("::1"), &e.ip);
    endpoint_write(&text, e);
    return take_server(s, buf_slice(&text));
}

static int find_server(struct sending *s)
{
    const struct send_options *o = &s->options;
    const char *file = o->config ? o->config : CONFIG_FILE;
    struct config_problems problems;
    char name[NAME_SIZE] = "localhost";
    (void)gethostname(name, sizeof(name) - 1);
    s->hostname = SLICE("localhost");
    s->rules_folder = SLICE(CONFIG_RULES);
    bool is_fine = arena_dup(&s->arena, slice_str(name), &s->hostname);
    config_problems_init(&problems);
    struct config *c = o->config || access(file, R_OK) == 0 ? config_read(file, &problems) : NULL;
    if (c)
        is_fine = arena_dup(&s->arena, c->hostname, &s->hostname) &&
                  arena_dup(&s->arena, c->rules, &s->rules_folder);
    if (o->config && !c)
        is_fine = false;
    else if (o->server.len)
        is_fine = is_fine && take_server(s, o->server);
    else
        is_fine = is_fine && (c ? take_listener(s, c) : take_server(s, SLICE("127.0.0.1")));
    config_free(&c);
    config_problems_free(&problems);
    if (is_fine)
        return EX_OK;
    return o->config
               ? complain(EX_CONFIG, "`candor check -c` says what is wrong with it",
                          slice_str(file))
               : complain(EX_USAGE, "this is no server; right is, for example, mx.example.org:25",
                          o->server);
}

static bool take_sender(struct sending *s)
{
    const char *given = s->options.sender;
    struct slice sender = slice_str(given);
    struct buf address;
    struct address parsed;
    struct err err;
    char storage[ADDRESS_MAX + 1];
    if (given && (sender.len == 0 || slice_eq(sender, SLICE("<>"))))
        return true;
    if (sender.len > 2 && sender.at[0] == '<' && sender.at[sender.len - 1] == '>')
        sender = slice_of(sender.at + 1, sender.len - 2);
    const struct passwd *user = given ? NULL : getpwuid(getuid());
    buf_init_fixed(&address, storage, sizeof(storage));
    buf_add(&address, given ? sender : slice_str(user ? user->pw_name : "nobody"));
    if (slice_find(buf_slice(&address), '@', 0) == SLICE_NONE)
        buf_addf(&address, "@%.*s", SLICE_ARG(s->hostname));
    return !address.failed && address_parse(buf_slice(&address), &parsed, &err) &&
           arena_dup(&s->arena, buf_slice(&address), &s->envelope.sender);
}

/* --- the message --- */

static bool read_text(struct buf *text)
{
    for (;;) {
        char *room = buf_reserve(text, 65536);
        size_t got = room ? fread(room, 1, 65536, stdin) : 0;
        text->len += got;
        if (!room || ferror(stdin))
            return false;
        if (got == 0)
            return true;
    }
}

static int local_zone(int64_t now)
{
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    localtime_r(&seconds, &t);
    return (int)(t.tm_gmtoff / 60);
}

static int prepare(struct sending *s, char **addresses, int count)
{
    const char *what = NULL;
    struct slice bad = SLICE("");
    for (int i = 0; i < count; i++)
        if (!send_recipients_add_list(&s->recipients, &s->arena, slice_str(addresses[i]), &bad,
                                      &what))
            return complain(EX_DATAERR, what, bad);
    if (!take_sender(s))
        return complain(EX_USAGE,
                        "this is no valid sender address; right is, for example, -f me@example.org",
                        slice_str(s->options.sender));
    if (!read_text(&s->text))
        return complain(EX_IOERR, "the message can't be read from standard input", SLICE(""));
    struct send_source source = {.text = buf_slice(&s->text),
                                 .sender = s->envelope.sender,
                                 .full_name = slice_str(s->options.full_name),
                                 .hostname = s->hostname,
                                 .dot_ends = !s->options.ignore_dot,
                                 .to_header = s->options.to_header,
                                 .now = clock_unix_ms()};
    source.zone = local_zone(source.now);
    (void)!getrandom(&source.random, sizeof(source.random), 0);
    if (!send_message_write(&source, &s->arena, &s->content, &s->recipients, &bad, &what))
        return complain(EX_DATAERR, what, bad);
    if (s->recipients.count == 0)
        return complain(EX_USAGE,
                        s->options.to_header ? "To, Cc and Bcc name nobody"
                                             : "who is to get it? name recipients, or use -t",
                        SLICE(""));
    return EX_OK;
}

static bool has_8bit(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return true;
    return false;
}

static void fill_envelope(struct sending *s)
{
    struct envelope *e = &s->envelope;
    e->recipients = s->recipients.at;
    e->count = s->recipients.count;
    e->size = s->content.len;
    e->body = has_8bit(buf_slice(&s->content)) ? BODY_8BITMIME : BODY_7BIT;
    e->smtputf8 = has_8bit(e->sender);
    for (size_t i = 0; i < e->count; i++)
        e->smtputf8 = e->smtputf8 || has_8bit(e->recipients[i].address);
}

/* Read only when something is to be explained. Wrong ones are said, and keep no mail back. */
static const struct rule_tables *rules_for(struct sending *s, const struct outcome *outcomes)
{
    if (send_status_of_all(outcomes, s->envelope.count, NULL) == EX_OK ||
        !load_rules(&s->rules, s->rules_folder, "candor send"))
        return NULL;
    return s->rules.own;
}

static int carry(struct sending *s)
{
    struct outcome *outcomes = arena_array(&s->arena, s->envelope.count, sizeof(*outcomes));
    struct send_job job = {.envelope = &s->envelope,
                           .content = buf_slice(&s->content),
                           .helo = s->hostname,
                           .host = s->server.host,
                           .port = s->server.port,
                           .tls = SMTP_CLIENT_TLS_MAY,
                           .arena = &s->arena,
                           .outcomes = outcomes};
    struct buf report;
    if (!outcomes)
        return complain(EX_OSERR, err_text(ERR_MEMORY), SLICE(""));
    send_carry(&job);
    const struct rule_tables *rules = rules_for(s, outcomes);
    int status = send_status_of_all(outcomes, s->envelope.count, rules);
    buf_init(&report, &heap, REPORT_MAX);
    send_report(&report, &s->envelope, outcomes, s->server_text, rules, &heap, queue_print_width());
    fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&report)));
    buf_free(&report);
    if (status == EX_OK && s->options.is_verbose)
        printf("%.*s: %u %.*s\n", SLICE_ARG(s->server.host), outcomes[0].reply.code,
               SLICE_ARG(outcomes[0].reply.text));
    return status;
}

static int run(const struct send_options *options, char **addresses, int count)
{
    struct sending s = {.options = *options};
    arena_init(&s.arena, &heap, ARENA_MAX);
    buf_init(&s.text, &heap, MESSAGE_MAX);
    buf_init(&s.content, &heap, MESSAGE_MAX);
    own_rules_init(&s.rules);
    s.recipients.at = arena_array(&s.arena, SEND_RECIPIENTS_MAX, sizeof(*s.recipients.at));
    int status =
        s.recipients.at ? find_server(&s) : complain(EX_OSERR, err_text(ERR_MEMORY), SLICE(""));
    if (status == EX_OK)
        status = prepare(&s, addresses, count);
    if (status == EX_OK) {
        fill_envelope(&s);
        status = carry(&s);
    }
    buf_free(&s.text);
    buf_free(&s.content);
    own_rules_free(&s.rules);
    arena_reset(&s.arena);
    return status;
}

/* --- options --- */

enum { OPTION_CONFIG = 256, LEAVE = -1 };

static const struct option long_options[] = {
    {"server", required_argument, NULL, 'S'},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* -bX says what to be: only sending and showing the queue are offered. */
static int take_mode(const char *mode)
{
    if (strcmp(mode, "p") == 0)
        return cmd_mailq(0, NULL);
    if (strcmp(mode, "m") == 0)
        return LEAVE;
    if (strcmp(mode, "i") == 0)
        return EX_OK; /* there is no alias database to build */
    fprintf(stderr, "candor send: -b%s is not offered; `candor serve` is the server\n", mode);
    return EX_USAGE;
}

/* LEAVE: go on; else the exit status. */
static int take_option(struct send_options *o, int option)
{
    switch (option) {
    case 't':
        o->to_header = true;
        return LEAVE;
    case 'i':
        o->ignore_dot = true;
        return LEAVE;
    case 'o':
        o->ignore_dot = o->ignore_dot || strcmp(optarg, "i") == 0;
        return LEAVE;
    case 'f':
    case 'r':
        o->sender = optarg;
        return LEAVE;
    case 'F':
        o->full_name = optarg;
        return LEAVE;
    case 'S':
        o->server = slice_str(optarg);
        return LEAVE;
    case OPTION_CONFIG:
        o->config = optarg;
        return LEAVE;
    case 'v':
        o->is_verbose = true;
        return LEAVE;
    case 'b':
        return take_mode(optarg);
    case 'h':
        fputs(usage, stdout);
        return EX_OK;
    case '?':
        fputs(usage, stderr);
        return EX_USAGE;
    default:
        return LEAVE;
    }
}

int cmd_send(int argc, char **argv)
{
    struct send_options o = {0};
    int option;
    while ((option = getopt_long(argc, argv, "A:B:b:C:d:F:f:GhiL:mN:no:O:p:R:r:S:tUV:vX:",
                                 long_options, NULL)) != -1) {
        int status = take_option(&o, option);
        if (status != LEAVE)
            return status;
    }
    return run(&o, argv + optind, argc - optind);
}

int cmd_sendmail(int argc, char **argv)
{
    return cmd_send(argc, argv);
}
