#include "cli/probe_way.h"

static bool name_section(const struct places_route *way, struct arena *arena, struct slice *name_r)
{
    enum { NAME_MAX_BYTES = 300 };
    char text[NAME_MAX_BYTES];
    struct buf out;
    buf_init_fixed(&out, text, sizeof(text));
    buf_add_str(&out, way->config ? "route " : "relay");
    buf_add(&out, way->config ? way->config->name : SLICE(""));
    return arena_dup(arena, buf_slice(&out), name_r);
}

bool probe_choose_way(struct probe_question *q, bool is_direct, struct places *places,
                      struct arena *arena)
{
    q->route =
        (struct route){.agent = AGENT_SMTP, .destination = q->domain, .is_smarthost = q->is_host};
    if (!places_init(places, q->config, (struct hash_key){0}))
        return false;
    if (q->is_host || config_domain(q->config, q->domain))
        return true;
    const struct places_route *way = places_way(places, q->sender, q->domain);
    q->route.tls = way->tls;
    if (is_direct || way->smarthost.len == 0)
        return true;
    q->route.destination = way->smarthost;
    q->route.is_smarthost = true;
    q->login = way->login;
    return name_section(way, arena, &q->section);
}
