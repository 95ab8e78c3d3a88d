#include "spool/log/salt.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "spool/log/bytes.h"

/* u32 magic, u32 format, u64 salt, u32 CRC-32C of what stands before, u32 zero */
enum { SALT_MAGIC = 0x53646e43, SALT_FORMAT = 1, SALT_SIZE = 24, SALT_CRC_AT = 16 };

static const char name[] = "salt", new_name[] = "salt.new";

bool salt_read(const struct segment_folder *folder, uint64_t *salt_r)
{
    char bytes[SALT_SIZE + 1];
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
    close(fd);
    if (got != SALT_SIZE || get32(bytes) != SALT_MAGIC || get32(bytes + 4) != SALT_FORMAT ||
        get32(bytes + SALT_CRC_AT) != crc32c(0, slice_of(bytes, SALT_CRC_AT)))
        return false;
    *salt_r = get64(bytes + 8);
    return true;
}

static enum err_code write_new(const struct segment_folder *folder, const char bytes[SALT_SIZE])
{
    if (fault_now(folder->fault))
        return ERR_IO;
    int fd = openat(folder->fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return segment_code_of_errno();
    enum err_code result = ERR_OK;
    if (pwrite(fd, bytes, SALT_SIZE, 0) != SALT_SIZE || (!folder->skip_sync && fdatasync(fd) != 0))
        result = segment_code_of_errno();
    close(fd);
    return result;
}

enum err_code salt_write(const struct segment_folder *folder, uint64_t salt)
{
    char bytes[SALT_SIZE] = {0};
    put32(bytes, SALT_MAGIC);
    put32(bytes + 4, SALT_FORMAT);
    put64(bytes + 8, salt);
    put32(bytes + SALT_CRC_AT, crc32c(0, slice_of(bytes, SALT_CRC_AT)));
    enum err_code result = write_new(folder, bytes);
    if (result == ERR_OK && renameat(folder->fd, new_name, folder->fd, name) != 0)
        result = segment_code_of_errno();
    if (result == ERR_OK)
        return segment_sync_folder(folder);
    (void)unlinkat(folder->fd, new_name, 0);
    return result;
}
