/* The keys for mail that leaves: rows of the table in config_schema.c, which alone includes this.
 */
#ifndef CANDOR_SYSTEM_CONFIG_SCHEMA_SENDING_H
#define CANDOR_SYSTEM_CONFIG_SCHEMA_SENDING_H

#include "base/conf_item.h"
#include "system/config.h"

static const struct conf_item dkim_items[] = {
    {.name = "selector",
     .type = CONF_NAMES,
     .field = offsetof(struct config_dkim, selectors),
     .is_required = true,
     .example = "\"rsa202601\"",
     .help = "The name under which the public key stands in the DNS: SELECTOR._domainkey.DOMAIN. "
             "Of a list each makes a signature of its own: { \"rsa202601\", \"ed202601\" }."},
    {.name = "key",
     .type = CONF_PATH,
     .field = offsetof(struct config_dkim, key),
     .preset = CONFIG_DKIM_KEY,
     .example = "\"" CONFIG_DKIM_KEY "\"",
     .help =
         "Where the private keys lie, PEM files that `candor dkim new` makes: %d stands for the "
         "domain, %s for the selector. They are read before the server becomes `user`, so that "
         "they may be root's alone."},
};

static const struct conf_item reverse_path_items[] = {
    {.name = "secret",
     .type = CONF_PATH,
     .field = FIELD(reverse_path.secret_file),
     .must_exist = true,
     .example = "\"/etc/candor/reverse-path.secret\"",
     .help = "A file whose first line signs the addresses, so that nobody else can make one; "
             "`openssl rand -hex 32` writes such a line. A new secret ends all addresses."},
    {.name = "forward-domain",
     .type = CONF_HOST,
     .field = FIELD(reverse_path.forwards_at),
     .example = "\"example.org\"",
     .help = "Mail of strangers that an alias forwards to elsewhere leaves with a sender at this "
             "domain of ours (SRS), which SPF lets pass; what comes back to it is handed to the "
             "first sender. Left out: it leaves with the sender that it came with."},
    {.name = "track",
     .type = CONF_NAMES,
     .field = FIELD(reverse_path.tracked),
     .example = "{ \"news.example.org\" }",
     .help =
         "Mail of these domains of ours leaves with a sender for each recipient (VERP), such as "
         "list+v=…=bob=there.example@news.example.org. Bounces to it are read, and put who is "
         "gone on the suppression list, if `suppress` is set."},
    {.name = "xverp",
     .type = CONF_BOOL,
     .field = FIELD(reverse_path.offers_verp),
     .preset = "false",
     .example = "true",
     .help = "Offers XVERP at EHLO to clients of the relay networks and to who is logged in: with "
             "this parameter of MAIL a program asks for such senders for one message. With "
             "delimiters (`XVERP=+=`) they are plain, list+bob=there.example@news.example.org, and "
             "what comes back is the program's to read."},
    {.name = "complaints",
     .type = CONF_NAMES,
     .field = FIELD(reverse_path.complaints),
     .example = "{ \"fbl\" }",
     .help = "Local parts to which providers send complaints (ARF, RFC 5965): who complained about "
             "tracked mail gets no more of it, if `suppress` is set."},
    {.name = "age",
     .type = CONF_TIME,
     .field = FIELD(reverse_path.age),
     .preset = "10 d",
     .min = 1 * DAY,
     .max = 400 * DAY,
     .example = "\"10 d\"",
     .help = "How long such an address is good for; then 550 5.7.1."},
};

/* In the order in which src/reply/ compiles share/notices/. */
static const char *const language_names[] = {"en", "de", "fr", "es", "ja", NULL};

static const struct conf_item notices_items[] = {
    {.name = "language",
     .type = CONF_CHOICE,
     .field = FIELD(notices.language),
     .preset = "en",
     .choices = language_names,
     .example = "de",
     .help = "The language of bounces and other notices to senders: English, German, French, "
             "Spanish or Japanese. What the other server said stays as it was said."},
    {.name = "follow",
     .type = CONF_BOOL,
     .field = FIELD(notices.follow),
     .preset = "true",
     .example = "false",
     .help = "Takes the language that the message itself names, in Accept-Language or "
             "Content-Language, if it is one of those."},
    {.name = "html",
     .type = CONF_BOOL,
     .field = FIELD(notices.html),
     .preset = "false",
     .example = "true",
     .help = "Shows the part for people as HTML too, beside the plain text."},
    {.name = "folder",
     .type = CONF_PATH,
     .field = FIELD(notices.folder),
     .must_exist = true,
     .example = "\"/etc/candor/notices\"",
     .help = "A folder with your own words: a file such as de.notice has the lines that are to "
             "read otherwise than in share/notices/, each `key: text`."},
};

static const char *const relay_tls_names[] = {"off", "may", "must", "verify", NULL};
/* In the order of enum config_mechanism. */
static const char *const mechanism_names[] = {"best",        "scram-sha-256", "plain", "login",
                                              "oauthbearer", "xoauth2",       NULL};

