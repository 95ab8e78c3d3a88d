#include "server/handover.h"

#include <fcntl.h>
#include <stdlib.h>
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
    if (fd >= 0)
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

/* `mail` or `parent`, the other's number, the channel, the sockets. */
static bool read_text(struct handover *h, struct slice text)
{
    struct slice role;
    int other;
    if (!slice_word(&text, &role) || !take_number(&text, &other) ||
        !take_number(&text, &h->channel))
        return false;
    if (!slice_eq(role, SLICE("mail")) && !slice_eq(role, SLICE("parent")))
        return false;
    h->role = slice_eq(role, SLICE("mail")) ? HANDOVER_MAIL : HANDOVER_PARENT;
    *(h->role == HANDOVER_MAIL ? &h->parent : &h->mail) = other;
    if (h->mail == 0 && h->role == HANDOVER_PARENT)
        h->channel = -1;
    h->sockets = calloc(slice_count(text, ' ') + 1, sizeof(*h->sockets));
    while (h->sockets && slice_trim(text).len) {
        if (!take_number(&text, &h->sockets[h->count]) || !is_socket(h->sockets[h->count]))
            return false;
        h->count++;
    }
    return h->sockets && (h->channel < 0 || is_socket(h->channel)) &&
           (h->role == HANDOVER_PARENT || h->parent == getppid());
}

void handover_keep(const struct handover *h)
{
    pass_on(h->channel, false);
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
    return true;
}

bool handover_leave(const struct handover *h)
{
    struct buf text;
    buf_init(&text, &heap, TEXT_MAX);
    buf_addf(&text, "%s %d %d", h->role == HANDOVER_MAIL ? "mail" : "parent",
             h->role == HANDOVER_MAIL ? h->parent : h->mail, h->channel < 0 ? 0 : h->channel);
    pass_on(h->channel, true);
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
