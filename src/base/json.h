/* Writes JSON (RFC 8259) into a buffer. Commas are put by the writer: open, add members, close. The
 * result is valid JSON whatever the bytes given: what is not UTF-8 becomes U+FFFD. */
#ifndef CANDOR_BASE_JSON_H
#define CANDOR_BASE_JSON_H

#include "base/buf.h"

struct json {
    struct buf *out;
    bool needs_comma;
};

static inline struct json json_to(struct buf *out)
{
    return (struct json){.out = out};
}

/* `key` is NULL inside an array and for the outermost value; it is static text of ours. */
void json_put_object(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_put_array(struct json *j, const char *key);
void json_end_array(struct json *j);
void json_put_string(struct json *j, const char *key, struct slice value);
/* Nothing when the value is empty: what is not known is left out. */
void json_put_known(struct json *j, const char *key, struct slice value);
/* The same for a stranger's text that will be shown: what a terminal should not get becomes `?`. */
void json_put_harmless(struct json *j, const char *key, struct slice value);
void json_put_number(struct json *j, const char *key, int64_t value);
/* Two digits behind the point, as confidences have. */
void json_put_fraction(struct json *j, const char *key, double value);
void json_put_bool(struct json *j, const char *key, bool value);
void json_put_null(struct json *j, const char *key);

#endif
