#include "system/config_internal.h"

/* libconfuse counts a line too many for each comment of the C kind, takes no comment inside a list,
 * puts environment variables into values and remembers an open quote in static memory. All of that
 * is settled here, before it sees the text. */

struct text {
    struct slice in;
    char *out;
    size_t at;
    unsigned line;
    const char *name;
    struct config_problems *problems;
    size_t depth;       /* of braces */
    unsigned open_line; /* of the outermost one */
    bool is_broken;
};

static char peek(const struct text *t, size_t ahead)
{
    return t->at + ahead < t->in.len ? t->in.at[t->at + ahead] : '\0';
}

static void broken(struct text *t, unsigned line, const char *what)
{
    config_problem_add(t->problems, t->name, line, "%s", what);
    t->is_broken = true;
}

/* Copies one byte, or blanks it; line ends always stay. */
static void step(struct text *t, bool keep)
{
    char c = t->in.at[t->at];
    if (c == '\n')
        t->line++;
    t->out[t->at++] = keep || c == '\n' ? c : ' ';
}

static void skip_line_comment(struct text *t)
{
    while (t->at < t->in.len && peek(t, 0) != '\n')
        step(t, false);
}

static void skip_block_comment(struct text *t)
{
    unsigned begin = t->line;
    step(t, false);
    step(t, false);
    while (t->at < t->in.len && !(peek(t, 0) == '*' && peek(t, 1) == '/'))
        step(t, false);
    if (t->at == t->in.len) {
        broken(t, begin, "a comment begins here with /* and never ends; */ ends it");
        return;
    }
    step(t, false);
    step(t, false);
}

static const char environment[] =
    "${…} would stand for an environment variable, which this file does not take; write the value "
    "itself, or \\${ for these two characters between double quotes";

static void copy_string(struct text *t)
{
    char quote = peek(t, 0);
    step(t, true);
    while (peek(t, 0) != quote) {
        if (t->at == t->in.len || peek(t, 0) == '\n') {
            broken(t, t->line,
                   quote == '"' ? "a \" opens a text that is not closed on this line"
                                : "a ' opens a text that is not closed on this line");
            return;
        }
        if (quote == '"' && peek(t, 0) == '$' && peek(t, 1) == '{')
            broken(t, t->line, environment);
        if (peek(t, 0) == '\\' && t->at + 1 < t->in.len && peek(t, 1) != '\n')
            step(t, true);
        step(t, true);
    }
    step(t, true);
}

/* libconfuse takes the end of the file for the end of every section. */
static void count_braces(struct text *t, char c)
{
    if (c == '{' && t->depth++ == 0)
        t->open_line = t->line;
    else if (c == '}' && t->depth > 0)
        t->depth--;
}

static void copy_plain(struct text *t)
{
    char c = peek(t, 0);
    count_braces(t, c);
    if (c == '$' && peek(t, 1) == '{')
        broken(t, t->line, environment);
    else if (c == ';')
        broken(t, t->line, "a ; is not needed: leave it out");
    else if (strchr("()|*", c) || (c == '+' && peek(t, 1) != '=')) {
        config_problem_add(t->problems, t->name, t->line,
                           "a %c has no place here; a value with such a character needs quotes", c);
        t->is_broken = true;
    }
    step(t, true);
}

static bool has_control_characters(struct text *t)
{
    unsigned line = 1;
    for (size_t i = 0; i < t->in.len; i++) {
        unsigned char c = (unsigned char)t->in.at[i];
        bool is_line_end = c == '\r' && i + 1 < t->in.len && t->in.at[i + 1] == '\n';
        if (c == '\n')
            line++;
        else if ((c < ' ' && c != '\t' && !is_line_end) || c == 0x7f) {
            config_problem_add(t->problems, t->name, line,
                               "there is a control character (0x%02x); the file must be plain text",
                               c);
            return true;
        }
    }
    return false;
}

