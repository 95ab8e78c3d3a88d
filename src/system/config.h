/* The configuration: one file, read and checked as a whole into an immutable snapshot. A reload
 * reads a new one; whoever began with the old keeps it. The keys stand in config_schema.c. */
#ifndef CANDOR_SYSTEM_CONFIG_H
#define CANDOR_SYSTEM_CONFIG_H

#include "base/arena.h"
#include "base/conf_item.h"
#include "base/log.h"
#include "base/map.h"

#define CONFIG_FILE     "/etc/candor/candor.conf"
#define CONFIG_SOCKET   "/run/candor/control"
#define CONFIG_RULES    "/etc/candor/rules.d"
#define CONFIG_DKIM_KEY "/etc/candor/dkim/%d/%s.pem"

/* The kind comes from the section's title: `mx` or `mx-…`, `submission` or `submission-…`; anything
 * else is a listener for all purposes. */
enum config_listen_kind { CONFIG_LISTEN_ANY, CONFIG_LISTEN_MX, CONFIG_LISTEN_SUBMISSION };

/* STARTTLS is offered where there is a certificate; IMPLICIT begins with TLS (RFC 8314 3.3). */
enum config_tls { CONFIG_TLS_STARTTLS, CONFIG_TLS_IMPLICIT, CONFIG_TLS_OFF };

/* What becomes of a bare LF in a message. */
enum config_line_endings { CONFIG_LINE_ENDINGS_REJECT, CONFIG_LINE_ENDINGS_NORMALIZE };

struct config_listen {
    struct slice name;
    int tls; /* enum config_tls */
    bool require_tls;
    bool require_login;
    bool never_accepts;            /* greets with 521 (RFC 7504) */
    bool etrn;                     /* offers it (RFC 1985) */
    bool deliver_by;               /* offers DELIVERBY (RFC 2852) */
    struct conf_networks speakers; /* of XCLIENT and XFORWARD */
    bool clients_in_turn;          /* of XCLIENT: one after the other in a connection */
    struct conf_networks proxies;  /* of PROXY; none: everybody connects himself */
    int line_endings;              /* enum config_line_endings */
    enum config_listen_kind kind;
    struct conf_endpoints addresses; /* at least one */
};

struct config_certificate {
    struct slice name;
    struct slice file; /* PEM: the certificate, then those that lead to its root */
    struct slice key;  /* PEM; empty: in the same file */
};

/* Which sender addresses a logged-in person may use. */
enum config_senders { CONFIG_SENDERS_ANY, CONFIG_SENDERS_OWN };

/* Who issued the tokens of OAuth 2, and what of his answers counts. */
struct config_tokens {
    struct slice url; /* empty: no tokens are taken */
    struct slice user;
    struct slice password_file;
    struct slice password;    /* what the file says; filled by config_read */
    struct slice authorities; /* PEM file; empty: the system's */
    struct slice name;        /* member of the answer that names the account */
    struct slice scope;       /* empty: any */
};

/* People with an account: the name with the hash of its password, as crypt(5) has it. */
struct config_login {
    int senders;           /* enum config_senders */
    struct slice users;    /* file; empty: nobody can log in */
    struct name_map known; /* name -> struct password_account; filled by config_read */
    struct slice dovecot;  /* path of its socket for logins; empty: it is not asked */
    struct slice pam;      /* file of the service; empty: it is not asked */
    bool has_verifiers;    /* each account that may log in has one */
    struct config_tokens tokens;
    struct slice certificates; /* PEM file: whose certificates log in; empty: none */
};

/* What is said of a mailbox that is full: 452 or 552. */
enum config_when_full { CONFIG_FULL_LATER, CONFIG_FULL_REFUSE };

/* What of a domain's aliases stands in other files. */
struct config_included {
    struct config_included *next;
    struct slice path;
};

/* Who writes a Maildir. */
enum config_write_as { CONFIG_WRITE_AS_USER, CONFIG_WRITE_AS_OWNER };

enum config_deliver { CONFIG_DELIVER_MAILDIR, CONFIG_DELIVER_LMTP };

struct config_mailbox {
    struct slice local; /* as it stands in the file */
    struct slice path;  /* of the Maildir; NUL-terminated */
};

