#include "deliver/maildir_agent.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "system/pass.h"

enum { ANSWER_MAX = 64, WAIT_MOST = 5 * 60 * 1000 };

static struct maildir_answer failed(int error)
{
    return (struct maildir_answer){.result = MAILDIR_FAILED, .error = error};
}

/* `RESULT ERROR MOST` */
static bool read_answer(struct slice text, struct maildir_answer *a_r)
{
    struct slice word;
    uint32_t numbers[2];
    for (size_t i = 0; i < 2; i++)
        if (!slice_word(&text, &word) || !slice_u32(word, &numbers[i]))
            return false;
    if (numbers[0] > MAILDIR_FAILED || !slice_word(&text, &word) || !slice_u64(word, &a_r->most))
        return false;
    a_r->result = (enum maildir_result)numbers[0];
    a_r->error = (int)numbers[1];
    return true;
}

static struct maildir_answer wait_for_answer(int from)
{
    char text[ANSWER_MAX];
    struct maildir_answer a;
    struct pollfd ready = {.fd = from, .events = POLLIN};
    int came;
    while ((came = poll(&ready, 1, WAIT_MOST)) < 0 && errno == EINTR)
        ;
    ssize_t got = came > 0 ? recv(from, text, sizeof(text), MSG_DONTWAIT) : 0;
    /* the agent, or its child, died over it: whether the message is there nobody knows */
    if (got <= 0 || !read_answer(slice_of(text, (size_t)got), &a))
        return failed(came == 0 ? ETIMEDOUT : EPIPE);
    return a;
}

struct maildir_answer maildir_ask(int channel, struct slice path, struct slice file, uint64_t bytes,
                                  int content)
{
    char text[MAILDIR_REQUEST_MAX];
    struct buf out;
    int ends[2];
    buf_init_fixed(&out, text, sizeof(text));
    buf_addf(&out, "%llu %.*s %.*s", (unsigned long long)bytes, SLICE_ARG(file), SLICE_ARG(path));
    if (out.failed)
        return failed(ENAMETOOLONG);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed(errno);
    const int files[PASS_FILES_MAX] = {content, ends[1]};
    int error = pass_send(channel, buf_slice(&out), files, PASS_FILES_MAX, 0) ? 0 : errno;
    close(ends[1]);
    struct maildir_answer a = error ? failed(error) : wait_for_answer(ends[0]);
    close(ends[0]);
    return a;
}

bool maildir_request_read(struct slice text, struct maildir_request *r_r)
{
    struct slice bytes, file;
    if (!slice_word(&text, &bytes) || !slice_word(&text, &file) || !slice_u64(bytes, &r_r->bytes))
        return false;
    struct slice path = slice_from(text, 1); /* behind one space; there may be more in it */
    return file.at[0] != '.' && slice_find(file, '/', 0) == SLICE_NONE && path.len &&
           path.at[0] == '/' && slice_cstr(file, r_r->file, sizeof(r_r->file)) &&
           slice_cstr(path, r_r->path, sizeof(r_r->path));
}

bool maildir_next(int channel, char text[MAILDIR_REQUEST_MAX], size_t *len_r, int *content_r,
                  int *answer_r)
{
    int files[PASS_FILES_MAX];
    long got;
    while ((got = pass_receive(channel, text, MAILDIR_REQUEST_MAX, files, 0)) > 0) {
        *len_r = (size_t)got;
        *content_r = files[0];
        *answer_r = files[1];
        if (files[1] >= 0) /* the second is there only behind the first */
            return true;
        if (files[0] >= 0)
            close(files[0]);
    }
    return false;
}

void maildir_answer_send(int answer, const struct maildir_answer *a)
{
    char text[ANSWER_MAX];
    struct buf out;
    buf_init_fixed(&out, text, sizeof(text));
    buf_addf(&out, "%u %d %llu", (unsigned)a->result, a->error, (unsigned long long)a->most);
    /* who does not wait for it any more tries again */
    (void)!pass_send(answer, buf_slice(&out), NULL, 0, MSG_DONTWAIT);
}
