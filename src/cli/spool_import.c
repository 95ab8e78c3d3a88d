/* candor spool import: puts messages from files into the spool, each durable before the next. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/spool_tool.h"
#include "mail/envelope_text.h"
#include "system/heap.h"

enum { ENVELOPE_MAX = 64 << 20, PIECE = 64 * 1024 };

static const char ending[] = ".envelope";

struct importing {
    struct spool_tool *tool;
    int folder;
    struct arena arena;
    struct buf text, encoded;
    size_t imported, refused;

    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_told;
    enum err_code result;
};

/* Files that are made in the spool belong to its owner, or the server could not open them: this
 * thread, and the one that the spool starts, make files as he would (setfsuid(2)). */
static void become(uid_t user, gid_t group)
{
    if (geteuid() != 0)
        return;
    (void)setfsgid(group);
    (void)setfsuid(user);
}

static int open_spool(struct spool_tool *t)
{
    struct stat st;
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(slice_str(t->path));
    if (stat(t->path, &st) != 0)
        return spool_tool_fail(t, t->path, ERR_NOT_FOUND, strerror(errno));
    become(st.st_uid, st.st_gid);
    enum err_code result = spool_log_open(&o, &heap, &t->spool, &err);
    become(geteuid(), getegid());
    if (result == ERR_STATE)
        err.what = "a server is using it: stop it first, or hand the messages to it with "
                   "candor send";
    return result == ERR_OK ? EX_OK : spool_tool_fail(t, t->path, result, err.what);
}

static void committed(void *ctx, enum err_code result, spool_id id, struct spool_content *content)
{
    struct importing *i = ctx;
    (void)id;
    if (content)
        i->tool->spool->ops->drop(content);
    pthread_mutex_lock(&i->lock);
    i->result = result;
    i->is_told = true;
    pthread_cond_signal(&i->told);
    pthread_mutex_unlock(&i->lock);
}

static enum err_code commit(struct importing *i, struct spool_writer *w)
{
    i->is_told = false;
    i->tool->spool->ops->commit(w, buf_slice(&i->encoded), committed, i);
    pthread_mutex_lock(&i->lock);
    while (!i->is_told)
        pthread_cond_wait(&i->told, &i->lock);
    pthread_mutex_unlock(&i->lock);
    return i->result;
}

/* Lines end with CR LF in the spool; a file of another program may have LF alone. */
static enum err_code write_lines(struct spool *s, struct spool_writer *w, struct slice piece,
                                 char *before, uint64_t *size)
{
    enum err_code result = ERR_OK;
    while (piece.len && result == ERR_OK) {
        size_t end = slice_find(piece, '\n', 0);
        struct slice line = slice_head(piece, end);
        bool is_bare = end != SLICE_NONE && (end ? piece.at[end - 1] : *before) != '\r';
        struct slice rest = slice_from(piece, line.len);
        result = s->ops->write(w, line);
        *size += line.len;
        if (end != SLICE_NONE && result == ERR_OK) {
            struct slice line_end = is_bare ? SLICE("\r\n") : SLICE("\n");
            result = s->ops->write(w, line_end);
            *size += line_end.len;
            rest = slice_from(rest, 1);
        }
        *before = rest.at[-1];
        piece = rest;
    }
    return result;
}

