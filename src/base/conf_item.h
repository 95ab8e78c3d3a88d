/* What a key of the configuration file is: its name, type, default and range, where its value goes,
 * and a sentence for a person. From tables of these come the parser, `candor check --defaults` and
 * the manual page. A room may export such tables; system/config reads them. */
#ifndef CANDOR_BASE_CONF_ITEM_H
#define CANDOR_BASE_CONF_ITEM_H

#include "base/ip.h"
#include "base/slice.h"

/* Each type with the C type of the field that it fills. */
enum conf_type {
    CONF_TEXT,      /* struct slice: any text without control characters */
    CONF_PATH,      /* struct slice: absolute path of a file or folder, NUL-terminated */
    CONF_HOST,      /* struct slice: a domain name */
    CONF_BOOL,      /* bool: true, false, yes, no, on, off */
    CONF_NUMBER,    /* uint64_t */
    CONF_SIZE,      /* uint64_t bytes: 512, 100 KiB, 25 MiB, 1 GiB */
    CONF_TIME,      /* int64_t ms: 500 ms, 30 s, 5 m, 4 h, 5 d; a bare number is refused */
    CONF_CHOICE,    /* int: index into `choices` */
    CONF_ENDPOINT,  /* struct endpoint: 127.0.0.1:25, [::1]:25 */
    CONF_HOST_PORT, /* struct conf_host_port: relay.example.net:587 */
    CONF_ENDPOINTS, /* struct conf_endpoints: a list */
    CONF_NETWORKS,  /* struct conf_networks: a list of address ranges */
    CONF_RESOLVERS, /* struct conf_endpoints: a list of ADDRESS or ADDRESS@PORT, as unbound has it
                     */
    CONF_IP,        /* struct ip: an address without a port */
    CONF_DAY,       /* int64_t days since 1970: 2026-12-01 */
    CONF_NAMES      /* struct conf_names: a list of domain names, or of labels of one */
};

struct conf_host_port {
    struct slice
        host; /* name or address, without brackets; NUL-terminated; empty: none was given */
    uint16_t port;
};

struct conf_endpoints {
    struct endpoint *at;
    size_t count;
};

struct conf_networks {
    struct cidr *at;
    size_t count;
};

struct conf_names {
    struct slice *at;
    size_t count;
};

struct conf_item {
    const char *name;
    enum conf_type type;
    size_t field;       /* offset in the section's struct */
    const char *preset; /* default as one would write it (lists: parts between ", "); NULL: none */
    bool is_required;
    bool reloads;               /* a reload changes it; else a restart is needed */
    bool must_exist;            /* of PATH: the file or folder must be there and readable */
    uint64_t min, max;          /* of NUMBER, SIZE, TIME (ms); of PATH max bytes; max 0: no range */
    const char *const *choices; /* of CHOICE, ended by NULL */
    const char *example;        /* a value as it stands in the file, quotes included */
    const char *help;           /* one or more sentences */
};

#endif
