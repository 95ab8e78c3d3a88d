/* Between the files of the configuration reader; nobody else includes it. */
#ifndef CANDOR_SYSTEM_CONFIG_INTERNAL_H
#define CANDOR_SYSTEM_CONFIG_INTERNAL_H

#include "system/config.h"
#include "system/config_schema.h"

enum { CONFIG_FILE_MAX = 1024 * 1024, CONFIG_MEMORY_MAX = 64 * 1024 * 1024 };

/* Control characters in the text become '?', the same problem on the same line is kept once. If
 * memory ends the count may stay 0: a caller that fails must not rely on it. */
void config_problem_add(struct config_problems *p, const char *file, unsigned line,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* config_text.c: makes a file digestible for libconfuse: comments become spaces, so that lines are
 * counted right and a comment may stand anywhere; what libconfuse would misread is refused. `out`
 * has room for text.len + 1 bytes and gets a NUL. False when the structure is too broken to go on.
 */
MUST_CHECK bool config_text_prepare(struct slice text, char *out, const char *name,
                                    struct config_problems *p);
/* Blanks the first item of this name on the line, with its value or its section's body, so that the
 * rest of the file can be checked. False when it is not found. */
MUST_CHECK bool config_text_forget(char *text, unsigned line, struct slice name);
/* Whether the name on that line is followed by something that makes it a key or a section. */
bool config_text_is_key(const char *text, unsigned line, struct slice name);

/* config_value.c: one value from text into *field. For a list it is one element of it. `what` gets
 * what was wrong and what would be right. */
MUST_CHECK bool config_value_parse(const struct conf_item *item, struct slice text,
                                   struct arena *arena, void *field, struct buf *what);
/* Bytes of one element if the type is a list, else 0. */
size_t config_value_element_size(enum conf_type type);
/* A domain name of ASCII letters, digits, hyphens and underscores, with labels of at most 63. */
enum { CONFIG_HOST_ROOM = 253 };
/* *host_r: the name in ASCII, in `storage`; international ones may be written either way. */
bool config_value_host(struct slice s, char storage[CONFIG_HOST_ROOM], struct slice *host_r);

/* config_libconfuse.c: fills *c but for what other files hold. `touch_files`: check that the files
 * named are there. */
void config_fill(struct config *c, struct slice text, const char *name, bool touch_files,
                 struct config_problems *p);

/* config_mailboxes.c: reads the mailboxes of a domain. */
void config_mailboxes_read(struct config_domain *d, struct arena *arena, struct config_problems *p);
/* What a file of them says; d->known is there. */
void config_mailboxes_parse(struct config_domain *d, struct slice text, struct arena *arena,
                            struct config_problems *p);

/* RFC 5321 4.1.2 dot-string, without what would leave a folder when it becomes part of a path. */
bool config_is_local_part(struct slice s);

/* config_aliases.c: reads the aliases of a domain, whose mailboxes are known. */
void config_aliases_parse(struct config_domain *d, struct slice text, bool touch_files,
                          struct arena *arena, struct config_problems *p);
/* The same from its file. */
void config_aliases_read(struct config_domain *d, struct arena *arena, struct hash_key key,
                         struct config_problems *p);

/* config_users.c: reads the accounts. */
void config_users_read(struct config_login *l, struct arena *arena, struct config_problems *p);
/* What their file says; l->known is there. */
void config_users_parse(struct config_login *l, struct slice text, struct arena *arena,
                        struct config_problems *p);
/* What holds between the keys of the section. */
void config_login_check(const struct config_login *l, const char *name, struct config_problems *p);

/* config_smarthost.c: what holds between the keys of its login. */
void config_smarthost_check(const struct config *c, const char *name, struct config_problems *p);
/* Their passwords, out of their files. */
void config_smarthost_read(struct config *c, struct config_problems *p);

/* config_secret.c: the first line of a file, which `what` names in problems; nothing where none is
 * named. */
void config_secret_read(struct slice file, const char *what, struct slice *secret_r,
                        struct arena *arena, struct config_problems *p);
/* Whether strangers may read it. */
void config_secret_check_rights(struct slice file, const char *what, struct config_problems *p);

/* config_reverse_path.c */
void config_reverse_path_check(const struct config *c, const char *name, struct config_problems *p);

/* config_sources.c */
void config_sources_check(const struct config *c, const char *name, struct config_problems *p);

/* config_dkim.c: the keys are there, and nobody else's to read. */
void config_seal_check(const struct config *c, const char *name, struct config_problems *p);
void config_dkim_check(const struct config_dkim *d, const char *name, struct config_problems *p);

/* config_file.c: a file or folder that this process may read; false with `why`. */
MUST_CHECK bool config_file_is_there(const char *path, const char **why);

#endif