/* What a name in the aliases file leads to; TOLD forwards and tells the sender the new address
 * (251), MOVED only tells it (551). */
enum config_alias_kind {
    CONFIG_ALIAS_FORWARD,
    CONFIG_ALIAS_TOLD,
    CONFIG_ALIAS_MOVED,
    CONFIG_ALIAS_DISABLED, /* leads nowhere, as PAUSED */
    CONFIG_ALIAS_PAUSED
};

struct config_alias {
    struct slice name; /* local part; `*`: whatever has no other entry */
    enum config_alias_kind kind;
    struct slice *targets; /* addresses in full; at least one, exactly one unless it is FORWARD */
    size_t count;
    unsigned line;
};

struct config_domain {
    struct slice name;
    struct slice mailboxes;        /* file or folder; see mailboxes.h */
    struct slice aliases;          /* empty: none */
    int deliver;                   /* enum config_deliver */
    struct slice lmtp;             /* path of a socket, or host:port */
    struct slice maildir;          /* template: %u local part, %d domain */
    int write_as;                  /* enum config_write_as */
    uint64_t quota;                /* bytes of a mailbox; 0: as its maildirsize says */
    int when_full;                 /* enum config_when_full */
    struct name_map known;         /* local part -> struct config_mailbox; filled by config_read */
    struct name_map known_aliases; /* local part -> struct config_alias; ditto */
    struct config_included *included; /* ditto */
};

/* Signatures for the mail of a domain, one for each selector. */
struct config_dkim {
    struct slice domain;
    struct conf_names selectors; /* at least one */
    struct slice key;            /* template of the files' path: %d domain, %s selector */
};

enum config_relay_tls {
    CONFIG_RELAY_TLS_OFF,
    CONFIG_RELAY_TLS_MAY,
    CONFIG_RELAY_TLS_MUST,
    CONFIG_RELAY_TLS_VERIFY
};

/* By which login a smarthost knows us. */
enum config_mechanism {
    CONFIG_MECHANISM_BEST,
    CONFIG_MECHANISM_SCRAM,
    CONFIG_MECHANISM_PLAIN,
    CONFIG_MECHANISM_LOGIN,
    CONFIG_MECHANISM_OAUTHBEARER,
    CONFIG_MECHANISM_XOAUTH2
};

struct config_smarthost_login {
    struct slice user; /* empty: without a login */
    struct slice password_file;
    struct slice password;   /* what the file says; filled by config_read */
    struct slice token_file; /* instead of a password */
    int mechanism;           /* enum config_mechanism */
};

struct config_relay {
    int tls;                       /* enum config_relay_tls */
    int64_t tls_reports;           /* ms between them; 0: none */
    bool mta_sts;                  /* policies of MTA-STS are asked for, and kept to */
    uint64_t mta_sts_port;         /* of their web servers */
    bool dane;                     /* TLSA records are asked for, and kept to */
    struct slice seal;             /* domain whose DKIM key seals what is forwarded; empty: none */
    struct slice certificate;      /* name of the one that is shown; empty: none */
    struct slice authorities;      /* PEM file; empty: the system's */
    struct conf_networks networks; /* who may send to anywhere */
    struct conf_host_port smarthost; /* host empty: straight to the MX */
    struct slice pool;               /* name of the one that mail leaves from; empty: none */
    struct config_smarthost_login login;
    uint64_t port; /* of mail exchangers */
};

/* Addresses that mail leaves from. */
struct config_source {
    struct slice name;
    struct ip ipv4, ipv6; /* family IP_NONE: none */
    struct slice helo;    /* empty: the hostname */
    uint64_t weight;
    int64_t warm_up_begins; /* days since 1970; 0: it needs none */
    uint64_t warm_up_first;
    uint64_t warm_up_growth; /* percent a day */
    uint64_t warm_up_last;
    bool is_gone; /* config_keep_numbers: not in the file any more */
};

struct config_pool {
    struct slice name;
    struct conf_names sources;
    bool is_gone; /* as of a source */
};

