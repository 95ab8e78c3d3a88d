/* The smarthost's login: its password stands in a file of its own. */
#include <sys/stat.h>

#include "base/err.h"
#include "system/config_internal.h"
#include "system/file.h"
#include "system/heap.h"

enum { PASSWORD_FILE_MAX = 4096, PASSWORD_MAX = 500 };

static bool read_password(struct config_relay *r, struct arena *arena, const char **why)
{
    struct buf text;
    struct slice rest, line;
    buf_init(&text, &heap, PASSWORD_FILE_MAX + 8192);
    bool good = file_read(r->password_file.at, PASSWORD_FILE_MAX, &text, why);
    rest = buf_slice(&text);
    if (good && (!slice_line(&rest, &line) || line.len == 0 || line.len > PASSWORD_MAX)) {
        *why = "its first line is to be the password, of at most 500 bytes";
        good = false;
    }
    if (good && !arena_dup(arena, line, &r->password)) {
        *why = err_text(ERR_MEMORY);
        good = false;
    }
    if (text.at)
        explicit_bzero(text.at, text.size);
    buf_free(&text);
    return good;
}

void config_smarthost_read(struct config_relay *r, struct arena *arena, struct config_problems *p)
{
    struct stat about;
    const char *why;
    if (r->password_file.len == 0)
        return;
    if (!read_password(r, arena, &why))
        config_problem_add(p, r->password_file.at, 0, "the smarthost's password can't be read: %s",
                           why);
    else if (stat(r->password_file.at, &about) == 0 && (about.st_mode & S_IROTH))
        config_problem_add(p, r->password_file.at, 0,
                           "everybody may read this password; chmod 600 %s", r->password_file.at);
}

void config_smarthost_check(const struct config_relay *r, const char *name,
                            struct config_problems *p)
{
    bool has_user = r->user.len > 0, has_password = r->password_file.len > 0;
    if (has_user != has_password)
        config_problem_add(p, name, 0,
                           "relay has one of smarthost-user and smarthost-password; a login needs "
                           "both");
    if (has_user && r->smarthost.host.len == 0)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, but no smarthost; right is, for example, "
                           "smarthost = \"smtp.example.net:587\"");
    if (has_user && r->tls < CONFIG_RELAY_TLS_MUST)
        config_problem_add(p, name, 0,
                           "relay has a smarthost-user, whose password is sent in encrypted "
                           "connections only; right is tls = verify, or must");
}
