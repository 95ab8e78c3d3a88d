/* The mailbox agent: root, so that it can become the owner of each Maildir. It takes the mail
 * process for an intruder: it writes into Maildirs of the configuration whose domain has `write-as
 * = owner`, into nothing else, and each message in a process of its own that is the owner, and
 * nobody else, before it touches the Maildir. What is in the message it does not look at. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "deliver/maildir_agent.h"
#include "server/handover.h"
#include "server/server.h"
#include "system/file.h"
#include "system/privileges.h"

enum { CHILDREN_MOST = 32 };

struct box {
    const char *path;
    uint64_t quota;
};

struct mailboxes {
    const char *file; /* the configuration's */
    const struct log *log;
    struct config *own;          /* a later reading; NULL: none yet */
    const struct config *config; /* the last one that was right */
    struct timespec read_at;     /* when its files had changed last */
    struct box *boxes;           /* by path */
    size_t count;
    size_t children;
};

/* ---- which Maildirs ---- */

static int compare(const void *a, const void *b)
{
    const struct box *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static size_t count_boxes(const struct config *c, struct box *boxes)
{
    size_t count = 0;
    for (size_t i = 0; i < c->domain_count; i++) {
        const struct config_domain *d = &c->domains[i];
        size_t at = 0;
        if (d->write_as != CONFIG_WRITE_AS_OWNER || !d->known.mem)
            continue;
        for (const struct config_mailbox *box; (box = name_map_next(&d->known, &at)); count++)
            if (boxes)
                boxes[count] = (struct box){box->path.at, d->quota};
    }
    return count;
}

static bool index_boxes(struct mailboxes *m)
{
    size_t count = count_boxes(m->config, NULL);
    struct box *boxes = calloc(count + 1, sizeof(*boxes));
    free(m->boxes);
    m->boxes = boxes;
    m->count = boxes ? count_boxes(m->config, boxes) : 0;
    if (m->count)
        qsort(m->boxes, m->count, sizeof(*m->boxes), compare);
    return boxes != NULL;
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* When the configuration, or a list of mailboxes, changed last. */
static struct timespec changed_at(const struct mailboxes *m)
{
    struct stat about;
    struct timespec last = {0};
    if (stat(m->file, &about) == 0)
        last = about.st_mtim;
    for (size_t i = 0; i < m->config->domain_count; i++)
        if (stat(m->config->domains[i].mailboxes.at, &about) == 0 && is_later(about.st_mtim, last))
            last = about.st_mtim;
    return last;
}

/* One with mistakes is let lie: the old one holds, as for the mail process. */
static void look_again(struct mailboxes *m)
{
    struct timespec now = changed_at(m);
    struct config_problems problems;
    if (!is_later(now, m->read_at) && !is_later(m->read_at, now))
        return;
    m->read_at = now;
    config_problems_init(&problems);
    struct config *c = config_read(m->file, &problems);
    config_problems_free(&problems);
    if (!c)
        return;
    m->config = c;
    if (!index_boxes(m))
        LOG(m->log, LOG_LEVEL_ERROR, "mailboxes-unknown", {"reason", SLICE("out of memory")});
    config_free(&m->own);
    m->own = c;
}

static const struct box *find(struct mailboxes *m, const char *path)
{
    const struct box wanted = {path, 0};
    look_again(m);
    return m->count ? bsearch(&wanted, m->boxes, m->count, sizeof(*m->boxes), compare) : NULL;
}

/* ---- one message ---- */

/* Of a link its own owner: it must not lead to where somebody else may write. */
static bool find_owner(const char *path, struct stat *about_r)
{
    char folder[MAILDIR_PATH_MAX];
    if (lstat(path, about_r) == 0)
        return true;
    size_t slash = slice_rfind(slice_str(path), '/');
    return errno == ENOENT && slash != SLICE_NONE && slash > 0 &&
           slice_cstr(slice_of(path, slash), folder, sizeof(folder)) && lstat(folder, about_r) == 0;
}

/* Folders of a user may belong to root's group: then it is the user's own. False with errno. */
static bool become(const struct stat *owner)
{
    gid_t group = owner->st_gid;
    const struct passwd *user = group ? NULL : getpwuid(owner->st_uid);
    return privileges_become(owner->st_uid, user ? user->pw_gid : group);
}

static int copy(void *ctx, int to)
{
    const int *from = ctx;
    char bytes[64 * 1024];
    off_t at = 0;
    for (;;) {
        ssize_t got = pread(*from, bytes, sizeof(bytes), at);
        if (got < 0 && errno != EINTR)
            return errno;
        int error = got > 0 ? file_write_all(to, slice_of(bytes, (size_t)got)) : 0;
        if (error || got == 0)
            return error;
        at += got > 0 ? got : 0;
    }
}

static struct maildir_answer put(const struct maildir_request *r, const struct box *box,
                                 int content)
{
    struct stat owner;
    const struct maildir_order order = {
        .path = box->path, .name = r->file, .quota = box->quota, .bytes = r->bytes};
    (void)umask(077);
    if (find_owner(box->path, &owner) && become(&owner))
        return maildir_put(&order, copy, &content);
    return (struct maildir_answer){.result = MAILDIR_FAILED, .error = errno};
}

static void wait_for_children(struct mailboxes *m, size_t most)
{
    while (m->children > 0) {
        pid_t ended = waitpid(-1, NULL, m->children > most ? 0 : WNOHANG);
        if (ended == 0 || (ended < 0 && errno != EINTR))
            return;
        m->children -= ended > 0;
    }
}

static void refuse(const struct mailboxes *m, int answer, int error, const char *path)
{
    const struct maildir_answer a = {.result = MAILDIR_FAILED, .error = error};
    LOG(m->log, LOG_LEVEL_WARNING, "mailbox-refused", {"path", slice_str(path)},
        {"reason", slice_str(strerror(error))});
    maildir_answer_send(answer, &a);
}

static void obey(struct mailboxes *m, struct slice text, int content, int answer)
{
    struct maildir_request r;
    const struct box *box = maildir_request_read(text, &r) ? find(m, r.path) : NULL;
    if (!box) {
        refuse(m, answer, EPERM, "");
        return;
    }
    wait_for_children(m, CHILDREN_MOST);
    pid_t child = fork();
    if (child == 0) {
        struct maildir_answer a = put(&r, box, content);
        maildir_answer_send(answer, &a);
        _exit(EX_OK);
    }
    if (child > 0)
        m->children++;
    else
        refuse(m, answer, errno, r.path);
}

static void on_stop(int number)
{
    (void)number;
    _exit(EX_OK); /* messages under way have processes of their own */
}

int mailboxes_run(const char *file, const struct config *config, const struct log *log,
                  struct handover *handover, struct buf *why)
{
    struct mailboxes m = {.file = file, .log = log, .config = config};
    const char *what = NULL;
    char text[MAILDIR_REQUEST_MAX];
    size_t len;
    int content, answer;
    m.read_at = changed_at(&m);
    if (!privileges_harden(&what) || !privileges_die_with(handover->parent) || !index_boxes(&m)) {
        buf_addf(why, "the mailbox agent can't begin: %s\n", what ? what : "out of memory");
        return EX_OSERR;
    }
    signal(SIGTERM, on_stop);
    signal(SIGINT, SIG_IGN); /* from the terminal: the parent tells when to end */
    signal(SIGHUP, SIG_IGN); /* changes are seen without it */
    while (maildir_next(handover->orders, text, &len, &content, &answer)) {
        obey(&m, slice_of(text, len), content, answer);
        close(content);
        close(answer);
        wait_for_children(&m, CHILDREN_MOST);
    }
    return EX_SOFTWARE;
}
