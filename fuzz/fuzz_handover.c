/* What a process finds in its environment: left there by another of ours, it names sockets; all
 * else is refused with a reason. A `#` stands for a socket that there is. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "server/handover.h"
#include "system/heap.h"

enum { TEXT_MOST = 4096 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static int a_socket(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd > 0);
    return fd;
}

static bool is_socket(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

static void write_text(struct buf *out, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && data[i]; i++)
        if (data[i] == '#')
            buf_addf(out, "%d", a_socket());
        else
            buf_add_char(out, (char)data[i]);
    buf_add_char(out, '\0');
}

static void check(const struct handover *h)
{
    require(h->channel == -1 || is_socket(h->channel));
    require(h->role != HANDOVER_MAIL || h->channel >= 0);
    require(h->role != HANDOVER_MAILBOXES || h->orders > 0);
    for (size_t i = 0; i < h->count; i++)
        require(is_socket(h->sockets[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char storage[TEXT_MOST], reason[200];
    struct buf text, why;
    struct handover h;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_init_fixed(&why, reason, sizeof(reason));
    write_text(&text, data, size);
    if (text.failed || setenv("CANDOR_HANDOVER", text.at, 1) != 0)
        return 0;
    if (!handover_receive(&h, &why)) {
        require(why.len > 0);
        return 0;
    }
    check(&h);
    require(getenv("CANDOR_HANDOVER") == NULL);
    free(h.sockets); /* they are not ours to close */
    return 0;
}
