#include "system/config_schema.h"

#include "system/config.h"

#define FIELD(name) offsetof(struct config, name)
#define SECOND      ((uint64_t)1000)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)
#define DAY         (24 * HOUR)
#define KIB         ((uint64_t)1024)
#define MIB         (1024 * KIB)
#define GIB         (1024 * MIB)

#include "system/config_schema_login.h"
#include "system/config_schema_receiving.h"
#include "system/config_schema_sending.h"
#include "system/config_schema_sources.h"

static const char *const level_names[] = {"error", "warning", "info", "debug", NULL};
static const char *const format_names[] = {"text", "json", NULL};
static const char *const tls_names[] = {"starttls", "implicit", "off", NULL};
static const char *const line_endings_names[] = {"reject", "normalize", NULL};
static const char *const when_full_names[] = {"later", "refuse", NULL};
static const char *const write_as_names[] = {"user", "owner", NULL};
static const char *const sandbox_names[] = {"on", "required", "off", NULL};
static const char *const deliver_names[] = {"maildir", "lmtp", NULL};

static const struct conf_item general_items[] = {
    {.name = "hostname",
     .type = CONF_HOST,
     .field = FIELD(hostname),
     .is_required = true,
     .example = "\"mx.example.org\"",
     .help = "The full name of this host. It stands in the greeting, in Received headers and in "
             "EHLO; its A or AAAA record should lead here and the reverse record back."},
    {.name = "user",
     .type = CONF_TEXT,
     .field = FIELD(user),
     .preset = "candor",
     .example = "\"candor\"",
     .help = "The user to become after the ports are bound, when started as root."},
    {.name = "threads",
     .type = CONF_NUMBER,
     .field = FIELD(threads),
     .preset = "0",
     .max = 256,
     .example = "4",
     .help = "Event loops for connections; 0 is one per processor."},
    {.name = "sandbox",
     .type = CONF_CHOICE,
     .field = FIELD(sandbox),
     .preset = "on",
     .choices = sandbox_names,
     .example = "on",
     .help = "Whether the server gives up, once it has started, what it does not need: with "
             "Landlock all files but its spool, its Maildirs and what this configuration names; "
             "with seccomp the system calls that start programs, change users or look into other "
             "processes. on does without what the kernel has not, and logs it; required does not "
             "start then; off gives up nothing."},
    {.name = "rules",
     .type = CONF_PATH,
     .field = FIELD(rules),
     .reloads = true,
     .preset = CONFIG_RULES,
     .example = "\"/etc/candor/rules.d\"",
     .help =
         "A folder whose *.rules are read at the start and by a reload: your own rules of what a "
         "reply means, and your own advice, beside the built-in ones. The queue decides by them "
         "too; candor-explain(1) says how "
         "they are written. It need not exist."},
};

