#include "system/config_internal.h"

#include <stdio.h>

#include "base/err.h"
#include "system/file.h"
#include "system/heap.h"

/* A file of aliases(5): `name: target, target`, a line that begins with white space goes on with
 * the one before, `#` begins a line of comment. A target is a local part, an address, or
 * :include:/a/file of targets. `*` is every name that there is nothing else for. Forms of our own
 * tell the sender: `name: :moved: new@address` (551), `name: :told: new@address` (251), `name:
 * :disabled:` (550) and `name: :paused:` (450).
 * Commands and files, which aliases(5) has too, are refused: they would run as the server. */

enum {
    ALIASES_FILE_MAX = 32 * 1024 * 1024,
    ENTRY_MAX = 1024 * 1024,
    INCLUDE_DEPTH_MAX = 4,
    TARGETS_MAX = 100000, /* of one entry */
    LIST_FIRST = 4
};

struct aliases {
    struct config_domain *domain;
    struct arena *arena;
    struct config_problems *problems;
    const char *file;
    unsigned line; /* of the entry's start */
    unsigned depth;
    struct config_alias *alias; /* being read */
    size_t room;                /* of its targets */
};

static void problem(struct aliases *a, struct slice about, const char *what)
{
    config_problem_add(a->problems, a->file, a->line, "%.*s: %s", (int)slice_head(about, 80).len,
                       about.at, what);
}

static bool grow(struct aliases *a)
{
    struct config_alias *to = a->alias;
    if (to->count < a->room)
        return true;
    size_t room = a->room ? a->room * 2 : LIST_FIRST;
    struct slice *list =
        to->count < TARGETS_MAX ? arena_array(a->arena, room, sizeof(*list)) : NULL;
    if (!list)
        return false;
    if (to->count)
        memcpy(list, to->targets, to->count * sizeof(*list));
    to->targets = list;
    a->room = room;
    return true;
}

/* A local part gets the domain of the file. */
static void add_address(struct aliases *a, struct slice target)
{
    size_t at = slice_rfind(target, '@');
    struct slice local = slice_head(target, at);
    struct slice domain = at == SLICE_NONE ? a->domain->name : slice_from(target, at + 1);
    char storage[CONFIG_HOST_ROOM];
    if (!config_is_local_part(local) || !config_value_host(domain, storage, &domain)) {
        problem(a, target,
                "this is neither a name nor an address; right is, for example, alice or "
                "alice@example.org");
        return;
    }
    char *text = arena_take(a->arena, local.len + 1 + domain.len);
    if (!text || !grow(a)) {
        problem(a, target, "there are more targets in this alias than can be kept");
        return;
    }
    memcpy(text, local.at, local.len);
    text[local.len] = '@';
    memcpy(text + local.len + 1, domain.at, domain.len);
    a->alias->targets[a->alias->count++] = slice_of(text, local.len + 1 + domain.len);
}

static void add_targets(struct aliases *a, struct slice list);

static void note_included(struct aliases *a, struct slice path)
{
    struct config_included *i = arena_take(a->arena, sizeof(*i));
    if (!i || !arena_dup(a->arena, path, &i->path)) {
        problem(a, path, err_text(ERR_MEMORY));
        return;
    }
    i->next = a->domain->included;
    a->domain->included = i;
}

static void include(struct aliases *a, struct slice path)
{
    char name[4096];
    struct buf text;
    struct slice rest, line;
    const char *why = "files include each other more than 4 deep";
    buf_init(&text, &heap, ALIASES_FILE_MAX + 8192);
    if (path.len == 0 || path.at[0] != '/' || !slice_cstr(path, name, sizeof(name))) {
        problem(a, path, ":include: needs the path of a file, which begins with /");
    } else if (a->depth == INCLUDE_DEPTH_MAX || !file_read(name, ALIASES_FILE_MAX, &text, &why)) {
        problem(a, path, why);
    } else {
        note_included(a, path);
        a->depth++;
        rest = buf_slice(&text);
        while (slice_line(&rest, &line))
            if ((line = slice_trim(line)).len && line.at[0] != '#')
                add_targets(a, line);
        a->depth--;
    }
    buf_free(&text);
}

