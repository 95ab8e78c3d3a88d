#include "deliver/sts_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/address.h"
#include "system/file.h"
#include "system/heap.h"

enum { PATH_BYTES = 4096, HEAD_MAX = 128, FILE_MAX = STS_TEXT_MAX + HEAD_MAX };

/* A domain from the envelope becomes part of a path: what has no slash and is not hidden. */
static bool write_path(char path[PATH_BYTES], const char *folder, const char *prefix,
                       struct slice domain)
{
    struct buf out;
    buf_init_fixed(&out, path, PATH_BYTES);
    buf_addf(&out, "%s/%s", folder, prefix);
    for (size_t i = 0; i < domain.len; i++)
        buf_add_char(&out, ascii_lower(domain.at[i]));
    buf_add_char(&out, '\0');
    return !out.failed && domain.len > 0 && domain.len < ADDRESS_DOMAIN_MAX - 8 &&
           domain.at[0] != '.' && slice_find(domain, '/', 0) == SLICE_NONE &&
           slice_find(domain, '\0', 0) == SLICE_NONE;
}

/* `ID seconds` in the first line, then the policy as it came. */
static bool read_text(struct sts_stored *s, int64_t now)
{
    struct slice rest = buf_slice(&s->text), head, id;
    uint64_t fetched;
    const char *why;
    if (!slice_line(&rest, &head) || !slice_word(&head, &id) ||
        !slice_cstr(id, s->id, sizeof(s->id)) || !slice_u64(slice_trim(head), &fetched) ||
        fetched > INT64_MAX / 2000 || !sts_policy_read(rest, &s->policy, &why))
        return false;
    s->fetched_at = (int64_t)fetched * 1000;
    return now <= s->fetched_at + (int64_t)s->policy.max_age * 1000;
}

bool sts_store_read(const char *folder, struct slice domain, int64_t now, struct sts_stored *s_r)
{
    char path[PATH_BYTES];
    const char *why;
    buf_init(&s_r->text, &heap, FILE_MAX + 8192);
    if (write_path(path, folder, "", domain) && file_read(path, FILE_MAX, &s_r->text, &why) &&
        read_text(s_r, now))
        return true;
    buf_free(&s_r->text);
    return false;
}

void sts_store_let_go(struct sts_stored *s)
{
    buf_free(&s->text);
}

int sts_store_write(const char *folder, struct slice domain, struct slice id, int64_t now,
                    struct slice policy)
{
    char path[PATH_BYTES], part[PATH_BYTES];
    if (!write_path(path, folder, "", domain) || !write_path(part, folder, ".new-", domain))
        return ENAMETOOLONG;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return errno;
    FILE *f = fopen(part, "we");
    if (!f)
        return errno;
    bool good = fprintf(f, "%.*s %lld\n", SLICE_ARG(id), (long long)(now / 1000)) > 0 &&
                fwrite(policy.at, 1, policy.len, f) == policy.len;
    if ((fclose(f) == 0 && good) && rename(part, path) == 0)
        return 0;
    int error = errno ? errno : EIO;
    unlink(part);
    return error;
}