bool config_text_prepare(struct slice text, char *out, const char *name, struct config_problems *p)
{
    struct text t = {.in = text, .out = out, .line = 1, .name = name, .problems = p};
    if (has_control_characters(&t))
        return false;
    while (t.at < text.len) {
        char c = peek(&t, 0), next = peek(&t, 1);
        if (c == '#' || (c == '/' && next == '/'))
            skip_line_comment(&t);
        else if (c == '/' && next == '*')
            skip_block_comment(&t);
        else if (c == '"' || c == '\'')
            copy_string(&t);
        else
            copy_plain(&t);
    }
    out[text.len] = '\0';
    if (t.depth > 0)
        broken(&t, t.open_line, "the { on this line is never closed; a } is missing behind it");
    return !t.is_broken;
}

/* From here on the text is prepared: strings are closed on their line, comments are gone. */

static size_t after_string(const char *text, size_t at)
{
    char quote = text[at++];
    while (text[at] != quote)
        at += text[at] == '\\' && text[at + 1] != '\0' ? 2 : 1;
    return at + 1;
}

static bool is_word(char c)
{
    return c != '\0' && !ascii_is_space(c) && !strchr("\"'{}=+,", c);
}

static size_t after_word(const char *text, size_t at)
{
    while (is_word(text[at]))
        at++;
    return at;
}

static size_t after_space(const char *text, size_t at)
{
    while (ascii_is_space(text[at]))
        at++;
    return at;
}

/* Behind a value, a list or a section's body; also fine where there is none. */
static size_t after_value(const char *text, size_t at)
{
    if (text[at] == '"' || text[at] == '\'')
        return after_string(text, at);
    if (text[at] != '{')
        return after_word(text, at);
    for (size_t depth = 0; text[at] != '\0';) {
        if (text[at] == '"' || text[at] == '\'') {
            at = after_string(text, at);
            continue;
        }
        depth += text[at] == '{';
        depth -= text[at] == '}';
        at++;
        if (depth == 0)
            break;
    }
    return at;
}

static size_t line_start(const char *text, unsigned line)
{
    size_t at = 0;
    while (line > 1 && text[at] != '\0')
        line -= text[at++] == '\n';
    return at;
}

static bool find_word(const char *text, unsigned line, struct slice name, size_t *at_r)
{
    size_t at = line_start(text, line);
    while (text[at] != '\0' && text[at] != '\n') {
        size_t end = after_word(text, at);
        if (end > at && slice_eq(slice_of(text + at, end - at), name)) {
            *at_r = at;
            return true;
        }
        if (text[at] == '"' || text[at] == '\'')
            end = after_string(text, at);
        at = end > at ? end : at + 1;
    }
    return false;
}

/* Behind the title of a section, with or without quotes; also fine where there is none. */
static size_t after_title(const char *text, size_t at)
{
    bool is_string = text[at] == '"' || text[at] == '\'';
    return after_space(text, is_string ? after_string(text, at) : after_word(text, at));
}

bool config_text_is_key(const char *text, unsigned line, struct slice name)
{
    size_t at;
    if (!find_word(text, line, name, &at))
        return false;
    at = after_space(text, at + name.len);
    if (text[at] == '=' || text[at] == '+')
        return true;
    return text[after_title(text, at)] == '{';
}

bool config_text_forget(char *text, unsigned line, struct slice name)
{
    size_t begin;
    if (!find_word(text, line, name, &begin))
        return false;
    size_t end = begin + name.len;
    size_t at = after_space(text, end);
    if (text[at] == '+' || text[at] == '=') {
        at += text[at] == '+' && text[at + 1] == '=' ? 2 : 1;
        end = after_value(text, after_space(text, at));
    } else if (config_text_is_key(text, line, name)) {
        end = after_value(text, after_title(text, at));
    }
    for (size_t i = begin; i < end; i++)
        if (text[i] != '\n')
            text[i] = ' ';
    return true;
}