static void add_target(struct aliases *a, struct slice target)
{
    static const struct slice prefix = SLICE_INIT(":include:");
    if (slice_istarts(target, prefix))
        include(a, slice_trim(slice_from(target, prefix.len)));
    else if (target.at[0] == '|')
        problem(a, target,
                "commands are not run from aliases; write a mailbox or an address, and let "
                "a filter read that mailbox");
    else if (target.at[0] == '/')
        problem(a, target,
                "mail is not written into files from aliases; write a mailbox or an "
                "address");
    else if (target.at[0] == ':')
        problem(a, target,
                "known are :include:/a/file, and alone behind a name :moved: and :told: "
                "with the new address, :disabled: and :paused: without one");
    else
        add_address(a, target);
}

/* One item of a list up to a comma outside quotes; what stands wholly in quotes loses them. */
static bool take_item(struct slice *rest, struct slice *item_r)
{
    bool is_quoted = false;
    size_t at = 0;
    if (rest->len == 0)
        return false;
    for (; at < rest->len && (is_quoted || rest->at[at] != ','); at++) {
        if (is_quoted && rest->at[at] == '\\' && at + 1 < rest->len)
            at++;
        else if (rest->at[at] == '"')
            is_quoted = !is_quoted;
    }
    *item_r = slice_trim(slice_head(*rest, at));
    *rest = slice_from(*rest, at < rest->len ? at + 1 : at);
    if (item_r->len >= 2 && item_r->at[0] == '"' && item_r->at[item_r->len - 1] == '"')
        *item_r = slice_of(item_r->at + 1, item_r->len - 2);
    return true;
}

static void add_targets(struct aliases *a, struct slice list)
{
    struct slice item;
    while (take_item(&list, &item))
        if (item.len)
            add_target(a, item);
}

/* `:moved: address` and `:told: address`; `:disabled:` and `:paused:`. */
static struct slice take_kind(struct config_alias *alias, struct slice value)
{
    static const struct {
        struct slice prefix;
        enum config_alias_kind kind;
    } kinds[] = {{SLICE_INIT(":moved:"), CONFIG_ALIAS_MOVED},
                 {SLICE_INIT(":told:"), CONFIG_ALIAS_TOLD},
                 {SLICE_INIT(":disabled:"), CONFIG_ALIAS_DISABLED},
                 {SLICE_INIT(":paused:"), CONFIG_ALIAS_PAUSED}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (!slice_istarts(value, kinds[i].prefix))
            continue;
        alias->kind = kinds[i].kind;
        return slice_trim(slice_from(value, kinds[i].prefix.len));
    }
    return value;
}

static void check_count(struct aliases *a, struct slice name)
{
    static const struct {
        size_t least, most;
        const char *wrong;
    } kinds[] = {
        [CONFIG_ALIAS_FORWARD] = {1, SIZE_MAX,
                                  "this alias leads nowhere; write at least one target"},
        [CONFIG_ALIAS_TOLD] = {1, 1, "only one address can be told, and one has to be"},
        [CONFIG_ALIAS_MOVED] = {1, 1, "only one address can be told, and one has to be"},
        [CONFIG_ALIAS_DISABLED] = {0, 0, "nothing may stand behind :disabled:"},
        [CONFIG_ALIAS_PAUSED] = {0, 0, "nothing may stand behind :paused:"},
    };
    const struct config_alias *alias = a->alias;
    if (alias->count < kinds[alias->kind].least || alias->count > kinds[alias->kind].most)
        problem(a, name, kinds[alias->kind].wrong);
}

