/* Plays a script against a client session: what the server says, and what the client is to send and
 * to tell then. */
#ifndef CANDOR_TESTS_SMTP_CLIENT_PLAYER_H
#define CANDOR_TESTS_SMTP_CLIENT_PLAYER_H

#include "check.h"
#include "smtp/client/client_session.h"
#include "system/heap.h"

enum { TURNS_MAX = 16, PLAYER_BY_LEFT = 90 };

/* What the session told is compared as text, one line an event:
 *   said <stage> <code> | secure | ready | reply <recipient or all> <stage> <code> [failure] | body
 * | done | close <stage> <code or failure> */
struct turn {
    const char *server; /* NULL: ends the script */
    const char *client;
    const char *told;
};

/* Turns that most scripts have. */
#define GREETING                                                                                   \
    {                                                                                              \
        "220 mx\r\n", "EHLO me.example.org\r\n", ""                                                \
    }
#define BYE                                                                                        \
    {                                                                                              \
        "221 bye\r\n", "", "close  0\n"                                                            \
    }

enum script_way {
    WAY_SMTP,
    WAY_LMTP,
    WAY_TLS_MAY,
    WAY_TLS_MUST,
    WAY_LOGIN,
    WAY_LOGIN_CLEAR,
    WAY_ASKING
};

struct script {
    const char *name;
    const struct envelope *envelope;
    size_t messages; /* that often the same; then QUIT */
    enum script_way way;
    const char *content;
    struct turn turns[TURNS_MAX];
};

struct player {
    const struct script *script;
    struct smtp_client *client;
    struct smtp_client_message message;
    uint32_t recipients[64];
    struct buf sent, told;
    size_t given;   /* messages */
    size_t settled; /* events */
    bool is_settled_by_all, is_closed;
};

extern const struct smtp_client_options player_options;

void player_start(struct player *p, const struct script *s);
void player_end(struct player *p);
/* Plays it from its start to its end, with each of the server's words cut at every place. */
void player_play(const struct script *s);
/* Takes all that there is to hear and to send. */
void player_pull(struct player *p);
void player_feed(struct player *p, struct slice in);
/* Holds what was sent and told since the last time against the turn. */
void player_expect(struct player *p, const struct turn *t);

#endif
