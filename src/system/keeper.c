#include "system/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/pass.h"

/* Of the process: whoever reads a file may need it, on any thread. */
static int keeper = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

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
    return !out.failed && pass_send(keeper, buf_slice(&out), NULL, 0, 0);
}

/* Asks, and waits for the answer, which is put into `answer`. */
static struct slice ask(enum keeper_request kind, struct slice text,
                        char answer[KEEPER_MESSAGE_MAX], int *fd_r)
{
    long got = 0;
    *fd_r = -1;
    pthread_mutex_lock(&one_at_a_time);
    if (send_text((char)kind, text))
        got = pass_receive_one(keeper, answer, KEEPER_MESSAGE_MAX, fd_r, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return slice_of(answer, got > 0 ? (size_t)got : 0);
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
    char message[KEEPER_MESSAGE_MAX];
    struct buf out;
    buf_init_fixed(&out, message, sizeof(message));
    buf_add_char(&out, (char)answer);
    buf_add(&out, slice_head(text, sizeof(message) - 1));
    /* if it is gone its end is told by a signal */
    (void)!pass_send(channel, buf_slice(&out), &fd, fd >= 0, MSG_DONTWAIT);
}
