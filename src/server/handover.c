#include "server/handover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/address.h"
#include "system/heap.h"

#define VARIABLE "CANDOR_HANDOVER"
enum { TEXT_MAX = 1024 * 1024, NUMBER_MOST = 1 << 30 };

static bool is_socket(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

static void pass_on(int fd, bool is_passed)
{
    if (fd > 0)
        (void)fcntl(fd, F_SETFD, is_passed ? 0 : FD_CLOEXEC);
}

static bool take_number(struct slice *rest, int *number_r)
{
    struct slice word;
    uint32_t number;
    if (!slice_word(rest, &word) || !slice_u32(word, &number) || number > NUMBER_MOST)
        return false;
    *number_r = (int)number;
    return true;
}

static const char *const names[] = {
    [HANDOVER_MAIL] = "mail", [HANDOVER_MAILBOXES] = "mailboxes", [HANDOVER_PARENT] = "parent"};

/* As ps(1) shows them: each is the same program, started by a path that says nothing. */
static const char *const processes[] = {[HANDOVER_MAIL] = "candor-mail",
                                        [HANDOVER_MAILBOXES] = "candor-boxes",
                                        [HANDOVER_PARENT] = "candor"};

static bool read_role(struct slice word, enum handover_role *role_r)
{
    for (size_t i = HANDOVER_MAIL; i <= HANDOVER_PARENT; i++)
        if (slice_eq(word, slice_str(names[i]))) {
            *role_r = (enum handover_role)i;
            return true;
        }
    return false;
}

/* 0 stands for none. */
static bool take_socket(struct slice *rest, int *fd_r)
{
    return take_number(rest, fd_r) && (*fd_r == 0 || is_socket(*fd_r));
}

/* The role, the other's number, the channel, both ends to the mailbox agent, the sockets. */
static bool read_text(struct handover *h, struct slice text)
{
    struct slice role;
    int other;
    if (!slice_word(&text, &role) || !read_role(role, &h->role) || !take_number(&text, &other) ||
        !take_socket(&text, &h->channel) || !take_socket(&text, &h->orders) ||
        !take_socket(&text, &h->mailboxes))
        return false;
    *(h->role == HANDOVER_PARENT ? &h->mail : &h->parent) = other;
    h->sockets = calloc(text.len + 1, sizeof(*h->sockets)); /* each takes a byte at least */
    while (h->sockets && slice_trim(text).len) {
        if (!take_number(&text, &h->sockets[h->count]) || !is_socket(h->sockets[h->count]))
            return false;
        h->count++;
    }
    if (!h->sockets || (h->role == HANDOVER_MAIL && h->channel == 0) ||
        (h->role == HANDOVER_MAILBOXES && h->orders == 0))
        return false;
    h->channel = h->channel ? h->channel : -1;
    return h->role == HANDOVER_PARENT || h->parent == getppid();
}

void handover_keep(const struct handover *h)
{
    pass_on(h->channel, false);
    pass_on(h->orders, false);
    pass_on(h->mailboxes, false);
    for (size_t i = 0; i < h->count; i++)
        pass_on(h->sockets[i], false);
    unsetenv(VARIABLE);
}

bool handover_receive(struct handover *h_r, struct buf *why)
{
    const char *text = getenv(VARIABLE);
    *h_r = (struct handover){.channel = -1};
    if (text && !read_text(h_r, slice_str(text))) {
        buf_add_str(why, VARIABLE " in the environment is not what a running server left for its "
                                  "successor; unset it\n");
        free(h_r->sockets);
        return false;
    }
    handover_keep(h_r);
    if (text)
        (void)prctl(PR_SET_NAME, processes[h_r->role], 0, 0, 0);
    return true;
}

bool handover_leave(const struct handover *h)
{
    struct buf text;
    buf_init(&text, &heap, TEXT_MAX);
    buf_addf(&text, "%s %d %d %d %d", names[h->role],
             h->role == HANDOVER_PARENT ? h->mail : h->parent, h->channel < 0 ? 0 : h->channel,
             h->orders, h->mailboxes);
    pass_on(h->channel, true);
    pass_on(h->orders, true);
    pass_on(h->mailboxes, true);
    for (size_t i = 0; i < h->count; i++) {
        buf_addf(&text, " %d", h->sockets[i]);
        pass_on(h->sockets[i], true);
    }
    buf_add_char(&text, '\0');
    bool good = !text.failed && setenv(VARIABLE, text.at, 1) == 0;
    buf_free(&text);
    return good;
}

static bool is_at(int fd, const struct net_address *a)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof(at);
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && len == a->len &&
           memcmp(&at, &a->storage, len) == 0;
}

int handover_take(struct handover *h, const struct net_address *a)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->sockets[i] >= 0 && is_at(h->sockets[i], a)) {
            int fd = h->sockets[i];
            h->sockets[i] = -1;
            return fd;
        }
    return -1;
}

void handover_free(struct handover *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->sockets[i] >= 0)
            close(h->sockets[i]);
    free(h->sockets);
    h->sockets = NULL;
    h->count = 0;
}
