/* candor probe: goes the way that mail would go, and tells what it finds. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/ip.h"
#include "cli/command.h"
#include "cli/load_rules.h"
#include "cli/probe_show.h"
#include "cli/probe_way.h"
#include "cli/send_report.h"
#include "cli/terminal.h"
#include "cli/words.h"
#include "dns/idn.h"
#include "mail/address.h"
#include "mail/date.h"
#include "system/clock.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor probe [OPTION…] ADDRESS|DOMAIN|HOST\n"
    "\n"
    "Goes the way that mail would go, and shows each step: DNS, DANE, MTA-STS, the connection,\n"
    "TLS with its certificate, what the server says to MAIL and RCPT. Nothing is sent unless\n"
    "--data says so. What is wrong is explained.\n"
    "\n"
    "  ADDRESS            the mailbox is asked for\n"
    "  DOMAIN             its postmaster is asked for\n"
    "  HOST               a server, as HOST:PORT, an address or [ADDRESS]:PORT; nobody is asked\n"
    "                     for\n"
    "\n"
    "  -f, --from ADDRESS the sender; <> for none. Else postmaster at the name of this server\n"
    "      --helo NAME    how we call ourselves; else the hostname of the configuration\n"
    "      --direct       to the domain itself, also where this server uses a smarthost\n"
    "      --data         sends a short message, which says what it is\n"
    "      --timeout S    seconds that an answer may take; 30\n"
    "      --json         one JSON object\n"
    "      --color WHEN   auto, always or never\n"
    "  -c, --config FILE  the configuration; " CONFIG_FILE " when not given\n"
    "  -h, --help         print this\n"
    "\n"
    "The exit status is 0 if mail gets there, else one of sysexits.h, as candor send has it.\n";

enum { ARENA_MAX = 16 * 1024 * 1024, OUTPUT_MAX = 4 * 1024 * 1024, TEXT_MAX = 1024 };
enum { TIMEOUT = 30, TIMEOUT_MOST = 600, SECOND = 1000, NAME_SIZE = 256 };
/* A resolver that takes longer has failed. */
enum { DNS_TIMEOUT_MOST = 10 };

/* Where Debian keeps the keys of the DNS root. */
#define ROOT_KEY "/usr/share/dns/root.key"

struct options {
    const char *sender, *helo, *config;
    bool has_data, is_direct, is_json;
    enum terminal_color color;
    uint32_t timeout;
};

struct probing {
    struct options options;
    struct arena arena;
    struct config *config;
    struct own_rules rules;
    struct places places;
    struct probe_question question;
};

static int complain(int status, const char *what, struct slice about)
{
    fputs("candor probe: ", stderr);
    words_print(stderr, about);
    fprintf(stderr, "%s%s\n", about.len ? ": " : "", what);
    return status;
}

/* ---- configuration ---- */

/* Without a file: what holds where nothing is said, and the name of this machine. */
static struct config *usual_config(struct config_problems *problems)
{
    char name[NAME_SIZE] = "localhost", text[TEXT_MAX];
    struct buf out;
    (void)gethostname(name, sizeof(name) - 1);
    buf_init_fixed(&out, text, sizeof(text));
    buf_addf(&out,
             "hostname = \"%s\"\nlisten mx { address = \"127.0.0.1:25\" }\n"
             "domain %s { mailboxes = \"/etc/candor/mailboxes\" }\n",
             name, name);
    if (access(ROOT_KEY, R_OK) == 0)
        buf_add_str(&out, "resolver { trust-anchor = \"" ROOT_KEY "\" }\n");
    return config_parse(buf_slice(&out), "the usual configuration", problems);
}

static int read_config(struct probing *p)
{
    const char *file = p->options.config ? p->options.config : CONFIG_FILE;
    struct config_problems problems;
    struct buf text;
    config_problems_init(&problems);
    bool has_file = p->options.config || access(file, R_OK) == 0;
    p->config = has_file ? config_read(file, &problems) : usual_config(&problems);
    buf_init(&text, &heap, OUTPUT_MAX);
    config_problems_write(&problems, &text);
    if (!p->config)
        fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&text)));
    buf_free(&text);
    config_problems_free(&problems);
    return p->config ? EX_OK : EX_CONFIG;
}

/* ---- what is asked ---- */

/* `mx.example.org:25`, `192.0.2.1`, `[2001:db8::1]:25`; a name alone is a domain. */
static bool is_host(struct slice text)
{
    struct ip ip;
    uint16_t port;
    size_t colon = slice_rfind(text, ':');
    return ip_parse(text, &ip) || (text.len && text.at[0] == '[') ||
           (colon != SLICE_NONE && port_parse(slice_from(text, colon + 1), &port));
}

