#include "spool/use.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 40000 };

struct pending {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_told;
    struct put put;
};

void use_fill(uint64_t seed, uint64_t offset, char *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t word = (seed * 0x9e3779b97f4a7c15U + (offset + i) / 8) * 0xbf58476d1ce4e5b9U;
        to[i] = (char)(word >> (8 * ((offset + i) % 8)));
    }
}

static struct pending *new_pending(void)
{
    struct pending *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->told, NULL);
    return p;
}

static void tell(void *ctx, enum err_code result, spool_id id, struct spool_content *content)
{
    struct pending *p = ctx;
    pthread_mutex_lock(&p->lock);
    p->put = (struct put){result, id, content};
    p->is_told = true;
    pthread_cond_signal(&p->told);
    pthread_mutex_unlock(&p->lock);
}

struct put use_wait(struct pending *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->is_told)
        pthread_cond_wait(&p->told, &p->lock);
    struct put put = p->put;
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->told);
    free(p);
    return put;
}

struct pending *use_start(struct spool *s, uint64_t seed, size_t size, struct slice envelope)
{
    struct pending *p = new_pending();
    struct spool_writer *w;
    char piece[PIECE];
    enum err_code result = spool_begin(s, size, &w);
    if (result != ERR_OK) {
        tell(p, result, 0, NULL);
        return p;
    }
    for (size_t at = 0; at < size && result == ERR_OK; at += PIECE) {
        size_t part = size - at < PIECE ? size - at : PIECE;
        use_fill(seed, at, piece, part);
        result = s->ops->write(w, slice_of(piece, part));
    }
    s->ops->commit(w, envelope, tell, p);
    return p;
}

struct put use_put(struct spool *s, uint64_t seed, size_t size, struct slice envelope)
{
    return use_wait(use_start(s, seed, size, envelope));
}

struct waiting_change {
    struct spool_change change;
    struct pending *pending;
};

static void change_done(struct spool_change *change, enum err_code result)
{
    struct waiting_change *w = (struct waiting_change *)(void *)change;
    tell(w->pending, result, change->id, NULL);
}

static enum err_code submit(struct spool *s, struct spool_change change)
{
    struct waiting_change w = {change, new_pending()};
    w.change.done = change_done;
    s->ops->submit(s, &w.change);
    return use_wait(w.pending).result;
}

enum err_code use_state(struct spool *s, spool_id id, struct slice state)
{
    return submit(s, (struct spool_change){.id = id, .state = state});
}

enum err_code use_end(struct spool *s, spool_id id)
{
    return submit(s, (struct spool_change){.id = id, .is_end = true});
}

enum err_code use_check_content(struct spool *s, struct spool_content *c, uint64_t seed,
                                size_t size)
{
    uint64_t at = 0;
    struct slice bytes;
    enum err_code result;
    if (s->ops->size(c) != size)
        return ERR_STATE;
    while ((result = s->ops->read(c, at, &bytes)) == ERR_OK) {
        char *want = malloc(bytes.len + 1);
        if (!want)
            abort();
        use_fill(seed, at, want, bytes.len);
        bool is_same = memcmp(want, bytes.at, bytes.len) == 0;
        free(want);
        if (!is_same)
            return ERR_STATE;
        at += bytes.len;
    }
    return result == ERR_NOT_FOUND && at == size ? ERR_OK : result;
}

enum err_code use_check(struct spool *s, spool_id id, uint64_t seed, size_t size)
{
    struct spool_content *c;
    enum err_code result = s->ops->open(s, id, &c);
    if (result != ERR_OK)
        return result;
    result = use_check_content(s, c, seed, size);
    s->ops->drop(c);
    return result;
}

void use_folder(char out[64])
{
    const char *base = getenv("TMPDIR");
    if (!base)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* where a sync costs nothing */
    snprintf(out, 64, "%.40s/spool-XXXXXX", base);
    if (!mkdtemp(out))
        abort();
}

/* Calls `with` for each file of the folder. */
static void each_file(const char *path, void (*with)(int folder, const char *name, int other),
                      int other)
{
    DIR *dir = opendir(path);
    if (!dir)
        abort();
    for (const struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            with(dirfd(dir), e->d_name, other);
    closedir(dir);
}

static void remove_file(int folder, const char *name, int other)
{
    (void)other;
    unlinkat(folder, name, 0);
}

void use_remove_folder(const char *path)
{
    each_file(path, remove_file, -1);
    rmdir(path);
}

static void copy_file(int folder, const char *name, int other)
{
    char bytes[1 << 16];
    int from = openat(folder, name, O_RDONLY);
    int to = openat(other, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (ssize_t got; (got = read(from, bytes, sizeof(bytes))) > 0;)
        if (write(to, bytes, (size_t)got) != got)
            abort();
    close(from);
    close(to);
}

void use_remove_files(const char *path, const char *ending)
{
    DIR *dir = opendir(path);
    if (!dir)
        abort();
    for (const struct dirent *e; (e = readdir(dir));)
        if (slice_iends(slice_str(e->d_name), slice_str(ending)))
            unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
}

void use_copy_folder(const char *from, const char *to)
{
    mkdir(to, 0700);
    int other = open(to, O_RDONLY | O_DIRECTORY);
    each_file(from, copy_file, other);
    close(other);
}
