/* candor explain: what a reply means and what to do now. */
#include "cli/explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/explain_input.h"
#include "cli/terminal.h"
#include "reply/scan.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor explain [--json] [--color WHEN] TEXT|FILE...\n"
    "       candor explain [--json] [--color WHEN] -\n"
    "\n"
    "Explains what a mail server said: what happened, who can fix it, what to do now. Each TEXT is "
    "a\n"
    "reply, an error message that holds one, or a code; \"-\" reads them from standard input, one "
    "a\n"
    "line (lines of one reply, 550-… 550 …, are joined). Where TEXT names a file, that is read in "
    "the\n"
    "same way. A mail, in a file or on standard input, is read as a delivery report: each "
    "recipient "
    "in\n"
    "it is explained.\n"
    "\n"
    "  candor explain \"550 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org\"\n"
    "  candor explain 421\n"
    "  candor explain 5.7.26 \"Could not send your message. Error 421\"\n"
    "  candor explain --json - <replies.txt\n"
    "  candor explain undelivered.eml\n"
    "\n"
    "      --json        one JSON object a line\n"
    "      --color WHEN  auto (the default), always, never; NO_COLOR is honoured\n"
    "  -h, --help        print this\n";

enum {
    ITEM_MAX = 64 * 1024,     /* bytes of one text; the rest of a longer one is not read */
    ARENA_MAX = 4 * ITEM_MAX, /* one item's explanation */
    OUTPUT_MAX = 1024 * 1024,
    MAIL_MAX = 64 * 1024 * 1024, /* bytes of one mail; the rest of a larger one is not read */
    MAIL_ARENA_MAX = 4 * MAIL_MAX,
};

struct session {
    bool json;
    size_t items;
    struct explain_style style;
    struct arena arena;
    struct buf out;
};

static bool print(struct session *s, const struct explained *x)
{
    buf_clear(&s->out);
    if (s->json) {
        explain_write_json(&s->out, x);
    } else {
        if (s->items > 1)
            buf_add_char(&s->out, '\n');
        explain_write_text(&s->out, x, &s->style);
    }
    struct slice text = buf_slice(&s->out);
    return !s->out.failed && fwrite(text.at, 1, text.len, stdout) == text.len;
}

/* False: no memory, or the output is gone. */
static bool explain_item(struct session *s, const char *source, size_t line, struct slice text)
{
    struct explained x = {.source = source, .line = line};
    text = slice_head(slice_trim(text), ITEM_MAX);
    if (text.len == 0)
        return true;
    s->items++;
    arena_reset(&s->arena);
    reply_scan(text, &s->arena, &x.in);
    diagnose(&x.in, &x.diagnosis);
    return explain(&x.diagnosis, &x.in, &s->arena, &x.explanation) && print(s, &x);
}

/* A line of a reply that more lines follow: `550-…`. */
static bool goes_on(struct slice line)
{
    return line.len > 3 && ascii_is_digit(line.at[0]) && ascii_is_digit(line.at[1]) &&
           ascii_is_digit(line.at[2]) && line.at[3] == '-';
}

/* One line into `item`, as far as it fits; false at the end of the input. */
static bool read_line(struct explain_input *in, struct buf *item)
{
    int c;
    bool any = false;
    while ((c = explain_input_char(in)) != EOF) {
        any = true;
        if (c == '\n')
            break;
        if (item->len < ITEM_MAX)
            buf_add_char(item, (char)c);
    }
    return any;
}

static bool explain_lines(struct session *s, struct explain_input *in, const char *source)
{
    struct buf item;
    size_t line = 0, first = 1, begin = 0;
    bool good = true;
    buf_init(&item, &heap, ITEM_MAX + 1);
    while (good && read_line(in, &item)) {
        line++;
        bool more = goes_on(slice_from(buf_slice(&item), begin)) && item.len < ITEM_MAX;
        if (more) {
            buf_add_char(&item, '\n');
            begin = item.len;
            continue;
        }
        good = explain_item(s, source, first, buf_slice(&item));
        buf_clear(&item);
        begin = 0;
        first = line + 1;
    }
    good = good && explain_item(s, source, first, buf_slice(&item));
    buf_free(&item);
    return good;
}