/* In ASCII and in lower case, without a dot at the end, as the server has names. */
static bool take_domain(struct probing *p, struct slice text)
{
    char storage[NAME_SIZE];
    struct buf name;
    if (text.len > 1 && text.at[text.len - 1] == '.')
        text.len--;
    buf_init_fixed(&name, storage, sizeof(storage));
    if (!idn_add_domain(&name, text))
        return false;
    for (size_t i = 0; i < name.len; i++)
        storage[i] = ascii_lower(storage[i]);
    if (!arena_dup(&p->arena, buf_slice(&name), &p->question.domain))
        return false;
    return p->question.is_host || domain_is_valid(p->question.domain);
}

static bool make_address(struct probing *p, const char *local, struct slice domain,
                         struct slice *address_r)
{
    char storage[ADDRESS_MAX + 1];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    buf_addf(&out, "%s@%.*s", local, SLICE_ARG(domain));
    return !out.failed && arena_dup(&p->arena, buf_slice(&out), address_r);
}

static bool take_recipient(struct probing *p, struct slice text)
{
    char storage[ADDRESS_MAX + 1];
    struct buf address;
    buf_init_fixed(&address, storage, sizeof(storage));
    return (slice_is_ascii(text) || idn_add_address(&address, text)) &&
           arena_dup(&p->arena, address.len ? buf_slice(&address) : text, &p->question.recipient);
}

static int take_target(struct probing *p, const char *word)
{
    struct slice text = slice_str(word);
    struct address parsed;
    struct err err = {0};
    bool is_address = slice_find(text, '@', 0) != SLICE_NONE;
    if (is_address && !address_parse(text, &parsed, &err))
        return complain(EX_USAGE, err.what, text);
    p->question.is_host = is_address ? parsed.is_literal : is_host(text);
    if (!take_domain(p, is_address ? parsed.domain : text))
        return complain(EX_USAGE, "this is neither an address nor a domain nor a host", text);
    if (is_address ? !take_recipient(p, text)
                   : !p->question.is_host &&
                         !make_address(p, "postmaster", p->question.domain, &p->question.recipient))
        return complain(EX_USAGE, "the name is too long", text);
    return EX_OK;
}

static int take_sender(struct probing *p)
{
    struct slice given = slice_str(p->options.sender);
    struct address parsed;
    struct err err = {0};
    if (!p->options.sender)
        return make_address(p, "postmaster", p->question.helo, &p->question.sender)
                   ? EX_OK
                   : complain(EX_CONFIG, "the hostname is too long", p->question.helo);
    if (given.len && given.at[0] == '<' && given.at[given.len - 1] == '>')
        given = slice_of(given.at + 1, given.len - 2);
    if (given.len && !address_parse(given, &parsed, &err))
        return complain(EX_USAGE, err.what, given);
    p->question.sender = given;
    return EX_OK;
}

/* It says what it is: whoever finds it in his mailbox should not wonder. */
static bool write_message(struct probing *p)
{
    char storage[2 * TEXT_MAX];
    const struct probe_question *q = &p->question;
    int64_t now = clock_unix_ms();
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    buf_addf(&out,
             "From: <%.*s>\r\nTo: <%.*s>\r\nSubject: Test of the way to this mailbox\r\nDate: ",
             SLICE_ARG(q->sender.len ? q->sender : SLICE("postmaster@localhost")),
             SLICE_ARG(q->recipient));
    date_write_5322(&out, now, 0);
    buf_addf(&out,
             "\r\nMessage-ID: <probe.%lld.%ld@%.*s>\r\nAuto-Submitted: auto-generated\r\n\r\n"
             "This message was sent by `candor probe --data`, to see whether mail gets here.\r\n"
             "There is nothing to do.\r\n",
             (long long)now, (long)getpid(), SLICE_ARG(q->helo));
    return !out.failed && arena_dup(&p->arena, buf_slice(&out), &p->question.content);
}

static int ask(struct probing *p, const char *target)
{
    struct probe_question *q = &p->question;
    int64_t timeout = p->options.timeout;
    q->config = p->config;
    q->helo = p->options.helo ? slice_str(p->options.helo) : p->config->hostname;
    q->reply_timeout = timeout * SECOND;
    q->dns_timeout = (timeout < DNS_TIMEOUT_MOST ? timeout : DNS_TIMEOUT_MOST) * SECOND;
    if (!domain_is_valid(q->helo))
        return complain(
            EX_USAGE, "this is no name of a host; right is, for example, mx.example.org", q->helo);
    int status = take_target(p, target);
    if (status == EX_OK)
        status = take_sender(p);
    if (status == EX_OK && p->options.has_data && q->recipient.len == 0)
        return complain(EX_USAGE, "--data needs an address to send to", SLICE(""));
    if (status == EX_OK && p->options.has_data && !write_message(p))
        return complain(EX_USAGE, "the addresses are too long", SLICE(""));
    return status;
}

