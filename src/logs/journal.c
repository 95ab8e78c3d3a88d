/* The journal's lines: `journalctl -o json`, and `-o export`, in which a field is a line and an
 * empty line ends the entry. */
#include "base/json_read.h"
#include "logs/inside.h"

bool logs_journal_split(struct slice raw, struct arena *arena, struct log_line *line_r)
{
    line_r->program = json_read_member_text(raw, "SYSLOG_IDENTIFIER", arena);
    line_r->message = json_read_member_text(raw, "MESSAGE", arena);
    line_r->time = json_read_member_text(raw, "__REALTIME_TIMESTAMP", arena);
    if (line_r->time.len == 0)
        line_r->time = json_read_member_text(raw, "_SOURCE_REALTIME_TIMESTAMP", arena);
    return line_r->program.len > 0 && line_r->message.len > 0;
}

enum { FIELDS = 3, FIELD_MAX = 8 * 1024 };

/* What is known of the entry that is read. */
struct log_entry {
    size_t len[FIELDS];
    char at[FIELDS][FIELD_MAX];
};

static const struct slice names[FIELDS] = {
    SLICE_INIT("__REALTIME_TIMESTAMP="), SLICE_INIT("SYSLOG_IDENTIFIER="), SLICE_INIT("MESSAGE=")};

bool logs_journal_program(struct slice raw, struct slice *program_r)
{
    *program_r = slice_from(raw, names[1].len);
    return slice_starts(raw, names[1]);
}

void logs_journal_free(struct log_entry *entry, const struct mem *mem)
{
    mem_give(mem, entry, sizeof(*entry));
}

static struct slice field_of(const struct log_entry *entry, size_t i)
{
    return slice_of(entry->at[i], entry->len[i]);
}

bool logs_journal_collect(struct log_reader *r, struct slice raw, struct log_line *line_r)
{
    size_t i = 0;
    while (i < FIELDS && !slice_starts(raw, names[i]))
        i++;
    if (!r->entry && i < FIELDS) {
        r->entry = mem_take(r->mem, sizeof(*r->entry));
        if (r->entry)
            memset(r->entry->len, 0, sizeof(r->entry->len));
    }
    if (!r->entry)
        return false;
    if (i < FIELDS) {
        struct slice value = slice_head(slice_from(raw, names[i].len), FIELD_MAX);
        memcpy(r->entry->at[i], value.at, value.len);
        r->entry->len[i] = value.len;
    }
    if (raw.len > 0)
        return false;
    *line_r = (struct log_line){.time = field_of(r->entry, 0),
                                .program = field_of(r->entry, 1),
                                .message = field_of(r->entry, 2)};
    memset(r->entry->len, 0, sizeof(r->entry->len));
    return line_r->program.len > 0 && line_r->message.len > 0;
}