static const struct conf_item listen_items[] = {
    {.name = "address",
     .type = CONF_ENDPOINTS,
     .field = offsetof(struct config_listen, addresses),
     .is_required = true,
     .example = "\"0.0.0.0:25\"",
     .help = "Where to listen: one address with its port, or a list: { \"0.0.0.0:25\", "
             "\"[::]:25\" }."},
    {.name = "tls",
     .reloads = true,
     .type = CONF_CHOICE,
     .field = offsetof(struct config_listen, tls),
     .preset = "starttls",
     .choices = tls_names,
     .example = "implicit",
     .help = "starttls offers encryption where there is a certificate; implicit begins with it, as "
             "port 465 does; off offers none."},
    {.name = "require-tls",
     .reloads = true,
     .type = CONF_BOOL,
     .field = offsetof(struct config_listen, require_tls),
     .preset = "false",
     .example = "true",
     .help = "Takes no mail before the connection is encrypted: 530 5.7.0. Not for port 25, where "
             "other servers may not be able to."},
    {.name = "require-login",
     .reloads = true,
     .type = CONF_BOOL,
     .field = offsetof(struct config_listen, require_login),
     .preset = "false",
     .example = "true",
     .help = "Takes mail only from people who logged in: 530 5.7.0 before that."},
    {.name = "never-accepts",
     .type = CONF_BOOL,
     .reloads = true,
     .field = offsetof(struct config_listen, never_accepts),
     .preset = "false",
     .example = "true",
     .help = "Greets everybody with 521: this host takes no mail (RFC 7504), and says so at once "
             "instead of not answering."},
    {.name = "deliver-by",
     .type = CONF_BOOL,
     .reloads = true,
     .field = offsetof(struct config_listen, deliver_by),
     .preset = "false",
     .example = "true",
     .help =
         "Offers DELIVERBY (RFC 2852): at MAIL a sender says in how many seconds a message is to "
         "be delivered, and whether it then comes back (R) or he is told and it goes on (N)."},
    {.name = "etrn",
     .type = CONF_BOOL,
     .reloads = true,
     .field = offsetof(struct config_listen, etrn),
     .preset = "false",
     .example = "true",
     .help = "Offers ETRN (RFC 1985): a host that is not always connected asks for what waits for "
             "its domain, which is then tried at once. For people who log in and for the relay "
             "networks; others are answered 459."},
    {.name = "proxy-protocol",
     .reloads = true,
     .type = CONF_NETWORKS,
     .field = offsetof(struct config_listen, proxies),
     .example = "{ \"192.0.2.10\", \"10.1.0.0/16\" }",
     .help = "The proxies, such as HAProxy with send-proxy or send-proxy-v2, that say with the "
             "PROXY protocol for whom they connect: that address is the client's for limits, "
             "checks, log and Received headers. Everybody else is refused here with 554, and a "
             "proxy that says nothing is cut off. Left out: clients connect themselves."},
    {.name = "trusted-proxies",
     .reloads = true,
     .type = CONF_NETWORKS,
     .field = offsetof(struct config_listen, speakers),
     .example = "{ \"192.0.2.11\" }",
     .help = "Mail proxies, such as nginx or a Postfix in front, that may say with XCLIENT for "
             "which client they speak, once in a connection, and with XFORWARD where the next "
             "messages come from, for the log. They are not judged themselves; who XCLIENT names "
             "is, from the greeting on, and its LOGIN is believed. Nobody else is offered these "
             "commands."},
    {.name = "clients-in-turn",
     .reloads = true,
     .type = CONF_BOOL,
     .field = offsetof(struct config_listen, clients_in_turn),
     .preset = "false",
     .example = "true",
     .help = "The trusted proxies may send XCLIENT again and again, for one client after the "
             "other. Only for those that speak SMTP themselves: behind one that passes on what its "
             "client says (nginx does), a client could say that he is somebody else."},
    {.name = "line-endings",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_listen, line_endings),
     .preset = "reject",
     .choices = line_endings_names,
     .example = "normalize",
     .help = "What becomes of a message with a line that ends with LF alone, against RFC 5321 "
             "2.3.8: reject answers 554 5.6.0 and the line's number; normalize makes CR LF of it, "
             "for old devices that can't be mended. Only CR LF . CR LF ever ends a message, so "
             "that nobody smuggles in a second one."},
};

static const struct conf_item refuse_items[] = {
    {.name = "domains",
     .type = CONF_NAMES,
     .field = FIELD(refuse.domains),
     .example = "{ \"old.example.org\", \"news.example.org\" }",
     .help = "Domains that take no mail at all: their recipients are answered 521 5.3.2, whoever "
             "asks."},
};

static const struct conf_item certificate_items[] = {
    {.name = "file",
     .type = CONF_PATH,
     .field = offsetof(struct config_certificate, file),
     .is_required = true,
     .must_exist = true,
     .example = "\"/etc/ssl/mx.example.org/fullchain.pem\"",
     .help = "A PEM file: the server's certificate, then those that lead to its root."},
    {.name = "key",
     .type = CONF_PATH,
     .field = offsetof(struct config_certificate, key),
     .must_exist = true,
     .example = "\"/etc/ssl/mx.example.org/privkey.pem\"",
     .help =
         "The PEM file of its private key. Left out: it stands in `file`. It is read before the "
         "server becomes `user`, so that it may be root's alone."},
};