/* `name: targets`, with its continuation lines. */
static void read_entry(struct aliases *a, struct slice entry)
{
    size_t colon = slice_find(entry, ':', 0);
    struct slice name = slice_trim(slice_head(entry, colon));
    struct slice value = slice_trim(slice_from(entry, colon == SLICE_NONE ? entry.len : colon + 1));
    size_t before = a->problems->count;
    if (name.len >= 2 && name.at[0] == '"' && name.at[name.len - 1] == '"')
        name = slice_of(name.at + 1, name.len - 2);
    if (colon == SLICE_NONE || !config_is_local_part(name)) {
        problem(a, slice_head(entry, 60), "right is, for example, info: alice, bob@example.org");
        return;
    }
    if (name_map_get(&a->domain->known_aliases, name)) {
        problem(a, name, "this alias stands there already; put all its targets into one");
        return;
    }
    a->alias = arena_take(a->arena, sizeof(*a->alias));
    a->room = 0;
    if (a->alias) {
        *a->alias = (struct config_alias){.line = a->line};
        add_targets(a, take_kind(a->alias, value));
    }
    if (a->problems->count > before)
        return;
    if (!a->alias || !arena_dup(a->arena, name, &a->alias->name) ||
        !name_map_put(&a->domain->known_aliases, a->alias->name, a->alias))
        problem(a, name, err_text(ERR_MEMORY));
    else
        check_count(a, name);
}

static bool is_comment(struct slice line)
{
    line = slice_trim(line);
    return line.len == 0 || line.at[0] == '#';
}

static void read_entries(struct aliases *a, struct slice text)
{
    struct buf entry;
    struct slice line;
    unsigned number = 0;
    buf_init(&entry, &heap, ENTRY_MAX);
    while (slice_line(&text, &line)) {
        number++;
        if (is_comment(line))
            continue;
        if (!ascii_is_space(line.at[0])) {
            if (entry.len)
                read_entry(a, buf_slice(&entry));
            buf_clear(&entry);
            a->line = number;
        }
        buf_add(&entry, line);
        buf_add_char(&entry, ' ');
    }
    if (entry.len)
        read_entry(a, buf_slice(&entry));
    if (entry.failed)
        problem(a, a->domain->name, "an alias is longer than 1 MiB");
    buf_free(&entry);
}

/* Targets of this domain must lead somewhere: better said now than to each sender. */
static void check_targets(struct aliases *a)
{
    const struct config_domain *d = a->domain;
    size_t at = 0;
    for (const struct config_alias *alias; (alias = name_map_next(&d->known_aliases, &at));)
        for (size_t i = 0; alias->kind != CONFIG_ALIAS_MOVED && i < alias->count; i++) {
            struct slice target = alias->targets[i];
            size_t sign = slice_rfind(target, '@');
            struct slice local = slice_head(target, sign);
            struct slice base = slice_head(local, slice_find(local, '+', 1));
            bool is_ours = slice_ieq(slice_from(target, sign + 1), d->name);
            a->line = alias->line;
            if (is_ours && !config_mailbox(d, base) && !name_map_get(&d->known_aliases, base))
                problem(a, target, "there is neither a mailbox nor an alias of this name");
        }
}

void config_aliases_parse(struct config_domain *d, struct slice text, bool touch_files,
                          struct arena *arena, struct config_problems *p)
{
    struct aliases a = {.domain = d,
                        .arena = arena,
                        .problems = p,
                        .file = d->aliases.at,
                        .depth = touch_files ? 0 : INCLUDE_DEPTH_MAX};
    read_entries(&a, text);
    check_targets(&a);
}

void config_aliases_read(struct config_domain *d, struct arena *arena, struct hash_key key,
                         struct config_problems *p)
{
    struct buf text;
    const char *why;
    name_map_init(&d->known_aliases, &heap, key);
    if (d->aliases.len == 0)
        return;
    buf_init(&text, &heap, ALIASES_FILE_MAX + 8192);
    if (file_read(d->aliases.at, ALIASES_FILE_MAX, &text, &why))
        config_aliases_parse(d, buf_slice(&text), true, arena, p);
    else
        config_problem_add(p, d->aliases.at, 0, "the aliases can't be read: %s", why);
    buf_free(&text);
}
