#include "deliver/sts_store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "mail/address.h"
#include "system/file.h"
#include "system/heap.h"

enum { PATH_BYTES = 4096, HEAD_MAX = 128, FILE_MAX = STS_TEXT_MAX + HEAD_MAX };

/* A domain from the envelope becomes a file's name: what has no slash and is not hidden. */
static bool write_name(char name[ADDRESS_DOMAIN_MAX], struct slice domain)
{
    struct buf out;
    buf_init_fixed(&out, name, ADDRESS_DOMAIN_MAX);
    for (size_t i = 0; i < domain.len; i++)
        buf_add_char(&out, ascii_lower(domain.at[i]));
    buf_add_char(&out, '\0');
    return !out.failed && domain.len > 0 && domain.len < ADDRESS_DOMAIN_MAX - 8 &&
           domain.at[0] != '.' && slice_find(domain, '/', 0) == SLICE_NONE &&
           slice_find(domain, '\0', 0) == SLICE_NONE;
}

static bool write_path(char path[PATH_BYTES], const char *folder, struct slice domain)
{
    char name[ADDRESS_DOMAIN_MAX];
    struct buf out;
    if (!write_name(name, domain))
        return false;
    buf_init_fixed(&out, path, PATH_BYTES);
    buf_addf(&out, "%s/%s", folder, name);
    buf_add_char(&out, '\0');
    return !out.failed;
}

static uint32_t sum_of(struct slice id, uint64_t seconds, struct slice policy)
{
    char digits[24];
    struct buf out;
    buf_init_fixed(&out, digits, sizeof(digits));
    buf_addf(&out, " %llu\n", (unsigned long long)seconds);
    return crc32c(crc32c(crc32c(0, id), buf_slice(&out)), policy);
}

/* `ID seconds checksum` in the first line, then the policy as it came. NULL, or what is wrong. */
static const char *read_text(struct sts_stored *s)
{
    struct slice rest = buf_slice(&s->text), head, id, seconds;
    uint64_t fetched;
    uint32_t sum;
    const char *why;
    if (!slice_line(&rest, &head) || !slice_word(&head, &id) || !slice_word(&head, &seconds) ||
        !slice_cstr(id, s->id, sizeof(s->id)) || !slice_u64(seconds, &fetched) ||
        fetched > INT64_MAX / 2000 || !slice_u32(slice_trim(head), &sum))
        return "its first line is no ID, time and checksum";
    if (sum != sum_of(id, fetched, rest))
        return "its checksum is that of another text";
    s->fetched_at = (int64_t)fetched * 1000;
    return sts_policy_read(rest, &s->policy, &why) ? NULL : why;
}

static bool is_over(const struct sts_stored *s, int64_t now)
{
    return now > s->fetched_at + (int64_t)s->policy.max_age * 1000;
}

bool sts_store_read(const char *folder, struct slice domain, int64_t now, struct sts_stored *s_r,
                    const char **damage_r)
{
    char path[PATH_BYTES];
    *damage_r = NULL;
    buf_init(&s_r->text, &heap, FILE_MAX + 8192);
    if (!write_path(path, folder, domain) || (access(path, F_OK) != 0 && errno == ENOENT))
        return false;
    if (file_read(path, FILE_MAX, &s_r->text, damage_r))
        *damage_r = read_text(s_r);
    if (!*damage_r && !is_over(s_r, now))
        return true;
    buf_free(&s_r->text);
    return false;
}

void sts_store_let_go(struct sts_stored *s)
{
    buf_free(&s->text);
}

void sts_store_remove(const char *folder, struct slice domain)
{
    char path[PATH_BYTES];
    if (write_path(path, folder, domain))
        unlink(path);
}

int sts_store_write(const char *folder, struct slice domain, struct slice id, int64_t now,
                    struct slice policy)
{
    char name[ADDRESS_DOMAIN_MAX];
    struct buf text;
    uint64_t seconds = (uint64_t)now / 1000;
    if (!write_name(name, domain))
        return ENAMETOOLONG;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return errno;
    buf_init(&text, &heap, FILE_MAX);
    buf_addf(&text, "%.*s %llu %u\n", SLICE_ARG(id), (unsigned long long)seconds,
             sum_of(id, seconds, policy));
    buf_add(&text, policy);
    int error = text.failed ? ENOMEM : file_replace(folder, name, buf_slice(&text));
    buf_free(&text);
    return error;
}
