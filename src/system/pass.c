#include "system/pass.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

union room_for_files {
    char bytes[CMSG_SPACE(PASS_FILES_MAX * sizeof(int))];
    struct cmsghdr align;
};

bool pass_send(int channel, struct slice text, const int *files, size_t count, int flags)
{
    union room_for_files room = {{0}};
    struct iovec part = {(void *)(uintptr_t)text.at, text.len};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;
    if (count) {
        m.msg_control = room.bytes;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)),
                              .cmsg_level = SOL_SOCKET,
                              .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), files, count * sizeof(int));
    }
    while ((sent = sendmsg(channel, &m, flags | MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent == (ssize_t)text.len;
}

static void take_files(const struct msghdr *m, int files_r[PASS_FILES_MAX])
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        return;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(files_r, CMSG_DATA(c), (count < PASS_FILES_MAX ? count : PASS_FILES_MAX) * sizeof(int));
}

long pass_receive(int channel, char *at, size_t room, int files_r[PASS_FILES_MAX], int flags)
{
    union room_for_files files; /* the system closes what does not fit */
    struct iovec part = {at, room};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = files.bytes,
                       .msg_controllen = sizeof(files.bytes)};
    ssize_t got;
    for (size_t i = 0; i < PASS_FILES_MAX; i++)
        files_r[i] = -1;
    while ((got = recvmsg(channel, &m, flags | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (got >= 0)
        take_files(&m, files_r);
    return got;
}

long pass_receive_one(int channel, char *at, size_t room, int *file_r, int flags)
{
    int files[PASS_FILES_MAX];
    long got = pass_receive(channel, at, room, files, flags);
    *file_r = files[0];
    for (size_t i = 1; i < PASS_FILES_MAX; i++)
        if (files[i] >= 0)
            close(files[i]);
    return got;
}
