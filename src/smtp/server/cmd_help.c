/* HELP (RFC 5321 4.1.1.8). */
#include "smtp/server/command.h"

static void list_commands(struct smtp_server *s)
{
    enum { LIST_MAX = 512 };
    char storage[LIST_MAX];
    struct buf text;
    const struct command *row;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_add_str(&text, "Commands:");
    for (size_t i = 0; (row = command_at(i)); i++) {
        if (!command_is_offered(s, row))
            continue;
        buf_add_char(&text, ' ');
        buf_add(&text, row->verb);
    }
    buf_add_str(&text,
                "\nHELP and a command explains it, HELP and a reply code or an enhanced code "
                "explains that,\nHELP STATUS tells how this session stands");
    struct reply r = reply_lines(SITUATION_HELP, buf_slice(&text));
    session_reply(s, &r);
}

void cmd_help(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    const struct command *row = command_find(args);
    if (args.len == 0) {
        list_commands(s);
    } else if (row && command_is_offered(s, row)) {
        struct reply r = reply_lines(SITUATION_HELP, slice_str(row->help));
        session_reply(s, &r);
    } else {
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_HELP, .text = args});
    }
}