static const struct conf_item relay_items[] = {
    {.name = "networks",
     .reloads = true,
     .type = CONF_NETWORKS,
     .field = FIELD(relay.networks),
     .preset = "127.0.0.0/8, ::1",
     .example = "{ \"127.0.0.0/8\", \"192.0.2.0/24\" }",
     .help = "The clients that may send mail to anywhere. All others only reach the domains of "
             "this file."},
    {.name = "smarthost",
     .reloads = true,
     .type = CONF_HOST_PORT,
     .field = FIELD(relay.smarthost),
     .example = "\"smtp.example.net:587\"",
     .help = "The server that takes all mail for elsewhere. Left out: each message goes to the "
             "mail exchanger (MX) of its recipient's domain."},
    {.name = "pool",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(relay.pool),
     .example = "main",
     .help = "The section pool whose addresses mail to elsewhere leaves from. Left out: the system "
             "chooses the address."},
    {.name = "smarthost-user",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(relay.login.user),
     .example = "\"me@example.net\"",
     .help =
         "The name to log in with at the smarthost (AUTH): by SCRAM-SHA-256, which does not tell "
         "the password, else by PLAIN or LOGIN; with a token by OAUTHBEARER or XOAUTH2. Needs "
         "tls = must or verify; with must, whoever stands between may get the password."},
    {.name = "smarthost-password",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(relay.login.password_file),
     .must_exist = true,
     .example = "\"/etc/candor/smarthost.password\"",
     .help = "A file whose first line is the password for it. It is read before the server becomes "
             "`user`, so that it may be root's alone."},
    {.name = "smarthost-token",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(relay.login.token_file),
     .must_exist = true,
     .example = "\"/run/candor/smarthost.token\"",
     .help = "Instead of a password: a file whose first line is an access token of OAuth 2, which "
             "another program renews. It is read for each login, so `user` has to be able to."},
    {.name = "smarthost-mechanism",
     .reloads = true,
     .type = CONF_CHOICE,
     .field = FIELD(relay.login.mechanism),
     .preset = "best",
     .choices = mechanism_names,
     .example = "plain",
     .help = "The only way to log in there, for a smarthost that offers what it can't do: best is "
             "the best that it offers."},
    {.name = "seal",
     .type = CONF_HOST,
     .field = FIELD(relay.seal),
     .example = "\"example.org\"",
     .help = "Mail of strangers that goes on to elsewhere, as aliases make it, is sealed (ARC, RFC "
             "8617) with the key of the section `dkim` of this domain: its receiver learns what "
             "state it came in. A chain of seals that is there already is judged first."},
    {.name = "port",
     .type = CONF_NUMBER,
     .field = FIELD(relay.port),
     .preset = "25",
     .min = 1,
     .max = 65535,
     .example = "25",
     .help = "The port of the mail exchangers. The world listens on 25; others are for tests."},
    {.name = "tls",
     .type = CONF_CHOICE,
     .field = FIELD(relay.tls),
     .preset = "may",
     .choices = relay_tls_names,
     .example = "must",
     .help = "may encrypts where the other server offers STARTTLS, and sends in the clear where "
             "that is missing or fails; must sends nothing in the clear; verify also wants a "
             "certificate that is for the server's name, from one of the authorities: what has "
             "none waits; off never encrypts."},
    {.name = "authorities",
     .type = CONF_PATH,
     .field = FIELD(relay.authorities),
     .must_exist = true,
     .example = "\"/etc/ssl/certs/ca-certificates.crt\"",
     .help = "A PEM file with the certificates of those whose word is taken. Left out: the "
             "system's."},
    {.name = "certificate",
     .type = CONF_TEXT,
     .field = FIELD(relay.certificate),
     .example = "mx",
     .help = "The name of the section certificate whose certificate is shown to servers that ask "
             "for one. Left out: none is."},
    {.name = "dane",
     .type = CONF_BOOL,
     .field = FIELD(relay.dane),
     .preset = "true",
     .example = "true",
     .help = "Keeps to TLSA records (DANE, RFC 7672): where a server has them, mail goes to it "
             "only if it shows the certificate that they name, and never in the clear. Needs a "
             "trust-anchor in the section resolver."},
    {.name = "tls-reports",
     .type = CONF_TIME,
     .field = FIELD(relay.tls_reports),
     .preset = "0 s",
     .max = 7 * DAY,
     .example = "\"1 d\"",
     .help = "How often domains that ask for it (TLS-RPT, RFC 8460) are told how the connections "
             "to their servers were secured; the world does it once a day. 0 s is never."},
    {.name = "mta-sts",
     .type = CONF_BOOL,
     .field = FIELD(relay.mta_sts),
     .preset = "true",
     .example = "true",
     .help = "Keeps to policies of MTA-STS (RFC 8461): where a domain has one, it is fetched from "
             "its web server, and mail goes only to the exchangers that it names, with a "
             "certificate that proves the name. Policies are kept in the spool's folder."},
    {.name = "mta-sts-port",
     .type = CONF_NUMBER,
     .field = FIELD(relay.mta_sts_port),
     .preset = "443",
     .min = 1,
     .max = 65535,
     .example = "443",
     .help = "The port of those web servers. The world listens on 443; others are for tests."},
};

#endif