static const struct conf_item domain_items[] = {
    {.name = "mailboxes",
     .type = CONF_PATH,
     .field = offsetof(struct config_domain, mailboxes),
     .is_required = true,
     .must_exist = true,
     .example = "\"/etc/candor/mailboxes\"",
     .help = "Which mailboxes there are: a file with a local part on each line, behind it the path "
             "of its Maildir if that is another than `maildir` says; or a folder that holds one "
             "Maildir for each mailbox. postmaster has one in any case, unless an alias is for it "
             "(RFC 5321 4.5.1)."},
    {.name = "aliases",
     .type = CONF_PATH,
     .field = offsetof(struct config_domain, aliases),
     .must_exist = true,
     .example = "\"/etc/aliases\"",
     .help = "A file in the format of aliases(5): name: target, target. A target is a name, an "
             "address or :include:/a/file; commands and files are refused. The name * catches all "
             "that there is nothing else for; name: :moved: new@address answers 551 with the new "
             "address, :told: forwards and answers 251; name: :disabled: answers 550 5.2.1, "
             ":paused: 450 4.2.1, for as long as it stands there, whether there is a mailbox or "
             "not."},
    {.name = "deliver",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_domain, deliver),
     .preset = "maildir",
     .choices = deliver_names,
     .example = "maildir",
     .help = "How mail gets into the mailbox: maildir writes it there, lmtp hands it to another "
             "server, such as Dovecot, which says of each recipient whether it took it."},
    {.name = "lmtp",
     .type = CONF_TEXT,
     .field = offsetof(struct config_domain, lmtp),
     .example = "\"/run/dovecot/lmtp\"",
     .help = "Where the LMTP server listens (RFC 2033): the path of its socket, or host:port. The "
             "connection is not encrypted: for this host, or a network of yours."},
    {.name = "maildir",
     .type = CONF_PATH,
     .field = offsetof(struct config_domain, maildir),
     .preset = "/var/mail/%d/%u",
     .example = "\"/home/%u/Maildir\"",
     .help = "Where the Maildirs lie: %u stands for the local part, %d for the domain."},
    {.name = "write-as",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_domain, write_as),
     .preset = "user",
     .choices = write_as_names,
     .example = "owner",
     .help = "Who writes the Maildirs: user, whom the server runs as; or owner, whoever owns the "
             "Maildir, or the folder that it is to be made in, as in the homes of system users. "
             "That takes a server that root started; root's own is written by nobody."},
    {.name = "quota",
     .type = CONF_SIZE,
     .field = offsetof(struct config_domain, quota),
     .preset = "0",
     .max = 1024 * GIB,
     .example = "\"2 GiB\"",
     .help = "What each mailbox may hold, counted as Maildir++ does; 0 leaves it to the file "
             "maildirsize in the Maildir, if there is one."},
    {.name = "when-full",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_domain, when_full),
     .preset = "later",
     .choices = when_full_names,
     .example = "refuse",
     .help = "later answers 452 4.2.2 for a mailbox that is full, so that the sender's server "
             "tries again; refuse answers 552 5.2.2, so that the sender learns of it at once."},
};

static const struct conf_item spool_items[] = {
    {.name = "path",
     .type = CONF_PATH,
     .field = FIELD(spool.path),
     .preset = "/var/spool/candor",
     .example = "\"/var/spool/candor\"",
     .help = "The folder of accepted messages; it should lie on a disk of its own."},
    {.name = "reserve",
     .type = CONF_SIZE,
     .field = FIELD(spool.reserve),
     .preset = "64 MiB",
     .max = 1024 * GIB,
     .example = "\"64 MiB\"",
     .help = "Disk space that stays free: below it new mail is put off with 452 4.3.1."},
};

static const struct conf_item web_items[] = {
    {.name = "address",
     .type = CONF_ENDPOINT,
     .field = FIELD(web.address),
     .example = "\"127.0.0.1:8025\"",
     .help = "Where the page is served. It has no login yet: keep it on the loopback. Left out: "
             "no page."},
};