static bool explain_recipient(struct session *s, struct explained *x)
{
    s->items++;
    arena_reset(&s->arena);
    x->in = x->recipient->in;
    diagnose(&x->in, &x->diagnosis);
    if (x->recipient->kind == BOUNCE_SUCCESS)
        explain_success(x);
    else if (!explain(&x->diagnosis, &x->in, &s->arena, &x->explanation))
        return false;
    return print(s, x);
}

static bool explain_bounce(struct session *s, const struct bounce *b, const char *source)
{
    bool good = true;
    struct explained x = {.source = source, .bounce = b};
    if (b->count == 0) {
        s->items++;
        reply_scan(SLICE(""), &s->arena, &x.in);
        diagnose(&x.in, &x.diagnosis);
        explain_no_report(&x);
        return print(s, &x);
    }
    for (size_t i = 0; i < b->count && good; i++) {
        x.recipient = &b->recipients[i];
        good = explain_recipient(s, &x);
    }
    return good;
}

static bool explain_mail(struct session *s, struct explain_input *in, const char *source)
{
    struct buf mail;
    struct arena arena;
    struct bounce b;
    buf_init(&mail, &heap, MAIL_MAX);
    arena_init(&arena, &heap, MAIL_ARENA_MAX);
    bool good = explain_input_all(in, &mail, MAIL_MAX) &&
                bounce_read(buf_slice(&mail), &arena, &b) && explain_bounce(s, &b, source);
    arena_reset(&arena);
    buf_free(&mail);
    return good;
}

static bool explain_stream(struct session *s, FILE *file, const char *source)
{
    struct explain_input in;
    explain_input_init(&in, file);
    bool good =
        explain_input_is_mail(&in) ? explain_mail(s, &in, source) : explain_lines(s, &in, source);
    explain_input_free(&in);
    return good && !ferror(file);
}

static bool is_file(const char *name)
{
    struct stat about;
    return stat(name, &about) == 0 && S_ISREG(about.st_mode);
}

static bool explain_file(struct session *s, const char *name)
{
    FILE *file = fopen(name, "rb");
    bool good = file && explain_stream(s, file, name);
    if (!good)
        fprintf(stderr, "candor explain: %s: %s\n", name, strerror(errno));
    if (file)
        fclose(file);
    return good;
}

static bool explain_argument(struct session *s, const char *word)
{
    if (strcmp(word, "-") == 0)
        return explain_stream(s, stdin, "-");
    if (is_file(word))
        return explain_file(s, word);
    return explain_item(s, "argument", 0, slice_str(word));
}

static int run(struct session *s, int count, char **words)
{
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = explain_argument(s, words[i]);
    if (ferror(stdin)) {
        perror("candor explain: standard input");
        return EX_NOINPUT;
    }
    if (fflush(stdout) != 0 || !good)
        return EX_IOERR;
    if (s->items > 0)
        return EX_OK;
    fputs("candor explain: there is nothing to explain: the text is empty\n", stderr);
    return EX_DATAERR;
}

int cmd_explain(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"color", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static char minus[] = "-";
    char *from_input[] = {minus};
    struct session s = {.json = false};
    enum terminal_color color = TERMINAL_COLOR_AUTO;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'j')
            s.json = true;
        else if (option != 'c' || !terminal_color_parse(optarg, &color))
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? EX_OK : EX_USAGE;
    }
    bool has_text = optind < argc;
    if (!has_text && isatty(STDIN_FILENO))
        return fputs(usage, stderr), EX_USAGE;
    s.style = (struct explain_style){terminal_uses_color(color), terminal_width()};
    arena_init(&s.arena, &heap, ARENA_MAX);
    buf_init(&s.out, &heap, OUTPUT_MAX);
    int status = run(&s, has_text ? argc - optind : 1, has_text ? argv + optind : from_input);
    arena_reset(&s.arena);
    buf_free(&s.out);
    return status;
}
