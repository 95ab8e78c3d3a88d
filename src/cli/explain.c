/* candor explain: what a reply means and what to do now. */
#include "cli/explain.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "reply/scan.h"
#include "system/heap.h"

static const char usage[] =
    "usage: candor explain [--json] [--color WHEN] TEXT...\n"
    "       candor explain [--json] [--color WHEN] -\n"
    "\n"
    "Explains what a mail server said: what happened, who can fix it, what to do now. Each TEXT is "
    "a\n"
    "reply, an error message that holds one, or a code; \"-\" reads them from standard input, one "
    "a\n"
    "line (lines of one reply, 550-… 550 …, are joined).\n"
    "\n"
    "  candor explain \"550 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org\"\n"
    "  candor explain 421\n"
    "  candor explain 5.7.26 \"Could not send your message. Error 421\"\n"
    "  candor explain --json - <replies.txt\n"
    "\n"
    "      --json        one JSON object a line\n"
    "      --color WHEN  auto (the default), always, never; NO_COLOR is honoured\n"
    "  -h, --help        print this\n";

enum {
    ITEM_MAX = 64 * 1024,     /* bytes of one text; the rest of a longer one is not read */
    ARENA_MAX = 4 * ITEM_MAX, /* one item's explanation */
    OUTPUT_MAX = 1024 * 1024,
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
static bool read_line(FILE *in, struct buf *item)
{
    int c;
    bool any = false;
    while ((c = getc_unlocked(in)) != EOF) {
        any = true;
        if (c == '\n')
            break;
        if (item->len < ITEM_MAX)
            buf_add_char(item, (char)c);
    }
    return any;
}

static bool explain_input(struct session *s)
{
    struct buf item;
    size_t line = 0, first = 1, begin = 0;
    bool good = true;
    buf_init(&item, &heap, ITEM_MAX + 1);
    while (good && read_line(stdin, &item)) {
        line++;
        bool more = goes_on(slice_from(buf_slice(&item), begin)) && item.len < ITEM_MAX;
        if (more) {
            buf_add_char(&item, '\n');
            begin = item.len;
            continue;
        }
        good = explain_item(s, "-", first, buf_slice(&item));
        buf_clear(&item);
        begin = 0;
        first = line + 1;
    }
    good = good && explain_item(s, "-", first, buf_slice(&item));
    buf_free(&item);
    return good;
}

static int run(struct session *s, int count, char **texts)
{
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = strcmp(texts[i], "-") == 0 ? explain_input(s)
                                          : explain_item(s, "argument", 0, slice_str(texts[i]));
    if (fflush(stdout) != 0 || !good)
        return EX_IOERR;
    if (ferror(stdin)) {
        perror("candor explain: standard input");
        return EX_NOINPUT;
    }
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