static enum err_code copy_content(struct spool *s, struct spool_writer *w, int fd, uint64_t *size_r)
{
    static char piece[PIECE];
    char before = '\n';
    enum err_code result = ERR_OK;
    ssize_t got;
    *size_r = 0;
    while (result == ERR_OK && (got = read(fd, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        result = write_lines(s, w, slice_of(piece, (size_t)got), &before, size_r);
    }
    if (result == ERR_OK && before != '\n') /* the last line ends too */
        result = write_lines(s, w, SLICE("\n"), &before, size_r);
    return result;
}

static enum err_code put(struct importing *i, int fd, struct envelope *e)
{
    struct spool *s = i->tool->spool;
    struct spool_writer *w;
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ERR_IO;
    e->received_at = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    enum err_code result = spool_begin(s, (uint64_t)st.st_size, &w);
    if (result != ERR_OK)
        return result;
    result = copy_content(s, w, fd, &e->size);
    buf_clear(&i->encoded);
    envelope_encode(&i->encoded, e);
    if (result == ERR_OK && i->encoded.failed)
        result = ERR_MEMORY;
    if (result == ERR_OK)
        return commit(i, w);
    s->ops->abort(w);
    return result;
}

static bool read_envelope(struct importing *i, const char *name)
{
    struct stat st;
    int fd = openat(i->folder, name, O_RDONLY | O_CLOEXEC);
    bool is_read = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    char *to = NULL;
    buf_clear(&i->text);
    if (is_read)
        to = buf_reserve(&i->text, (size_t)st.st_size + 1);
    ssize_t got = to ? read(fd, to, (size_t)st.st_size) : -1;
    if (got >= 0)
        i->text.len = (size_t)got;
    if (fd >= 0)
        close(fd);
    return got >= 0;
}

/* Refused alone: what is wrong with it is said, and the others go on. */
static void refuse(struct importing *i, const char *name, size_t line, const char *why)
{
    if (line)
        fprintf(stderr, "%s/%s:%zu: %s\n", i->tool->folder, name, line, why);
    else
        fprintf(stderr, "%s/%s: %s\n", i->tool->folder, name, why);
    i->refused++;
}

/* From here on the message must not come into the spool again. */
static void settle(struct importing *i, const char *name, int stem)
{
    char done[NAME_MAX + 1];
    snprintf(done, sizeof(done), "%.*s.imported", stem, name);
    i->imported++;
    if (renameat(i->folder, name, i->folder, done) != 0)
        fprintf(stderr, "%s/%s: is in the spool, but could not be renamed to %s: %s\n",
                i->tool->folder, name, done, strerror(errno));
}

/* A status when nothing more can be done. */
static int import_one(struct importing *i, const char *name)
{
    char content[NAME_MAX + 1];
    struct envelope e;
    struct err err = {0};
    int stem = (int)(strlen(name) - strlen(ending));
    snprintf(content, sizeof(content), "%.*s.eml", stem, name);
    if (!read_envelope(i, name)) {
        refuse(i, name, 0, "cannot be read");
        return EX_OK;
    }
    if (!envelope_text_read(buf_slice(&i->text), &i->arena, &e, &err)) {
        refuse(i, name, err.at, err.what);
        return EX_OK;
    }
    int fd = openat(i->folder, content, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        refuse(i, content, 0, strerror(errno));
        return EX_OK;
    }
    enum err_code result = put(i, fd, &e);
    close(fd);
    if (result == ERR_FULL || result == ERR_MEMORY)
        return spool_tool_fail(i->tool, i->tool->path, result, NULL);
    if (result != ERR_OK)
        refuse(i, content, 0, err_text(result));
    else
        settle(i, name, stem);
    return EX_OK;
}

static int has_ending(const struct dirent *e)
{
    struct slice name = slice_str(e->d_name);
    return name.len > strlen(ending) && slice_iends(name, slice_str(ending));
}

static int import_all(struct importing *i)
{
    struct dirent **names;
    int status = EX_OK;
    int count = scandirat(i->folder, ".", &names, has_ending, alphasort);
    if (count < 0)
        return spool_tool_fail(i->tool, i->tool->folder, ERR_IO, strerror(errno));
    for (int at = 0; at < count; at++) {
        if (status == EX_OK)
            status = import_one(i, names[at]->d_name);
        arena_reset(&i->arena);
        free(names[at]);
    }
    free(names);
    (void)fsync(i->folder);
    return status;
}

int spool_import(struct spool_tool *t)
{
    struct importing i = {.tool = t};
    i.folder = open(t->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (i.folder < 0)
        return spool_tool_fail(t, t->folder, ERR_NOT_FOUND, strerror(errno));
    int status = open_spool(t);
    if (status == EX_OK) {
        arena_init(&i.arena, &heap, SPOOL_TOOL_ARENA);
        buf_init(&i.text, &heap, ENVELOPE_MAX);
        buf_init(&i.encoded, &heap, ENVELOPE_MAX);
        pthread_mutex_init(&i.lock, NULL);
        pthread_cond_init(&i.told, NULL);
        status = import_all(&i);
        spool_tool_close(t);
        pthread_cond_destroy(&i.told);
        pthread_mutex_destroy(&i.lock);
        buf_free(&i.text);
        buf_free(&i.encoded);
        printf("%zu message%s put into %s", i.imported, i.imported == 1 ? " was" : "s were",
               t->path);
        if (i.refused)
            printf("; %zu could not be", i.refused);
        puts(i.imported ? "; the server delivers when it starts" : "");
    }
    close(i.folder);
    return status == EX_OK && i.refused ? EX_DATAERR : status;
}
