/* The keys for people with an account: rows of the table in config_schema.c, which alone includes
 * this. */
#ifndef CANDOR_SYSTEM_CONFIG_SCHEMA_LOGIN_H
#define CANDOR_SYSTEM_CONFIG_SCHEMA_LOGIN_H

#include "base/conf_item.h"
#include "system/config.h"

static const char *const sender_names[] = {"any", "own", NULL};

static const struct conf_item login_items[] = {
    {.name = "users",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(login.users),
     .must_exist = true,
     .example = "\"/etc/candor/users\"",
     .help = "Who may log in (AUTH) and then send to anywhere: a file with name:hash on each line, "
             "which `candor user` writes, with what SCRAM-SHA-256 needs behind it. Only in "
             "encrypted connections. SCRAM is offered when each account has what it needs."},
    {.name = "dovecot",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(login.dovecot),
     .max = 107,
     .example = "\"/run/dovecot/auth-client\"",
     .help =
         "Instead of `users`: the socket where Dovecot judges logins (its auth-client), so that "
         "mail is sent with the same accounts as it is read. Offered is what Dovecot offers, "
         "in encrypted connections only. While it does not answer: 454 4.7.0."},
    {.name = "pam",
     .type = CONF_PATH,
     .field = FIELD(login.pam),
     .must_exist = true,
     .example = "\"/etc/pam.d/candor\"",
     .help = "Instead of `users`: the service of PAM whose modules judge names and passwords. They "
             "run as the user that starts the server, in a process of their own. While they can't "
             "tell: 454 4.7.0."},
    {.name = "certificates",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(login.certificates),
     .must_exist = true,
     .example = "\"/etc/candor/clients.pem\"",
     .help =
         "A PEM file with the authorities that issue certificates to people: who shows one with "
         "an e-mail address that is the name of an account may log in by it (AUTH EXTERNAL)."},
    {.name = "tokens",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(login.tokens.url),
     .max = 1000,
     .example = "\"https://login.example.org/oauth2/introspect\"",
     .help = "Where it is asked whose a token of OAuth 2 is (introspection, RFC 7662): offers "
             "OAUTHBEARER and XOAUTH2. With `users`, the account has to stand there, too. While "
             "there is no answer: 454 4.7.0. An answer is remembered for a minute at most."},
    {.name = "tokens-user",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(login.tokens.user),
     .max = 255,
     .example = "\"candor\"",
     .help = "The name (client_id) by which this server may ask there."},
    {.name = "tokens-password",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(login.tokens.password_file),
     .must_exist = true,
     .example = "\"/etc/candor/tokens.password\"",
     .help = "A file whose first line is the password (client_secret) for it."},
    {.name = "tokens-name",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(login.tokens.name),
     .preset = "username",
     .max = 63,
     .example = "\"email\"",
     .help = "The member of the answer that names the account. What else the client says it is has "
             "to be the same."},
    {.name = "tokens-scope",
     .reloads = true,
     .type = CONF_TEXT,
     .field = FIELD(login.tokens.scope),
     .max = 255,
     .example = "\"smtp\"",
     .help = "A scope that a token has to have, so that one for something else sends no mail."},
    {.name = "tokens-authorities",
     .reloads = true,
     .type = CONF_PATH,
     .field = FIELD(login.tokens.authorities),
     .must_exist = true,
     .example = "\"/etc/candor/login-ca.pem\"",
     .help = "A PEM file with the authorities whose certificates prove that it is that server; the "
             "system's when left out."},
    {.name = "senders",
     .reloads = true,
     .type = CONF_CHOICE,
     .field = FIELD(login.senders),
     .preset = "any",
     .choices = sender_names,
     .example = "own",
     .help = "The sender addresses that people may use: any, or only their own (else 553 5.7.1): "
             "the mailbox that has the account's name, and aliases that lead to it."},
};

#endif
