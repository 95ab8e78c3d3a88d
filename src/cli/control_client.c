#include "cli/control_client.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/words.h"
#include "system/config.h"
#include "system/heap.h"

enum { PATH_SIZE = sizeof(((struct sockaddr_un *)NULL)->sun_path), ANSWER_MAX = 64 * 1024 * 1024 };
enum { WAIT_SECONDS = 30 };

struct answer {
    struct buf bytes;
    control_line *take;
    void *ctx;
    json_t *last;
};

static int say_config_problems(const struct config_problems *problems)
{
    struct buf text;
    buf_init(&text, &heap, 1 << 20);
    config_problems_write(problems, &text);
    fprintf(stderr, "%.*s", SLICE_ARG(buf_slice(&text)));
    buf_free(&text);
    return EX_CONFIG;
}

/* A missing file is fine unless it was asked for: then everything has its default. */
static int find_socket(const struct control_place *place, char path[PATH_SIZE])
{
    const char *file = place->config ? place->config : CONFIG_FILE;
    const char *usual = place->socket ? place->socket : CONFIG_SOCKET;
    if (place->socket || (!place->config && access(file, F_OK) != 0)) {
        if (slice_cstr(slice_str(usual), path, PATH_SIZE))
            return EX_OK;
        fprintf(stderr, "candor: the path of a socket has at most %d bytes\n", PATH_SIZE - 1);
        return EX_USAGE;
    }
    struct config_problems problems;
    config_problems_init(&problems);
    struct config *c = config_read(file, &problems);
    int status =
        c && slice_cstr(c->control.path, path, PATH_SIZE) ? EX_OK : say_config_problems(&problems);
    config_free(&c);
    config_problems_free(&problems);
    return status;
}

static int say_no_connection(const char *path)
{
    if (errno == EACCES || errno == EPERM) {
        fprintf(stderr,
                "candor: you may not talk to the server at %s; ask its operator, or try sudo\n",
                path);
        return EX_NOPERM;
    }
    if (errno == ENOENT || errno == ECONNREFUSED)
        fprintf(stderr,
                "candor: no server is running here: nothing listens at %s\n"
                "  start one with: candor serve\n"
                "  if it runs with another configuration, name that with -c FILE\n",
                path);
    else
        fprintf(stderr, "candor: the server at %s can't be reached: %s\n", path, strerror(errno));
    return EX_UNAVAILABLE;
}

static int connect_to(const char *path, int *fd_r)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !slice_cstr(slice_str(path), address.sun_path, PATH_SIZE)) {
        perror("candor: socket");
        return EX_OSERR;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int status = say_no_connection(path);
        close(fd);
        return status;
    }
    *fd_r = fd;
    return EX_OK;
}

static bool send_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        if (sent > 0)
            bytes = slice_from(bytes, (size_t)sent);
    }
    return true;
}

/* The line that has "ok" is the last. */
static bool take_line(struct answer *a, struct slice line)
{
    json_error_t error;
    json_t *object = json_loadb(line.at, line.len, 0, &error);
    if (object && json_object_get(object, "ok")) {
        a->last = object;
        return true;
    }
    if (object && a->take)
        a->take(a->ctx, line, object);
    json_decref(object);
    return object != NULL;
}

/* False when the answer ends, or makes no sense, before its last line. */
static bool read_answer(int fd, struct answer *a)
{
    size_t seen = 0;
    while (!a->last) {
        size_t end = slice_find(buf_slice(&a->bytes), '\n', seen);
        if (end != SLICE_NONE) {
            if (!take_line(a, slice_head(buf_slice(&a->bytes), end)))
                return false;
            buf_drop(&a->bytes, end + 1);
            seen = 0;
            continue;
        }
        seen = a->bytes.len;
        char *room = buf_reserve(&a->bytes, 16384);
        ssize_t got = room ? recv(fd, room, 16384, 0) : -1;
        if (got <= 0 && !(room && got < 0 && errno == EINTR))
            return false;
        a->bytes.len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static int status_of(const json_t *last)
{
    static const struct {
        const char *code;
        int status;
    } codes[] = {{"syntax", EX_USAGE},
                 {"denied", EX_NOPERM},
                 {"not_found", EX_NOINPUT},
                 {"not_offered", EX_UNAVAILABLE},
                 {"config", EX_CONFIG}};
    if (json_is_true(json_object_get(last, "ok")))
        return EX_OK;
    const char *code = json_string_value(json_object_get(last, "code"));
    const char *error = json_string_value(json_object_get(last, "error"));
    fputs("candor: ", stderr);
    words_print(stderr, slice_str(error ? error : "the server refused without a reason"));
    fputc('\n', stderr);
    for (size_t i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].status;
    return EX_SOFTWARE;
}

int control_ask(const struct control_place *place, struct slice request, control_line *take,
                void *ctx, json_t **last_r)
{
    char path[PATH_SIZE];
    struct answer a = {.take = take, .ctx = ctx};
    int fd = -1;
    int status = find_socket(place, path);
    if (status == EX_OK)
        status = connect_to(path, &fd);
    if (status != EX_OK)
        return status;
    buf_init(&a.bytes, &heap, ANSWER_MAX);
    if (send_all(fd, request) && send_all(fd, SLICE("\n")) && read_answer(fd, &a)) {
        status = status_of(a.last);
    } else {
        fprintf(stderr, "candor: the server at %s broke off before its answer was complete\n",
                path);
        status = EX_TEMPFAIL;
    }
    close(fd);
    buf_free(&a.bytes);
    if (last_r && status == EX_OK)
        *last_r = a.last;
    else
        json_decref(a.last);
    return status;
}