/* ---- what is told ---- */

static int show(struct probing *p, const struct finding *root, const struct probe_verdict *verdict)
{
    struct explain_style style = {.color = terminal_uses_color(p->options.color),
                                  .width = terminal_width()};
    struct probe_shown shown = {.root = root,
                                .verdict = verdict,
                                .rules = p->question.rules,
                                .recipient = p->question.recipient,
                                .is_sent = p->options.has_data};
    struct buf out;
    buf_init(&out, &heap, OUTPUT_MAX);
    if (p->options.is_json)
        probe_write_json(&out, &shown);
    else
        probe_write_text(&out, &shown, &style);
    bool good = fwrite(out.at, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_free(&out);
    if (!good)
        return complain(EX_IOERR, "the output can't be written", SLICE(""));
    return verdict->has_arrived ? EX_OK : send_status(&verdict->outcome, p->question.rules);
}

static int probe(struct probing *p)
{
    struct probe_verdict verdict;
    struct buf why;
    int status = EX_OSERR;
    buf_init(&why, &heap, OUTPUT_MAX);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    p->question.rules =
        load_rules(&p->rules, p->config->rules, "candor probe") ? p->rules.own : NULL;
    const struct finding *root = probe_run(&p->question, &p->arena, &verdict, &why);
    if (root)
        status = show(p, root, &verdict);
    else
        fprintf(stderr, "candor probe: %.*s",
                SLICE_ARG(why.len ? buf_slice(&why) : SLICE("out of memory\n")));
    buf_free(&why);
    return status;
}

static int run(const struct options *options, const char *target)
{
    struct probing p = {.options = *options};
    arena_init(&p.arena, &heap, ARENA_MAX);
    own_rules_init(&p.rules);
    int status = read_config(&p);
    if (status == EX_OK)
        status = ask(&p, target);
    if (status == EX_OK && !probe_choose_way(&p.question, options->is_direct, &p.places, &p.arena))
        status = complain(EX_OSERR, "out of memory", SLICE(""));
    if (status == EX_OK)
        status = probe(&p);
    if (p.places.config)
        places_free(&p.places);
    config_free(&p.config);
    own_rules_free(&p.rules);
    arena_reset(&p.arena);
    return status;
}

/* ---- options ---- */

enum {
    OPTION_HELO = 256,
    OPTION_DIRECT,
    OPTION_DATA,
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_COLOR,
    GO_ON = -1
};

static const struct option long_options[] = {
    {"from", required_argument, NULL, 'f'},
    {"helo", required_argument, NULL, OPTION_HELO},
    {"direct", no_argument, NULL, OPTION_DIRECT},
    {"data", no_argument, NULL, OPTION_DATA},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int print_usage(bool is_asked)
{
    fputs(usage, is_asked ? stdout : stderr);
    return is_asked ? EX_OK : EX_USAGE;
}

/* GO_ON, or the exit status. */
static int take_option(struct options *o, int option)
{
    switch (option) {
    case 'f':
        o->sender = optarg;
        return GO_ON;
    case OPTION_HELO:
        o->helo = optarg;
        return GO_ON;
    case OPTION_DIRECT:
        o->is_direct = true;
        return GO_ON;
    case OPTION_DATA:
        o->has_data = true;
        return GO_ON;
    case OPTION_TIMEOUT:
        if (slice_u32(slice_str(optarg), &o->timeout) && o->timeout && o->timeout <= TIMEOUT_MOST)
            return GO_ON;
        return complain(EX_USAGE, "--timeout takes 1 to 600 seconds", slice_str(optarg));
    case OPTION_JSON:
        o->is_json = true;
        return GO_ON;
    case OPTION_COLOR:
        if (terminal_color_parse(optarg, &o->color))
            return GO_ON;
        return complain(EX_USAGE, "--color takes auto, always or never", slice_str(optarg));
    case 'c':
        o->config = optarg;
        return GO_ON;
    default:
        return print_usage(option == 'h');
    }
}

int cmd_probe(int argc, char **argv)
{
    struct options o = {.timeout = TIMEOUT};
    for (int option; (option = getopt_long(argc, argv, "f:c:h", long_options, NULL)) != -1;) {
        int status = take_option(&o, option);
        if (status != GO_ON)
            return status;
    }
    if (optind + 1 != argc)
        return print_usage(false);
    return run(&o, argv[optind]);
}
