/* The keys for where mail leaves from and which way it takes: rows of the table in config_schema.c,
 * which alone includes this. */
#ifndef CANDOR_SYSTEM_CONFIG_SCHEMA_SOURCES_H
#define CANDOR_SYSTEM_CONFIG_SCHEMA_SOURCES_H

#include "base/conf_item.h"
#include "system/config.h"

static const struct conf_item source_items[] = {
    {.name = "ipv4",
     .type = CONF_IP,
     .field = offsetof(struct config_source, ipv4),
     .example = "\"192.0.2.25\"",
     .help = "Its IPv4 address, which this machine has. With ipv6 alone, hosts that have only IPv4 "
             "are not reached from it; with neither the system chooses."},
    {.name = "ipv6",
     .type = CONF_IP,
     .field = offsetof(struct config_source, ipv6),
     .example = "\"2001:db8::25\"",
     .help = "The same for IPv6."},
    {.name = "helo",
     .type = CONF_HOST,
     .field = offsetof(struct config_source, helo),
     .example = "\"out1.example.org\"",
     .help = "What it calls itself in EHLO: the name that its addresses have in the DNS, and the "
             "other way round. Left out: hostname."},
    {.name = "weight",
     .type = CONF_NUMBER,
     .field = offsetof(struct config_source, weight),
     .preset = "1",
     .min = 1,
     .max = 1000,
     .example = "1",
     .help = "Its share of a pool's messages, compared with those of the others."},
    {.name = "warm-up-begins",
     .type = CONF_DAY,
     .field = offsetof(struct config_source, warm_up_begins),
     .example = "\"2026-12-01\"",
     .help = "The first day (in UTC) of a new address, which sends nothing before, and then only "
             "so much a day: receivers distrust who begins with thousands. What is over goes from "
             "others of the pool, or waits for the next day. Left out: it sends any number."},
    {.name = "warm-up-first",
     .type = CONF_NUMBER,
     .field = offsetof(struct config_source, warm_up_first),
     .preset = "50",
     .min = 1,
     .max = 1000000000,
     .example = "50",
     .help = "Messages on that first day."},
    {.name = "warm-up-growth",
     .type = CONF_NUMBER,
     .field = offsetof(struct config_source, warm_up_growth),
     .preset = "100",
     .max = 1000,
     .example = "100",
     .help = "By how many percent each day's number is larger than that of the day before; 100 "
             "doubles it."},
    {.name = "warm-up-last",
     .type = CONF_NUMBER,
     .field = offsetof(struct config_source, warm_up_last),
     .preset = "100000",
     .min = 1,
     .max = 1000000000,
     .example = "100000",
     .help = "A day's number with which the warm-up is over: from then on any number."},
};

static const struct conf_item pool_items[] = {
    {.name = "sources",
     .type = CONF_NAMES,
     .field = offsetof(struct config_pool, sources),
     .is_required = true,
     .example = "{ \"out1\" }",
     .help = "The sections source that it is made of. Messages are spread over them by their "
             "weights; where a site refuses one for its address, the next one takes its place."},
};

/* One more than those of relay, which stand behind it in the same order. */
static const char *const route_tls_names[] = {"relay", "off", "may", "must", "verify", NULL};

static const struct conf_item route_items[] = {
    {.name = "senders",
     .type = CONF_NAMES,
     .field = offsetof(struct config_route, senders),
     .example = "{ \"news.example.org\" }",
     .help = "It is for mail from senders at these domains, not at those below them. Left out: "
             "from any."},
    {.name = "recipients",
     .type = CONF_NAMES,
     .field = offsetof(struct config_route, recipients),
     .example = "{ \"partner.example\" }",
     .help = "It is for recipients at these domains, not at those below them. Left out: at any."},
    {.name = "smarthost",
     .type = CONF_HOST_PORT,
     .field = offsetof(struct config_route, smarthost),
     .example = "\"relay.example.net:25\"",
     .help = "The server that takes this mail. Left out: as the section relay says."},
    {.name = "smarthost-user",
     .type = CONF_TEXT,
     .field = offsetof(struct config_route, login.user),
     .example = "\"news@example.net\"",
     .help = "The name to log in with there, as in the section relay. Left out: without a login, "
             "but at the smarthost of the section relay with the login of that section."},
    {.name = "smarthost-password",
     .type = CONF_PATH,
     .field = offsetof(struct config_route, login.password_file),
     .must_exist = true,
     .example = "\"/etc/candor/news.password\"",
     .help = "The file with the password for it, as in the section relay."},
    {.name = "smarthost-token",
     .type = CONF_PATH,
     .field = offsetof(struct config_route, login.token_file),
     .must_exist = true,
     .example = "\"/run/candor/news.token\"",
     .help = "Instead of a password: the file with an access token, as in the section relay."},
    {.name = "smarthost-mechanism",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_route, login.mechanism),
     .preset = "best",
     .choices = mechanism_names,
     .example = "plain",
     .help = "The only way to log in there, as in the section relay."},
    {.name = "tls",
     .type = CONF_CHOICE,
     .field = offsetof(struct config_route, tls),
     .preset = "relay",
     .choices = route_tls_names,
     .example = "verify",
     .help = "How safe connections for this mail have to be: off, may, must or verify, as in the "
             "section relay, or as that says. What the receiving domain asks for (DANE, MTA-STS) "
             "is kept to all the same."},
    {.name = "direct",
     .type = CONF_BOOL,
     .field = offsetof(struct config_route, direct),
     .preset = "false",
     .example = "true",
     .help = "Straight to the mail exchangers, even if the section relay has a smarthost."},
    {.name = "pool",
     .type = CONF_TEXT,
     .field = offsetof(struct config_route, pool),
     .example = "bulk",
     .help = "The section pool whose addresses it leaves from. Left out: as the section relay "
             "says."},
};

#endif
