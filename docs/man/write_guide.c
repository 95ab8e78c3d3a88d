/* Prints candor-codes(7) or candor-causes(7), from the tables that the guide answers with, when the
 * program is built. */
#include <stdio.h>
#include <string.h>

#include "reply/catalogue.h"

/* Text as troff takes it: no escapes, no request at the begin of a line. */
static void put_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (i == 0 && (text.at[0] == '.' || text.at[0] == '\''))
            fputs("\\&", stdout);
        if (text.at[i] == '\\')
            fputs("\\e", stdout);
        else if (text.at[i] == '-')
            fputs("\\-", stdout);
        else
            putchar(text.at[i]);
    }
    putchar('\n');
}

static void put_code(const struct catalogue_entry *c)
{
    fputs(".TP\n.B ", stdout);
    put_text(c->name);
    put_text(c->meaning);
    fputs(".br\n", stdout);
    put_text(c->step);
    if (c->cause != CAUSE_UNKNOWN)
        printf(".br\nCause:\n.I %s\n", cause_name(c->cause));
    if (c->rfc)
        printf(".br\nDefined in RFC %u.\n", (unsigned)c->rfc);
}

static void write_codes(void)
{
    fputs(".TH candor\\-codes 7 \"\" candor \"Mail\"\n.SH NAME\n"
          "candor\\-codes \\- the reply codes of mail servers and what to do about them\n"
          ".SH DESCRIPTION\nA mail server answers every command with three digits. The first one: "
          "2 done, 3 go on, 4 not now (try again), 5 no (change something first). Behind them may "
          "stand an enhanced code (RFC 3463); its first digit, written X here, says the same.\n"
          ".PP\n.B candor explain\nexplains a whole reply; its text often tells more than its "
          "code.\n.SH \"REPLY CODES\"\n",
          stdout);
    size_t at = 0;
    bool is_enhanced = false;
    for (const struct catalogue_entry *c; (c = catalogue_next(&at));) {
        if (c->name.at[0] == 'X' && !is_enhanced)
            fputs(".SH \"ENHANCED CODES\"\n", stdout);
        is_enhanced = c->name.at[0] == 'X';
        put_code(c);
    }
    fputs(".SH \"SEE ALSO\"\n.BR candor\\-explain (1),\n.BR candor\\-causes (7)\n", stdout);
}

static void put_cause(const char *name, const char *title, const char *facts[4])
{
    static const char *const heads[4] = {"Is about", "Lasts", "Can be mended by", "A queue will"};
    printf(".TP\n.B %s\n", name);
    put_text(slice_str(title));
    for (size_t i = 0; i < 4; i++) {
        printf(".br\n%s: ", heads[i]);
        put_text(slice_str(facts[i]));
    }
}

static void write_causes(void)
{
    fputs(".TH candor\\-causes 7 \"\" candor \"Mail\"\n.SH NAME\n"
          "candor\\-causes \\- why mail is refused or waits\n.SH DESCRIPTION\n"
          "The causes that\n.B candor explain\nnames, and that its queue acts by.\n.SH CAUSES\n",
          stdout);
#define CAUSE(id, name, scope, permanence, fixer, action, title)                                   \
    put_cause(name, title,                                                                         \
              (const char *[]){scope_name(SCOPE_##scope),                                          \
                               permanence_name(PERMANENCE_##permanence),                           \
                               fixer_name(FIXER_##fixer), action_name(ACTION_##action)});
#include "reply/cause.def"
#undef CAUSE
    fputs(".SH \"SEE ALSO\"\n.BR candor\\-explain (1),\n.BR candor\\-codes (7)\n", stdout);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "codes") == 0)
        write_codes();
    else if (argc == 2 && strcmp(argv[1], "causes") == 0)
        write_causes();
    else
        return fputs("usage: write_guide codes|causes\n", stderr), 2;
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
