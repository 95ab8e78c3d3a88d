#include "mail/maildirsize.h"

/* Beyond this nothing is counted: a sum of all lines of a file stays far from overflowing. */
#define NUMBER_MOST ((int64_t)1 << 50)

/* `1000000S,100C`: bytes and messages, in any order, or one of them. */
static bool read_limits(struct slice line, struct maildirsize *size)
{
    while (line.len) {
        size_t end = slice_find(line, ',', 0);
        struct slice part = slice_head(line, end);
        uint64_t value;
        if (part.len < 2 || !slice_u64(slice_head(part, part.len - 1), &value) ||
            value > (uint64_t)NUMBER_MOST)
            return false;
        if (part.at[part.len - 1] == 'S')
            size->bytes_most = value;
        else if (part.at[part.len - 1] == 'C')
            size->count_most = value;
        else
            return false;
        line = end == SLICE_NONE ? SLICE("") : slice_from(line, end + 1);
    }
    return true;
}

static bool read_number(struct slice *line, int64_t *value_r)
{
    struct slice word;
    uint64_t value;
    if (!slice_word(line, &word))
        return false;
    bool is_negative = word.at[0] == '-';
    if (!slice_u64(slice_from(word, is_negative), &value) || value > (uint64_t)NUMBER_MOST)
        return false;
    *value_r = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static uint64_t within(int64_t sum)
{
    return (uint64_t)(sum < 0 ? 0 : sum > NUMBER_MOST ? NUMBER_MOST : sum);
}

bool maildirsize_read(struct slice text, struct maildirsize *size_r)
{
    struct slice line;
    int64_t bytes = 0, count = 0, more_bytes, more;
    *size_r = (struct maildirsize){0};
    if (text.len > MAILDIRSIZE_MAX || !slice_line(&text, &line) ||
        !read_limits(slice_trim(line), size_r))
        return false;
    while (slice_line(&text, &line)) {
        if (!read_number(&line, &more_bytes) || !read_number(&line, &more))
            return false;
        bytes += more_bytes;
        count += more;
    }
    size_r->bytes = within(bytes);
    size_r->count = within(count);
    return true;
}

void maildirsize_write(struct buf *out, const struct maildirsize *size)
{
    if (size->bytes_most)
        buf_addf(out, "%lluS", (unsigned long long)size->bytes_most);
    if (size->count_most)
        buf_addf(out, "%s%lluC", size->bytes_most ? "," : "", (unsigned long long)size->count_most);
    buf_addf(out, "\n%llu %llu\n", (unsigned long long)size->bytes,
             (unsigned long long)size->count);
}

void maildirsize_write_delivery(struct buf *out, uint64_t bytes)
{
    buf_addf(out, "%llu 1\n", (unsigned long long)bytes);
}

bool maildirsize_of_name(struct slice name, uint64_t *bytes_r)
{
    size_t at = slice_find_slice(name, SLICE(",S="), 0);
    if (at == SLICE_NONE)
        return false;
    struct slice digits = slice_from(name, at + 3);
    size_t len = 0;
    while (len < digits.len && digits.at[len] >= '0' && digits.at[len] <= '9')
        len++;
    return slice_u64(slice_head(digits, len), bytes_r) && *bytes_r <= (uint64_t)NUMBER_MOST;
}