static const struct conf_item control_items[] = {
    {.name = "path",
     .type = CONF_PATH,
     .field = FIELD(control.path),
     .preset = CONFIG_SOCKET,
     .max = 107,
     .example = "\"/run/candor/control\"",
     .help = "The socket through which `candor queue` and its like talk to the server. Who may "
             "write to the file may do all that they can."},
};

static const struct conf_item resolver_items[] = {
    {.name = "nameserver",
     .type = CONF_RESOLVERS,
     .field = FIELD(resolver.nameservers),
     .example = "{ \"127.0.0.1\", \"127.0.0.1@5300\" }",
     .help = "The name servers to ask, each an address with an optional @port. Left out: those of "
             "/etc/resolv.conf."},
    {.name = "trust-anchor",
     .type = CONF_PATH,
     .field = FIELD(resolver.trust_anchor),
     .must_exist = true,
     .example = "\"/usr/share/dns/root.key\"",
     .help = "A file with the DNSSEC trust anchor. Left out: answers are not validated here."},
};

static const struct conf_item queue_items[] = {
    {.name = "retry-first",
     .type = CONF_TIME,
     .field = FIELD(queue.retry_first),
     .preset = "5 m",
     .min = 1,
     .max = 1 * DAY,
     .example = "\"5 m\"",
     .help = "The wait after the first failed attempt; it doubles with each further one."},
    {.name = "retry-most",
     .type = CONF_TIME,
     .field = FIELD(queue.retry_most),
     .preset = "4 h",
     .min = 1,
     .max = 5 * DAY,
     .example = "\"4 h\"",
     .help = "The longest wait between attempts."},
    {.name = "look-again",
     .type = CONF_TIME,
     .field = FIELD(queue.look_again),
     .preset = "15 min",
     .min = 1,
     .max = 5 * DAY,
     .example = "\"15 min\"",
     .help =
         "The longest wait before one message looks whether a server that nobody reached is back; "
         "after four hours, a sixteenth of the time that it has been gone."},
    {.name = "suspend",
     .type = CONF_TIME,
     .field = FIELD(queue.suspend),
     .preset = "2 h",
     .min = 1,
     .max = 5 * DAY,
     .example = "\"2 h\"",
     .help = "How long all mail for a site waits when it refuses us for a reason that you have to "
             "mend: a blocklist, a missing reverse name, a login. Then one message asks again."},
    {.name = "suppress",
     .type = CONF_TIME,
     .field = FIELD(queue.suppress),
     .preset = "0 s",
     .max = 400 * DAY,
     .example = "\"30 d\"",
     .help = "How long an address that was refused for good is on the suppression list: mail to it "
             "goes back at once, without asking its server. 0 s: not at all; only what `candor "
             "suppress add` names is listed then."},
    {.name = "lifetime",
     .type = CONF_TIME,
     .field = FIELD(queue.lifetime),
     .preset = "5 d",
     .min = 1,
     .max = 30 * DAY,
     .example = "\"5 d\"",
     .help = "After this time a message that could not be delivered goes back to its sender; RFC "
             "5321 4.5.4.1 wants 4 to 5 days."},
    {.name = "bounce-lifetime",
     .type = CONF_TIME,
     .field = FIELD(queue.bounce_lifetime),
     .preset = "1 d",
     .min = 1,
     .max = 30 * DAY,
     .example = "\"1 d\"",
     .help = "The same for a bounce, which has nobody to go back to."},
    {.name = "warn-after",
     .type = CONF_TIME,
     .field = FIELD(queue.warn_after),
     .preset = "0 s",
     .max = 5 * DAY,
     .example = "\"4 h\"",
     .help = "Tell the sender once that the message is late, after this time; 0 s is never."},
    {.name = "connections-per-site",
     .type = CONF_NUMBER,
     .field = FIELD(queue.connections_per_site),
     .preset = "10",
     .min = 1,
     .max = 1000,
     .example = "10",
     .help =
         "Connections at once to one site: the mail exchangers that a domain has, whatever other "
         "domains have the same. It begins with two, and one more for each success."},
    {.name = "messages-per-connection",
     .type = CONF_NUMBER,
     .field = FIELD(queue.messages_per_connection),
     .preset = "100",
     .min = 1,
     .max = 100000,
     .example = "100",
     .help = "Messages over one connection, before it is closed."},
    {.name = "messages-per-minute",
     .type = CONF_NUMBER,
     .field = FIELD(queue.messages_per_minute),
     .preset = "0",
     .max = 60000,
     .example = "600",
     .help = "Deliveries begun in a minute for one site; 0 is no limit. A site that finds us too "
             "fast is given more time by itself, and less again as it takes mail."},
    {.name = "deliveries",
     .type = CONF_NUMBER,
     .field = FIELD(queue.deliveries),
     .preset = "500",
     .min = 1,
     .max = 100000,
     .example = "500",
     .help =
         "Deliveries at once, in all. As many again may be under way to sites that have not taken "
         "mail yet, so that dead ones keep nobody else waiting."},
    {.name = "connect-timeout",
     .type = CONF_TIME,
     .field = FIELD(queue.connect_timeout),
     .preset = "30 s",
     .min = 1,
     .max = 5 * MINUTE,
     .example = "\"30 s\"",
     .help = "How long to wait for a connection to be made."},
    {.name = "answer-timeout",
     .type = CONF_TIME,
     .field = FIELD(queue.answer_timeout),
     .preset = "10 min",
     .min = 1,
     .max = 10 * MINUTE,
     .example = "\"10 min\"",
     .help = "How long to wait for the whole of an answer at most. RFC 5321 4.5.3.2 has a time for "
             "each command, from 2 to 10 minutes, which holds where it is shorter."},
    {.name = "campaign-fields",
     .reloads = true,
     .type = CONF_NAMES,
     .field = FIELD(queue.campaign_fields),
     .preset = "X-Campaign, Feedback-ID, List-Id",
     .example = "{ \"X-Campaign\", \"List-Id\" }",
     .help = "Header fields of which the first that a message has names its campaign, by which "
             "`candor queue` chooses and suspends. It is read when the message comes in."},
};