/* Of several the first that fits counts. */
struct config_route {
    struct slice name;
    struct conf_names senders, recipients; /* domains; none: any */
    struct conf_host_port smarthost;       /* host empty: as `relay` says */
    bool direct;
    struct config_smarthost_login login; /* no user: that of `relay` at its smarthost */
    int tls;                             /* 0: as `relay` says; else 1 + enum config_relay_tls */
    struct slice pool;                   /* empty: as `relay` says */
};

enum { CONFIG_SOURCES_MAX = 250 };

/* A blocklist that is asked over the DNS (RFC 5782). */
struct config_dnsbl {
    struct slice zone;
    struct slice url;
    struct conf_networks codes;
};

struct config_checks {
    bool reverse_dns;
    bool sender_domain;
    int64_t greeting_delay;
    int64_t dns_timeout;
};

/* Within a minute; 0: any number. */
struct config_rates {
    uint64_t connections;
    uint64_t messages;
    uint64_t recipients;
    uint64_t unknown_recipients;
    uint64_t account_messages;
    uint64_t account_recipients;
    uint64_t failed_logins;
};

struct config_limits {
    struct config_rates rates;
    int64_t login_delay;
    uint64_t message_size; /* bytes */
    uint64_t recipients;
    uint64_t recipient_domains;       /* of one message; 0: any number */
    uint64_t messages_per_connection; /* 0: any number */
    int64_t hold_most;                /* 0: FUTURERELEASE is not offered */
    uint64_t held_messages;
    int64_t deliver_by_least;
    uint64_t connections;
    uint64_t connections_per_client;
    uint64_t errors;
    uint64_t hops;
    int64_t command_timeout; /* ms, as all times here */
    int64_t data_timeout;
    uint64_t data_rate;
    int64_t overload_delay;
    int64_t stop_timeout;
};

struct config_queue {
    int64_t retry_first;
    int64_t retry_most;
    int64_t look_again;
    int64_t suspend;
    int64_t suppress; /* 0: never */
    int64_t lifetime;
    int64_t bounce_lifetime;
    int64_t warn_after; /* 0: never */
    uint64_t connections_per_site;
    uint64_t messages_per_connection;
    uint64_t messages_per_minute; /* for a site; 0: as they come */
    uint64_t deliveries;          /* at once, in all */
    int64_t connect_timeout;
    int64_t answer_timeout;            /* the most for any answer; RFC 5321's own may be shorter */
    struct conf_names campaign_fields; /* of the header, whose value names what mail is part of */
};

/* Reverse paths that this server makes and knows again. */
struct config_reverse_path {
    struct slice secret_file;
    struct slice secret;          /* its first line; filled by config_read */
    struct slice forwards_at;     /* the domain of forwarded mail's; empty: it keeps its sender */
    bool offers_verp;             /* people of ours may ask for that by XVERP */
    struct conf_names tracked;    /* domains whose mail has an address for each recipient */
    struct conf_names complaints; /* local parts whose mail is read for complaints */
    int64_t age;
};

/* How senders are told what became of their mail. */
struct config_notices {
    int language;        /* index into the languages that are compiled in */
    bool follow;         /* the language that the message itself names comes first */
    bool html;           /* as HTML, too */
    struct slice folder; /* of the operator's own words; empty: none */
};

/* REQUIRED: the server does not start where the kernel has no such thing. */
enum config_sandbox { CONFIG_SANDBOX_ON, CONFIG_SANDBOX_REQUIRED, CONFIG_SANDBOX_OFF };

enum config_log_format { CONFIG_LOG_TEXT, CONFIG_LOG_JSON };

/* Domains that take no mail at all. */
struct config_refuse {
    struct conf_names domains;
};

struct config_log {
    struct slice to; /* `stderr`, `syslog`, `journal` or the path of a file */
    int level;       /* enum log_level */
    int format;      /* enum config_log_format */
};

struct config_spool {
    struct slice path;
    uint64_t reserve; /* bytes of disk space below which no new mail is taken */
};

struct config_web {
    struct endpoint address; /* family IP_NONE: no page */
};

struct config_control {
    struct slice path;
};

struct config_resolver {
    struct conf_endpoints nameservers; /* none: those of /etc/resolv.conf */
    struct slice trust_anchor;         /* empty: none */
};

