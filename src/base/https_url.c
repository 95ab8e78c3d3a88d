#include "base/https_url.h"

enum { HOST_MAX = 255, PORT_USUAL = 443 };

static bool is_visible(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return true;
}

static bool is_host(struct slice s, bool is_bracketed)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && s.at[i] != '.' && s.at[i] != (is_bracketed ? ':' : '-'))
            return false;
    return s.len > 0 && s.len <= HOST_MAX;
}

/* `:8443`, or nothing. */
static bool read_port(struct slice s, uint16_t *port_r)
{
    uint32_t port = PORT_USUAL;
    if (s.len > 0 && (s.at[0] != ':' || !slice_u32(slice_from(s, 1), &port)))
        return false;
    *port_r = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

bool https_url_read(struct slice text, struct https_url *u_r)
{
    static const struct slice scheme = SLICE_INIT("https://");
    if (!slice_istarts(text, scheme) || !is_visible(text) || slice_find(text, '#', 0) != SLICE_NONE)
        return false;
    struct slice rest = slice_from(text, scheme.len);
    size_t slash = slice_find(rest, '/', 0);
    struct slice authority = slice_head(rest, slash);
    bool is_bracketed = slice_starts(authority, SLICE("["));
    size_t end = slice_find(authority, is_bracketed ? ']' : ':', 0);
    if (is_bracketed && end == SLICE_NONE)
        return false;
    u_r->path = slash == SLICE_NONE ? SLICE("/") : slice_from(rest, slash);
    u_r->host = slice_from(slice_head(authority, end), is_bracketed);
    return is_host(u_r->host, is_bracketed) &&
           read_port(slice_from(authority, end == SLICE_NONE ? authority.len : end + is_bracketed),
                     &u_r->port);
}