static const struct conf_item log_items[] = {
    {.name = "to",
     .type = CONF_TEXT,
     .field = FIELD(log.to),
     .preset = "stderr",
     .example = "\"/var/log/candor.log\"",
     .help = "stderr, syslog, journal, or the path of a file."},
    {.name = "level",
     .type = CONF_CHOICE,
     .field = FIELD(log.level),
     .preset = "info",
     .choices = level_names,
     .example = "info",
     .help = "The least important events to write."},
    {.name = "format",
     .type = CONF_CHOICE,
     .field = FIELD(log.format),
     .preset = "text",
     .choices = format_names,
     .example = "json",
     .help = "text is a line of key=value for people; json is one object a line."},
};

#define ITEMS(table) .items = table, .item_count = sizeof(table) / sizeof((table)[0])

const struct conf_section config_schema[] = {
    {.name = NULL, ITEMS(general_items), .help = "These keys stand outside of any section."},
    {.name = "listen",
     .title = TITLE_LABEL,
     .size = sizeof(struct config_listen),
     .list = FIELD(listens),
     .count = FIELD(listen_count),
     .title_field = offsetof(struct config_listen, name),
     ITEMS(listen_items),
     .example_title = "mx",
     .help = "An entrance for mail. The title says what for: mx takes mail from other servers, "
             "submission takes it from people; mx-NAME and submission-NAME are further ones."},
    {.name = "certificate",
     .title = TITLE_LABEL,
     .size = sizeof(struct config_certificate),
     .list = FIELD(certificates),
     .count = FIELD(certificate_count),
     .title_field = offsetof(struct config_certificate, name),
     ITEMS(certificate_items),
     .reloads = true,
     .example_title = "mx",
     .help = "A certificate for TLS. Of several the one is shown whose names fit what the client "
             "asks for (SNI), else the first."},
    {.name = "refuse", ITEMS(refuse_items), .reloads = true, .help = "What is never taken."},
    {.name = "login", ITEMS(login_items), .help = "People with an account."},
    {.name = "domain",
     .title = TITLE_DOMAIN,
     .size = sizeof(struct config_domain),
     .list = FIELD(domains),
     .count = FIELD(domain_count),
     .title_field = offsetof(struct config_domain, name),
     ITEMS(domain_items),
     .reloads = true,
     .example_title = "example.org",
     .help = "A domain whose mail ends here."},
    {.name = "dkim",
     .title = TITLE_DOMAIN,
     .size = sizeof(struct config_dkim),
     .list = FIELD(dkims),
     .count = FIELD(dkim_count),
     .title_field = offsetof(struct config_dkim, domain),
     ITEMS(dkim_items),
     .example_title = "example.org",
     .help = "DKIM signatures (RFC 6376) for mail that leaves with an author (From) at this domain "
             "or below it. Only what people of ours send is signed: from the relay networks, after "
             "a login, or made by the server itself."},
    {.name = "relay", ITEMS(relay_items), .help = "Mail to elsewhere."},
    {.name = "source",
     .reloads = true,
     .title = TITLE_LABEL,
     .size = sizeof(struct config_source),
     .list = FIELD(sources),
     .count = FIELD(source_count),
     .title_field = offsetof(struct config_source, name),
     ITEMS(source_items),
     .example_title = "out1",
     .help = "Addresses of this machine that mail to elsewhere may leave from, by way of a pool."},
    {.name = "pool",
     .reloads = true,
     .title = TITLE_LABEL,
     .size = sizeof(struct config_pool),
     .list = FIELD(pools),
     .count = FIELD(pool_count),
     .title_field = offsetof(struct config_pool, name),
     ITEMS(pool_items),
     .example_title = "main",
     .help = "Sources that share mail between them."},
    {.name = "route",
     .reloads = true,
     .title = TITLE_LABEL,
     .size = sizeof(struct config_route),
     .list = FIELD(routes),
     .count = FIELD(route_count),
     .title_field = offsetof(struct config_route, name),
     ITEMS(route_items),
     .example_title = "news",
     .help = "A way for some of the mail to elsewhere, by the domain of its sender or of its "
             "recipient. Of "
             "several the first that fits holds, in the order of the file."},
    {.name = "dnsbl",
     .title = TITLE_DOMAIN,
     .size = sizeof(struct config_dnsbl),
     .list = FIELD(dnsbls),
     .count = FIELD(dnsbl_count),
     .title_field = offsetof(struct config_dnsbl, zone),
     ITEMS(dnsbl_items),
     .reloads = true,
     .example_title = "list.example.net",
     .help = "A blocklist that is asked over the DNS about each client, but for relay networks and "
             "people who log in. Who is on it is refused with 550 5.7.1 at each recipient but "
             "postmaster and abuse. The title is the list's zone. A list that does not answer "
             "refuses nobody. Several are asked at once."},
    {.name = "checks",
     ITEMS(checks_items),
     .reloads = true,
     .help = "What is looked at before mail is taken."},
    {.name = "spool", ITEMS(spool_items), .help = "The store of accepted messages."},
    {.name = "web", ITEMS(web_items), .help = "The page that explains replies."},
    {.name = "control", ITEMS(control_items), .help = "The way in for the operator."},
    {.name = "resolver", ITEMS(resolver_items), .help = "Who answers questions of DNS."},
    {.name = "limits",
     ITEMS(limits_items),
     .reloads = true,
     .help = "What one client may ask for."},
    {.name = "queue", ITEMS(queue_items), .help = "When delivery is tried again."},
    {.name = "reverse-path",
     ITEMS(reverse_path_items),
     .help = "Sender addresses that this server makes: they are signed, so that forged bounces are "
             "refused (550 5.1.1)."},
    {.name = "notices",
     ITEMS(notices_items),
     .reloads = true,
     .help = "What senders are told of their mail: failures, delays and, if they ask, successes."},
    {.name = "log", ITEMS(log_items), .help = "What happened, for the operator."},
    {.items = NULL},
};

const struct conf_item *conf_section_item(const struct conf_section *section, struct slice name)
{
    for (size_t i = 0; i < section->item_count; i++)
        if (slice_eq(slice_str(section->items[i].name), name))
            return &section->items[i];
    return NULL;
}