struct config {
    struct slice hostname;
    struct slice user;  /* to change to when started as root */
    uint64_t threads;   /* 0: one per processor */
    struct slice rules; /* the folder of the operator's own */
    int sandbox;        /* enum config_sandbox */
    struct config_listen *listens;
    size_t listen_count;
    struct config_certificate *certificates; /* the first is shown to who asks for none */
    size_t certificate_count;
    struct config_domain *domains;
    size_t domain_count;
    struct config_dkim *dkims;
    size_t dkim_count;
    struct config_login login;
    struct config_relay relay;
    struct config_source *sources;
    size_t source_count;
    struct config_pool *pools;
    size_t pool_count;
    struct config_route *routes; /* in the order of the file */
    size_t route_count;
    struct config_dnsbl *dnsbls; /* in the order of the file */
    size_t dnsbl_count;
    struct config_checks checks;
    struct config_limits limits;
    struct config_queue queue;
    struct config_notices notices;
    struct config_reverse_path reverse_path;
    struct config_log log;
    struct config_refuse refuse;
    struct config_spool spool;
    struct config_web web;
    struct config_control control;
    struct config_resolver resolver;
    struct arena arena; /* owns all of the above */
};

/* What is wrong: `line` 0 when it is about the file as a whole. */
struct config_problem {
    struct slice file;
    unsigned line;
    struct slice text; /* what was wrong and what would be right, one sentence each */
};

struct config_problems {
    struct arena arena;
    struct config_problem *at;
    size_t count;
    size_t size;
};

void config_problems_init(struct config_problems *p);
void config_problems_free(struct config_problems *p);
/* `file:line: text`, a line each, in the order of the file. */
void config_problems_write(const struct config_problems *p, struct buf *out);

/* Reads and checks the file and what it names (mailboxes). NULL when there is any problem: all of
 * them are in `p`. Thread-safe. */
struct config *config_read(const char *path, struct config_problems *p);
/* The same from memory; opens nothing, so that no mailbox is known. `name` is for the messages. */
struct config *config_parse(struct slice text, const char *name, struct config_problems *p);
/* The file itself, without those that it names; NULL when there is any problem. */
struct config *config_glance(const char *path);
/* For a reload: gives every key that only a restart can change the value it has in `old`, which
 * must outlive `c`. Adds the names of those that were to change to `kept`. False when memory ends.
 */
MUST_CHECK bool config_keep(struct config *c, const struct config *old, struct buf *kept);
/* A running server knows sources and pools by their places in the lists: those of `before` keep
 * theirs, also when they are gone, and new ones come behind them. False with `why`. */
MUST_CHECK bool config_keep_numbers(struct config *c, const struct config *before, struct buf *why);
/* Wipes what it holds of accounts: it has none any more. The rest is used on. */
void config_forget_accounts(struct config *c);
/* Wipes all. Nulls the caller's pointer. */
void config_free(struct config **c);

/* The certificate section of that name, or NULL. */
const struct config_certificate *config_certificate(const struct config *c, struct slice name);
/* The place of a section source; source_count: there is none. */
size_t config_source(const struct config *c, struct slice name);
/* The index of the pool of that name, or pool_count; of a pool's member among the sources. */
size_t config_pool(const struct config *c, struct slice name);
size_t config_pool_source(const struct config *c, const struct config_pool *pool, size_t member);
/* A domain of ours, or NULL. ASCII case is ignored. */
const struct config_domain *config_domain(const struct config *c, struct slice name);
/* The mailbox of a local part, or NULL. ASCII case is ignored, as RFC 5321 2.4 lets a receiver do.
 */
const struct config_mailbox *config_mailbox(const struct config_domain *d, struct slice local);

/* A time as it stands in the file, for others who are told one: `90 s`, `2 h`. */
MUST_CHECK bool config_read_time(struct slice text, int64_t *ms_r);
/* The path of a selector's key. */
void config_dkim_path(const struct config_dkim *d, struct slice selector, struct buf *out);

/* The whole schema as a commented configuration file that says the defaults. */
void config_write_defaults(struct buf *out);
/* The same as candor.conf(5), in roff. */
void config_write_manual(struct buf *out);

#endif
