#include "deliver/maildir_quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, TRUSTED_SECONDS = 15 * 60 };

/* False: too long. */
static bool join(char path[PATH_SIZE], const char *folder, const char *name)
{
    int len = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return len > 0 && len < PATH_SIZE;
}

/* The messages of one folder's new/ or cur/. */
static void count_files(const char *folder, struct maildirsize *size)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[PATH_SIZE];
        struct stat about;
        uint64_t bytes;
        if (e->d_name[0] == '.')
            continue;
        if (!maildirsize_of_name(slice_str(e->d_name), &bytes)) {
            if (!join(path, folder, e->d_name) || stat(path, &about) != 0)
                continue;
            bytes = (uint64_t)about.st_size;
        }
        size->bytes += bytes;
        size->count++;
    }
    if (dir)
        closedir(dir);
}

static void count_folder(const char *folder, struct maildirsize *size)
{
    static const char *const parts[] = {"new", "cur"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char path[PATH_SIZE];
        if (join(path, folder, parts[i]))
            count_files(path, size);
    }
}

/* Subfolders begin with a dot; what is in the one for deleted mail does not count. */
static void count_all(const char *maildir, struct maildirsize *size)
{
    DIR *dir = opendir(maildir);
    size->bytes = size->count = 0;
    count_folder(maildir, size);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[PATH_SIZE];
        struct slice name = slice_str(e->d_name);
        if (name.at[0] != '.' || slice_eq(name, SLICE(".")) || slice_eq(name, SLICE("..")) ||
            slice_eq(name, SLICE(".Trash")))
            continue;
        if (join(path, maildir, e->d_name))
            count_folder(path, size);
    }
    if (dir)
        closedir(dir);
}

/* False: there is none, or it has to be counted anew. *age_r: seconds since it changed. */
static bool read_file(const char *maildir, struct maildirsize *size, time_t *age_r)
{
    char path[PATH_SIZE], text[MAILDIRSIZE_MAX + 1];
    struct stat about;
    int fd = join(path, maildir, "maildirsize")
                 ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
                 : -1;
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof(text));
    bool done = len >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    close(fd);
    *age_r = done ? time(NULL) - about.st_mtime : 0;
    return done && maildirsize_read(slice_of(text, (size_t)len), size);
}

/* Whole at once: others read it meanwhile. */
static void write_file(const char *maildir, const struct maildirsize *size)
{
    char path[PATH_SIZE], temporary[PATH_SIZE], name[64], storage[200];
    struct buf text;
    (void)snprintf(name, sizeof(name), "tmp/%d.%lx.maildirsize", (int)getpid(),
                   (unsigned long)(uintptr_t)&text);
    buf_init_fixed(&text, storage, sizeof(storage));
    maildirsize_write(&text, size);
    if (!join(path, maildir, "maildirsize") || !join(temporary, maildir, name))
        return;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    bool written = write(fd, text.at, text.len) == (ssize_t)text.len;
    if (close(fd) != 0 || !written || rename(temporary, path) != 0)
        unlink(temporary);
}

bool maildir_quota_fits(const struct maildirsize *size, uint64_t bytes)
{
    return (!size->bytes_most || size->bytes + bytes <= size->bytes_most) &&
           (!size->count_most || size->count < size->count_most);
}

/* A mailbox that looks full may have been emptied by a program that does not keep the file. */
void maildir_quota_count(const char *maildir, uint64_t most, struct maildirsize *size_r)
{
    time_t age = 0;
    bool is_read = read_file(maildir, size_r, &age);
    bool is_ours = !most || (size_r->bytes_most == most && !size_r->count_most);
    if (is_read && is_ours && (age < TRUSTED_SECONDS || maildir_quota_fits(size_r, 0)))
        return;
    if (!is_read || !is_ours)
        *size_r = (struct maildirsize){.bytes_most = most};
    if (!size_r->bytes_most && !size_r->count_most)
        return;
    count_all(maildir, size_r);
    write_file(maildir, size_r);
}

void maildir_quota_add(const char *maildir, uint64_t bytes)
{
    char path[PATH_SIZE], storage[32];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    maildirsize_write_delivery(&line, bytes);
    int fd = join(path, maildir, "maildirsize")
                 ? open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
                 : -1;
    if (fd < 0)
        return;
    /* half a line makes the file one that is counted anew */
    (void)!write(fd, line.at, line.len);
    close(fd);
}
