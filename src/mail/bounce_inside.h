/* What the files of the bounce reader share. */
#ifndef CANDOR_MAIL_BOUNCE_INSIDE_H
#define CANDOR_MAIL_BOUNCE_INSIDE_H

#include "mail/bounce.h"

/* Addresses read of a text for people. */
enum { BOUNCE_NAMED_MAX = 64 };

/* The parts of a report (RFC 6522 3). */
struct bounce_report {
    struct slice message;
    struct slice words;    /* for people, up to the message that comes back in it */
    struct slice in_words; /* the message that comes back in the text for people */
    struct slice status;   /* fields for programs; RFC 5965's too */
    struct slice returned; /* as text; empty when it is not there */
    bool is_status_cut;
    bool has_status, has_feedback, has_returned, has_forward;
    bool is_parted;
    bool is_daemon; /* who wrote it writes nothing else */
    bool is_weak;   /* the recipients read of its words may be others */
    bool is_led;    /* they stand in sentences, not by themselves */
};

/* False without room. */
MUST_CHECK bool bounce_find_parts(struct slice message, struct arena *arena,
                                  struct bounce_report *r);
/* The text for people without the message that comes back in it, which is taken off it the first
 * time. */
struct slice bounce_words_of(struct bounce_report *r);

/* The software that wrote the report, by the marks it leaves in the header of its mail, in the
 * part for programs and in the text for people; static text, or empty. */
struct slice bounce_reporter(struct slice message, struct slice status, struct slice words);

/* How the mail looks before anybody was found in it. */
struct bounce_look {
    enum bounce_kind kind; /* what it would be */
    int weight;            /* of the signs that a mail system wrote about a delivery */
    bool is_machine;       /* no person wrote it */
    bool is_sure;          /* and nothing that writes about other things either */
    bool is_daemon;        /* it is from one by its name */
};
/* `words`: the text for people up to the message that comes back. */
void bounce_look_at(struct slice message, struct slice words, struct bounce_look *look_r);
enum { BOUNCE_WEIGHT_ENOUGH = 3 };
/* Whether the text says that the message still waits, or that it arrived; FAILURE if neither. */
enum bounce_kind bounce_kind_of_words(struct slice words);
/* Whether the line says that something was not delivered, or not yet. */
bool bounce_tells_failure(struct slice line);

/* Parts the text for people from the message that comes back in it; *returned_r may be empty. */
void bounce_part_words(struct slice text, struct slice *words_r, struct slice *returned_r);

/* HTML as text: tags taken out, the common entities resolved; empty without room. */
struct slice bounce_without_tags(struct slice html, struct arena *arena);

/* Whether one of the phrases (in lower case) stands in the text where a word begins. */
bool bounce_holds(struct slice text, const struct slice *words, size_t count);

/* An address in a line. */
struct bounce_address {
    struct slice text;
    struct slice before; /* of the line, without quotes and brackets at its end */
    struct slice after;
};
/* The next address in *line_r, which then stands behind it. Nothing that reaches `end` is one: half
 * an address is another one. */
bool bounce_next_address(struct slice *line_r, const char *end, struct bounce_address *a_r);
/* Whether it may name a recipient: a mailbox, a name at the reporting host, or the pipe or file
 * where an alias led to; nothing that decoding could not read. */
bool bounce_is_name(struct slice address);
/* All addresses of a header field's body, each once. */
size_t bounce_list_addresses(struct slice body, const char *end, struct slice *list, size_t count,
                             size_t max);

/* The recipients that the words name, in lines that begin with an address, or (`by_lead`) behind
 * words that lead to one. `mine` is none of them. */
size_t bounce_named(struct slice words, struct slice mine, bool by_lead, struct slice *list,
                    size_t max);
/* Whether the address stands by itself behind a label: `To: a@b`. */
bool bounce_is_labelled(struct slice words, struct slice address);
/* The same where nothing that reaches `end` is an address; bounce_named's is the end of the words,
 * which may be cut there. */
size_t bounce_named_to(struct slice words, const char *end, struct slice mine, bool by_lead,
                       struct slice *list, size_t max);
/* What the words say of that recipient, as reply_scan wants it; in `arena` where it had to be put
 * together. Empty when nothing is said. */
struct slice bounce_said(struct slice words, struct slice address, const struct slice *list,
                         size_t count, struct arena *arena);

#endif
