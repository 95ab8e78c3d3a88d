/* What a mail process that an intruder has taken over says to the parent, which is root: no file
 * comes but those that the configuration names, and no change of program by a message alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/parent.h"
#include "system/keeper.h"
#include "system/pass.h"

static char folder[] = "/tmp/candor-fuzz-XXXXXX";
static char file[64], secret[64];
static struct stat secret_is, file_is;
static struct parent parent = {.file = file, .mail = 1, .is_replacing = true};
static int mine = -1;

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void write_file(const char *path, const char *text, struct stat *about)
{
    FILE *to = fopen(path, "we");
    require(to && fputs(text, to) >= 0 && fclose(to) == 0 && stat(path, about) == 0);
}

static void clean(void)
{
    (void)unlink(file);
    (void)unlink(secret);
    (void)rmdir(folder);
}

static void start(void)
{
    char text[400];
    int ends[2];
    require(mkdtemp(folder) && atexit(clean) == 0);
    (void)snprintf(file, sizeof(file), "%s/conf", folder);
    (void)snprintf(secret, sizeof(secret), "%s/secret", folder);
    (void)snprintf(text, sizeof(text),
                   "hostname = \"mx.here.test\"\nlisten mx { address = \"127.0.0.1:25\" }\n"
                   "reverse-path { secret = \"%s\" }\n",
                   secret);
    write_file(secret, "x\n", &secret_is);
    write_file(file, text, &file_is);
    require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    parent.holds.channel = ends[0];
    mine = ends[1];
}

static void check_file(int fd)
{
    struct stat about;
    require(fstat(fd, &about) == 0 && write(fd, "x", 1) < 0);
    require(about.st_ino == secret_is.st_ino || about.st_ino == file_is.st_ino);
    close(fd);
}

/* The folder's name differs from run to run: `*` in front of a name stands for it. */
static size_t put_folder_in(const uint8_t *data, size_t size, char message[KEEPER_MESSAGE_MAX])
{
    struct buf out;
    struct slice text = slice_of((const char *)data, size);
    size_t star = slice_find(text, '*', 0);
    buf_init_fixed(&out, message, KEEPER_MESSAGE_MAX);
    buf_add(&out, slice_head(text, star));
    if (star != SLICE_NONE) {
        buf_add_str(&out, folder);
        buf_add(&out, slice_from(text, star + 1));
    }
    return out.failed ? 0 : out.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char message[KEEPER_MESSAGE_MAX], answer[KEEPER_MESSAGE_MAX];
    int fd;
    if (mine < 0)
        start();
    size_t len = put_folder_in(data, size, message);
    if (len == 0)
        return 0;
    require(send(mine, message, len, 0) == (ssize_t)len && parent_answer(&parent));
    long got = pass_receive_one(mine, answer, sizeof(answer), &fd, MSG_DONTWAIT);
    require(got > 0 || message[0] != (char)KEEPER_OPEN);
    require((fd >= 0) == (got > 0 && answer[0] == (char)KEEPER_GIVEN));
    require(got <= 0 || answer[0] != (char)KEEPER_DONE);
    if (fd >= 0)
        check_file(fd);
    return 0;
}
