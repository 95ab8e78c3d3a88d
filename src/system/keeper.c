#include "system/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of the process: whoever reads a file may need it, on any thread. */
static int keeper = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

union room_for_file {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

void keeper_use(int channel)
{
    keeper = channel;
}

bool keeper_is_there(void)
{
    return keeper >= 0;
}

static bool send_text(char kind, struct slice text)
{
    char message[KEEPER_MESSAGE_MAX];
    struct buf out;
    buf_init_fixed(&out, message, sizeof(message));
    buf_add_char(&out, kind);
    buf_add(&out, text);
    ssize_t sent = -1;
    errno = EMSGSIZE;
    while (!out.failed && (sent = send(keeper, out.at, out.len, MSG_NOSIGNAL)) < 0 &&
           errno == EINTR)
        ;
    return sent == (ssize_t)out.len;
}

static int file_of(const struct msghdr *m)
{
    int fd = -1;
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(fd)))
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

/* Bytes of the answer, 0 when there is none; *fd_r: the file with it, or -1. */
static size_t receive(char answer[KEEPER_MESSAGE_MAX], int *fd_r)
{
    union room_for_file room;
    struct iovec part = {answer, KEEPER_MESSAGE_MAX};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = room.bytes,
                       .msg_controllen = sizeof(room.bytes)};
    ssize_t got;
    while ((got = recvmsg(keeper, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    *fd_r = got > 0 ? file_of(&m) : -1;
    return got > 0 ? (size_t)got : 0;
}

/* Asks, and waits for the answer, which is put into `answer`. */
static struct slice ask(enum keeper_request kind, struct slice text,
                        char answer[KEEPER_MESSAGE_MAX], int *fd_r)
{
    size_t len = 0;
    *fd_r = -1;
    pthread_mutex_lock(&one_at_a_time);
    if (send_text((char)kind, text))
        len = receive(answer, fd_r);
    pthread_mutex_unlock(&one_at_a_time);
    return slice_of(answer, len);
}

int keeper_open(const char *path)
{
    char room[KEEPER_MESSAGE_MAX];
    int fd;
    struct slice answer = ask(KEEPER_OPEN, slice_str(path), room, &fd);
    if (fd < 0)
        errno = answer.len ? EACCES : EPIPE;
    return fd;
}

bool keeper_note(char what)
{
    if (!keeper_is_there())
        return false;
    pthread_mutex_lock(&one_at_a_time);
    /* a parent that is gone takes us along */
    (void)send_text((char)KEEPER_NOTE, slice_of(&what, 1));
    pthread_mutex_unlock(&one_at_a_time);
    return true;
}

bool keeper_upgrade(struct buf *why)
{
    char room[KEEPER_MESSAGE_MAX];
    int fd;
    if (!keeper_is_there()) {
        buf_add_str(why, "there is no parent that could: a server that was started as root, with "
                         "`user` set, has one; restart this one\n");
        return false;
    }
    struct slice answer = ask(KEEPER_UPGRADE, SLICE(""), room, &fd);
    if (fd >= 0)
        close(fd);
    if (answer.len && answer.at[0] == (char)KEEPER_DONE)
        return true;
    buf_add(why, slice_from(answer, 1));
    return false;
}

void keeper_answer(int channel, enum keeper_answer answer, struct slice text, int fd)
{
    union room_for_file room = {{0}};
    char kind = (char)answer;
    struct iovec parts[] = {
        {&kind, 1}, {(void *)(uintptr_t)text.at, slice_head(text, KEEPER_MESSAGE_MAX - 1).len}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    if (fd >= 0) {
        m.msg_control = room.bytes;
        m.msg_controllen = sizeof(room.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    /* if it is gone its end is told by a signal */
    (void)sendmsg(channel, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}
