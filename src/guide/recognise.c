/* What a text is: by its content, whatever its name. The only place that decides it. */
#include "guide/inside.h"
#include "mail/bounce_account.h"
#include "mail/header.h"
#include "mail/mbox.h"

/* Bytes and lines that are looked at to tell a mail from replies. */
enum { HEAD_MAX = 64 * 1024, HEAD_LINES_MAX = 64 };

/* Takes a line with its end; CR, LF and both end one. False: its end is not there. */
static bool take_line(struct slice *rest, struct slice *line_r)
{
    size_t end = 0;
    while (end < rest->len && rest->at[end] != '\n' && rest->at[end] != '\r')
        end++;
    if (end == rest->len)
        return false;
    *line_r = slice_head(*rest, end + 1);
    bool is_pair = rest->at[end] == '\r' && end + 1 < rest->len && rest->at[end + 1] == '\n';
    *rest = slice_from(*rest, end + 1 + is_pair);
    return true;
}

/* Whether all lines so far look like fields of a header. */
static bool may_be_mail(struct slice head)
{
    struct slice line;
    struct header_field field;
    for (size_t i = 0; take_line(&head, &line); i++) {
        bool is_fold = i > 0 && (line.at[0] == ' ' || line.at[0] == '\t');
        bool is_separator = i == 0 && slice_starts(line, SLICE("From "));
        bool is_blank = line.len == 1;
        if (i >= HEAD_LINES_MAX ||
            !(is_fold || is_separator || is_blank || header_next(&line, &field)))
            return false;
    }
    return true;
}

bool guide_begins_reply(struct slice line)
{
    uint32_t code;
    return line.len > 2 && (line.len == 3 || !ascii_is_alnum(line.at[3])) &&
           slice_u32(slice_head(line, 3), &code) && code >= 200 && code < 600;
}

/* Lines that belong together. Where most begin with codes of their own, each is a reply. */
static bool is_account(struct slice head)
{
    enum { ACCOUNT_MAX = 16 * 1024, ACCOUNT_LINES_MAX = 80 };
    struct slice rest = head, line;
    size_t lines = 0, replies = 0;
    if (head.len > ACCOUNT_MAX || !bounce_is_account(head))
        return false;
    while (slice_line(&rest, &line)) {
        line = slice_trim(line);
        lines += line.len > 0;
        replies += guide_begins_reply(line);
    }
    return lines > 1 && lines <= ACCOUNT_LINES_MAX && 2 * replies <= lines;
}

enum guide_kind guide_recognise(struct slice head, enum log_format *format_r)
{
    if (mbox_begins(head))
        return GUIDE_MBOX;
    if (bounce_begins_mail(head))
        return GUIDE_MAIL;
    *format_r = log_recognise(head);
    if (*format_r <= LOG_SYSLOG && is_account(head))
        return GUIDE_ACCOUNT;
    if (*format_r != LOG_NONE)
        return GUIDE_LOG;
    return head.len > HEAD_MAX || !may_be_mail(head) ? GUIDE_LINES : GUIDE_UNSURE;
}
