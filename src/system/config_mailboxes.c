#include "system/config_internal.h"
#include "system/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/err.h"
#include "system/heap.h"

/* A file of mailboxes has a local part on each line, behind it the path of its Maildir if it is
 * another than the domain's `maildir` says. `#` at the start of a word begins a comment. */

enum { MAILBOX_FILE_MAX = 32 * 1024 * 1024, PATH_BYTES_MAX = 4000, LOCAL_MAX = 64 };

struct mailboxes {
    struct config_domain *domain;
    struct arena *arena;
    struct config_problems *problems;
    char file[PATH_BYTES_MAX + 1]; /* or folder */
    unsigned line;
};

static void problem(struct mailboxes *m, const char *what, struct slice about)
{
    config_problem_add(m->problems, m->file, m->line, "%.*s: %s", (int)slice_head(about, 80).len,
                       about.at, what);
}

bool config_is_local_part(struct slice s)
{
    if (s.len == 0 || s.len > LOCAL_MAX || s.at[0] == '.' || s.at[s.len - 1] == '.')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c >= 0x80 || ascii_is_alnum(s.at[i]))
            continue;
        if (c < ' ' || !strchr("!#$%&'*+-=?^_`{|}~.", c))
            return false;
    }
    return slice_find_slice(s, SLICE(".."), 0) == SLICE_NONE;
}

static void add_lower(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_add_char(out, ascii_lower(s.at[i]));
}

static bool expand(const struct config_domain *d, struct slice local, struct buf *out)
{
    struct slice t = d->maildir;
    for (size_t i = 0; i < t.len; i++) {
        char next = i + 1 < t.len ? t.at[i + 1] : '\0';
        if (t.at[i] != '%')
            buf_add_char(out, t.at[i]);
        else if (next == 'u')
            add_lower(out, local);
        else if (next == 'd')
            add_lower(out, d->name);
        else if (next == '%')
            buf_add_char(out, '%');
        else
            return false;
        i += t.at[i] == '%';
    }
    return !out->failed;
}

static bool find_path(struct mailboxes *m, struct slice local, struct slice given,
                      struct slice *path_r)
{
    char storage[PATH_BYTES_MAX];
    struct buf path;
    buf_init_fixed(&path, storage, sizeof(storage));
    if (given.len > 0)
        buf_add(&path, given);
    else if (!expand(m->domain, local, &path) && !path.failed) {
        problem(m, "only %u (local part), %d (domain) and %% may stand in `maildir`",
                m->domain->maildir);
        return false;
    }
    if (path.failed || path.len == 0 || path.at[0] != '/' ||
        slice_find(buf_slice(&path), '\0', 0) != SLICE_NONE) {
        problem(m, "the path of its Maildir must begin with / and have at most 4000 bytes, no NUL",
                local);
        return false;
    }
    return arena_dup(m->arena, buf_slice(&path), path_r);
}

static void add_mailbox(struct mailboxes *m, struct slice local, struct slice path)
{
    struct config_mailbox *box = arena_take(m->arena, sizeof(*box));
    if (!config_is_local_part(local)) {
        problem(m, "this is no local part (what stands before the @); right is, for example, alice",
                local);
        return;
    }
    if (name_map_get(&m->domain->known, local)) {
        problem(m, "this mailbox stands there already; keep one of the two", local);
        return;
    }
    size_t before = m->problems->count;
    if (box && find_path(m, local, path, &box->path) && arena_dup(m->arena, local, &box->local) &&
        name_map_put(&m->domain->known, box->local, box))
        return;
    if (m->problems->count == before)
        problem(m, err_text(ERR_MEMORY), local);
}

static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] == '#' && (i == 0 || ascii_is_space(line.at[i - 1])))
            return slice_head(line, i);
    return line;
}

static void parse(struct mailboxes *m, struct slice text)
{
    struct slice line, local;
    while (slice_line(&text, &line)) {
        m->line++;
        line = without_comment(line);
        if (slice_word(&line, &local))
            add_mailbox(m, local, slice_trim(line));
    }
}

static void read_file(struct mailboxes *m)
{
    struct buf text;
    const char *why;
    buf_init(&text, &heap, MAILBOX_FILE_MAX + 8192);
    if (file_read(m->file, MAILBOX_FILE_MAX, &text, &why))
        parse(m, buf_slice(&text));
    else
        problem(m, why, SLICE("the mailboxes can't be read"));
    buf_free(&text);
}

static void read_entry(struct mailboxes *m, const char *name)
{
    char path[PATH_BYTES_MAX + 300];
    struct stat about;
    (void)snprintf(path, sizeof(path), "%s/%s", m->file, name);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        add_mailbox(m, slice_str(name), slice_str(path));
}

static void read_folder(struct mailboxes *m)
{
    DIR *folder = opendir(m->file);
    if (!folder) {
        problem(m, "this folder can't be read", slice_str(m->file));
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            read_entry(m, entry->d_name);
    closedir(folder);
}

/* Its mail is taken in every domain (RFC 5321 4.5.1): where neither a mailbox nor an alias is for
 * it, it has a Maildir like the others. */
static void add_postmaster(struct mailboxes *m, bool is_folder)
{
    const struct slice name = SLICE("postmaster");
    char path[PATH_BYTES_MAX + 20];
    if (name_map_get(&m->domain->known, name) || name_map_get(&m->domain->known_aliases, name) ||
        name_map_get(&m->domain->known_aliases, SLICE("*")))
        return;
    (void)snprintf(path, sizeof(path), "%s/postmaster", m->file);
    m->line = 0;
    add_mailbox(m, name, is_folder ? slice_str(path) : SLICE(""));
}

static struct hash_key random_key(void)
{
    struct hash_key key = {0};
    (void)!getrandom(&key, sizeof(key), 0);
    return key;
}

void config_mailboxes_parse(struct config_domain *d, struct slice text, struct arena *arena,
                            struct config_problems *p)
{
    struct mailboxes m = {.domain = d, .arena = arena, .problems = p};
    if (slice_cstr(d->mailboxes, m.file, sizeof(m.file)))
        parse(&m, text);
}

void config_mailboxes_read(struct config_domain *d, struct arena *arena, struct config_problems *p)
{
    struct mailboxes m = {.domain = d, .arena = arena, .problems = p};
    struct stat about;
    name_map_init(&d->known, &heap, random_key());
    if (!slice_cstr(d->mailboxes, m.file, sizeof(m.file))) {
        problem(&m, "this path is too long", d->name);
        return;
    }
    while (d->mailboxes.len > 1 && m.file[strlen(m.file) - 1] == '/' && m.file[1])
        m.file[strlen(m.file) - 1] = '\0';
    bool is_folder = stat(m.file, &about) == 0 && S_ISDIR(about.st_mode);
    if (is_folder)
        read_folder(&m);
    else
        read_file(&m);
    config_aliases_read(d, arena, d->known.key, p);
    add_postmaster(&m, is_folder);
}
