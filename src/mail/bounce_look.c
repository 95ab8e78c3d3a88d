/* Whether a mail looks like one that a mail system wrote about a delivery, and of which kind. No
 * single sign is enough: people write about bounces too. */
#include "mail/bounce_inside.h"
#include "mail/header.h"

/* A field, what its body holds (empty: that it is there is enough), and what that says. */
struct sign {
    struct slice field;
    struct slice word;
    enum bounce_kind kind;
    int weight;
};

#define SIGN(field, word, kind, weight)                                                            \
    {                                                                                              \
        SLICE_INIT(field), SLICE_INIT(word), BOUNCE_##kind, weight                                 \
    }

static const struct sign signs[] = {
    SIGN("X-Failed-Recipients", "", FAILURE, 3),
    SIGN("X-MS-Exchange-Message-Is-Ndr", "", FAILURE, 3),
    SIGN("X-MS-Embedded-Report", "", FAILURE, 2),
    SIGN("X-Delivery-Failure", "", FAILURE, 2),
    SIGN("Content-Type", "delivery-status", FAILURE, 3),
    SIGN("Content-Type", "feedback-report", COMPLAINT, 9),
    SIGN("Content-Type", "disposition-notification", AUTO_REPLY, 0),
    SIGN("From", "mailer-daemon", FAILURE, 2),
    SIGN("From", "mailer_daemon", FAILURE, 2),
    SIGN("From", "maildaemon", FAILURE, 2),
    SIGN("From", "postmaster", FAILURE, 2),
    SIGN("From", "mail deliver", FAILURE, 2),
    SIGN("From", "mail.deliver", FAILURE, 2),
    SIGN("From", "mail administrator", FAILURE, 2),
    SIGN("From", "system administrator", FAILURE, 2),
    SIGN("From", "post_office", FAILURE, 2),
    SIGN("From", "no-reply@", FAILURE, 1),
    SIGN("From", "noreply@", FAILURE, 1),
    SIGN("Return-Path", "<>", FAILURE, 1),
    SIGN("Return-Path", "mailer-daemon", FAILURE, 1),
    SIGN("Auto-Submitted", "auto-generated", FAILURE, 1),
    SIGN("Subject", "failure notice", FAILURE, 2),
    SIGN("Subject", "undeliver", FAILURE, 2),
    SIGN("Subject", "non-deliver", FAILURE, 2),
    SIGN("Subject", "nondeliver", FAILURE, 2),
    SIGN("Subject", "returned mail", FAILURE, 2),
    SIGN("Subject", "mail returned", FAILURE, 2),
    SIGN("Subject", "returning message", FAILURE, 2),
    SIGN("Subject", "returned to sender", FAILURE, 2),
    SIGN("Subject", "delivery fail", FAILURE, 2),
    SIGN("Subject", "delivery failed", FAILURE, 2),
    SIGN("Subject", "delivery status", FAILURE, 2),
    SIGN("Subject", "delivery report", FAILURE, 2),
    SIGN("Subject", "delivery error", FAILURE, 2),
    SIGN("Subject", "delivery problem", FAILURE, 2),
    SIGN("Subject", "mail system error", FAILURE, 2),
    SIGN("Subject", "mail error", FAILURE, 2),
    SIGN("Subject", "mail failure", FAILURE, 2),
    SIGN("Subject", "could not be delivered", FAILURE, 2),
    SIGN("Subject", "could not send", FAILURE, 2),
    SIGN("Subject", "error sending your mail", FAILURE, 2),
    SIGN("Subject", "delayed mail", FAILURE, 2),
    SIGN("Subject", "delivery delayed", FAILURE, 2),
    SIGN("Subject", "unzustellbar", FAILURE, 2),
    SIGN("Subject", "nicht zugestellt", FAILURE, 2),
    SIGN("Subject", "non remis", FAILURE, 2),
    SIGN("Subject", "non livr", FAILURE, 2),
    SIGN("Subject", "impossible de remettre", FAILURE, 2),
    SIGN("Subject", "mancato recapito", FAILURE, 2),
    SIGN("Subject", "non recapitabile", FAILURE, 2),
    SIGN("Subject", "no se puede entregar", FAILURE, 2),
    SIGN("Subject", "no entregado", FAILURE, 2),
    SIGN("Subject", "onbestelbaar", FAILURE, 2),
    SIGN("Subject", "kan niet worden bezorgd", FAILURE, 2),
    SIGN("Subject", "niedostarczon", FAILURE, 2),
    SIGN("Subject", "user unknown", FAILURE, 2),
    SIGN("Subject", "unknown user", FAILURE, 2),
    SIGN("Auto-Submitted", "auto-replied", AUTO_REPLY, 1),
    SIGN("X-Autoreply", "", AUTO_REPLY, 3),
    SIGN("X-Autorespond", "", AUTO_REPLY, 3),
    SIGN("X-Auto-Response-From", "", AUTO_REPLY, 3),
    SIGN("X-Mail-Autoreply", "", AUTO_REPLY, 3),
    SIGN("X-Vacation", "", AUTO_REPLY, 3),
    SIGN("Precedence", "auto_reply", AUTO_REPLY, 3),
    SIGN("Precedence", "auto-reply", AUTO_REPLY, 3),
    SIGN("Subject", "out of office", AUTO_REPLY, 2),
    SIGN("Subject", "out of the office", AUTO_REPLY, 2),
    SIGN("Subject", "automatic reply", AUTO_REPLY, 3),
    SIGN("Subject", "auto reply", AUTO_REPLY, 2),
    SIGN("Subject", "auto-reply", AUTO_REPLY, 2),
    SIGN("Subject", "autoreply", AUTO_REPLY, 2),
    SIGN("Subject", "auto response", AUTO_REPLY, 2),
    SIGN("Subject", "auto:", AUTO_REPLY, 2),
    SIGN("Subject", "vacation", AUTO_REPLY, 1),
    SIGN("Subject", "abwesenheit", AUTO_REPLY, 2),
    SIGN("Subject", "automatische antwort", AUTO_REPLY, 3),
    SIGN("Subject", "absence", AUTO_REPLY, 1),
    SIGN("Subject", "automatique", AUTO_REPLY, 2),
    SIGN("Subject", "automatica", AUTO_REPLY, 2),
    SIGN("X-Challenge", "", CHALLENGE, 4),
    SIGN("X-Delivery-Agent", "tmda", CHALLENGE, 2),
    SIGN("X-TMDA", "", CHALLENGE, 3),
    SIGN("From", "spamarrest", CHALLENGE, 3),
    SIGN("From", "boxbe", CHALLENGE, 3),
    SIGN("From", "uol.com.br antispam", CHALLENGE, 3),
    SIGN("Subject", "please confirm your message", CHALLENGE, 3),
    SIGN("Subject", "confirm your email", CHALLENGE, 1),
    SIGN("Subject", "your message requires confirm", CHALLENGE, 3),
    SIGN("Subject", "verification required", CHALLENGE, 1),
    SIGN("Subject", "(verifying)", CHALLENGE, 2),
    SIGN("Subject", "sender verification", CHALLENGE, 2),
};

/* What a person's answer begins with. */
static const struct sign people[] = {
    SIGN("Subject", "re:", NONE, -4),      SIGN("Subject", "aw:", NONE, -4),
    SIGN("Subject", "fwd:", NONE, -1),     SIGN("Subject", "fw:", NONE, -1),
    SIGN("User-Agent", "", NONE, -2),      SIGN("X-Mailer", "apple mail", NONE, -2),
    SIGN("X-Mailer", "outlook", NONE, -2), SIGN("List-Unsubscribe", "", NONE, -2),
};

struct phrase {
    struct slice text;
    enum bounce_kind kind;
};
#define PHRASE(kind, text)                                                                         \
    {                                                                                              \
        SLICE_INIT(text), BOUNCE_##kind                                                            \
    }

/* What reports say of themselves, whatever the reason is. */
static const struct phrase phrases[] = {
    PHRASE(CHALLENGE, "confirm that you sent"),
    PHRASE(CHALLENGE, "prove that you are"),
    PHRASE(CHALLENGE, "prove you are"),
    PHRASE(CHALLENGE, "verify that you are"),
    PHRASE(CHALLENGE, "challenge/response"),
    PHRASE(CHALLENGE, "approved sender list"),
    PHRASE(CHALLENGE, "reply to this message to confirm"),
    PHRASE(CHALLENGE, "release your message from"),
    PHRASE(DELAY, "warning message only"),
    PHRASE(DELAY, "you do not need to resend"),
    PHRASE(DELAY, "do not need to resend your message"),
    PHRASE(DELAY, "has not yet been delivered"),
    PHRASE(DELAY, "has not been delivered to one or more of its recipients after"),
    PHRASE(DELAY, "will continue to try"),
    PHRASE(DELAY, "will be retried"),
    PHRASE(DELAY, "will keep trying"),
    PHRASE(DELAY, "delivery attempts will continue"),
    PHRASE(DELAY, "has been delayed"),
    PHRASE(DELAY, "transient non-fatal errors"),
    PHRASE(DELAY, "could not send message for past"),
    PHRASE(SUCCESS, "was successfully delivered"),
    PHRASE(SUCCESS, "successfully delivered to"),
    PHRASE(SUCCESS, "has been successfully relayed"),
    PHRASE(SUCCESS, "had successful delivery notifications"),
    PHRASE(SUCCESS, "successful mail delivery report"),
    PHRASE(FAILURE, "not be delivered"),
    PHRASE(FAILURE, "not been delivered"),
    PHRASE(FAILURE, "not be sent"),
    PHRASE(FAILURE, "not delivered"),
    PHRASE(FAILURE, "not able to deliver"),
    PHRASE(FAILURE, "able to deliver"),
    PHRASE(FAILURE, "unable to deliver"),
    PHRASE(FAILURE, "cannot be delivered"),
    PHRASE(FAILURE, "can't be delivered"),
    PHRASE(FAILURE, "did not reach"),
    PHRASE(FAILURE, "delivery has failed"),
    PHRASE(FAILURE, "delivery failed"),
    PHRASE(FAILURE, "failed to deliver"),
    PHRASE(FAILURE, "delivery to the following"),
    PHRASE(FAILURE, "delivery errors"),
    PHRASE(FAILURE, "delivery problems"),
    PHRASE(FAILURE, "fatal errors"),
    PHRASE(FAILURE, "attempting to deliver"),
    PHRASE(FAILURE, "trouble delivering"),
    PHRASE(FAILURE, "transcript of session"),
    PHRASE(FAILURE, "failure reasons"),
    PHRASE(FAILURE, "unknown user"),
    PHRASE(FAILURE, "user unknown"),
    PHRASE(FAILURE, "undeliverable"),
    PHRASE(FAILURE, "returned to sender"),
    PHRASE(FAILURE, "was blocked by"),
    PHRASE(FAILURE, "was rejected"),
    PHRASE(FAILURE, "rejected by"),
    PHRASE(FAILURE, "inte levereras"),
    PHRASE(FAILURE, "nicht zugestellt"),
    PHRASE(FAILURE, "nicht ausgeliefert"),
    PHRASE(FAILURE, "nicht erreicht"),
    PHRASE(FAILURE, "pas pu \xc3\xaatre"),
    PHRASE(FAILURE, "no se pudo entregar"),
    PHRASE(FAILURE, "no ha llegado"),
    PHRASE(FAILURE, "non \xc3\xa8 stato possibile"),
    PHRASE(FAILURE, "niet worden bezorgd"),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Words of the text that are looked at: reports say what they are at their beginning. */
enum { WORDS_MAX = 3000, SUBJECT_MAX = 300 };

static const struct phrase *first_phrase(struct slice words, enum bounce_kind first,
                                         enum bounce_kind second)
{
    words = slice_head(words, WORDS_MAX);
    for (size_t i = 0; i < COUNT(phrases); i++)
        if ((phrases[i].kind == first || phrases[i].kind == second) &&
            slice_ifind_slice(words, phrases[i].text, 0) != SLICE_NONE)
            return &phrases[i];
    return NULL;
}

enum bounce_kind bounce_kind_of_words(struct slice words)
{
    const struct phrase *p = first_phrase(words, BOUNCE_DELAY, BOUNCE_SUCCESS);
    return p ? p->kind : BOUNCE_FAILURE;
}

static bool is_there(const struct header_field *f, const struct sign *s)
{
    return slice_ieq(f->name, s->field) &&
           slice_ifind_slice(slice_head(f->body, SUBJECT_MAX), s->word, 0) != SLICE_NONE;
}

static bool is_asked(struct slice name)
{
    char c = name.len ? ascii_lower(name.at[0]) : 0;
    return c && strchr("xcfrasplu", c);
}

/* The heaviest sign of each field and kind. */
static void weigh(struct slice message, int weights[BOUNCE_CHALLENGE + 1])
{
    struct header_field f;
    while (header_next(&message, &f)) {
        int best[BOUNCE_CHALLENGE + 1] = {0};
        if (!is_asked(f.name))
            continue;
        for (size_t i = 0; i < COUNT(signs); i++)
            if (is_there(&f, &signs[i]) && signs[i].weight > best[signs[i].kind])
                best[signs[i].kind] = signs[i].weight;
        for (size_t i = 0; i <= BOUNCE_CHALLENGE; i++)
            weights[i] += best[i];
        for (size_t i = 0; i < COUNT(people); i++)
            if (slice_ieq(f.name, people[i].field) &&
                slice_istarts(slice_trim(f.body), people[i].word))
                weights[BOUNCE_NONE] += people[i].weight;
    }
}

void bounce_look_at(struct slice message, struct slice words, struct bounce_look *look_r)
{
    int w[BOUNCE_CHALLENGE + 1] = {0};
    weigh(message, w);
    const struct phrase *said = first_phrase(words, BOUNCE_FAILURE, BOUNCE_DELAY);
    bool is_challenge = first_phrase(words, BOUNCE_CHALLENGE, BOUNCE_CHALLENGE) != NULL;
    int failure = w[BOUNCE_FAILURE] + w[BOUNCE_NONE] + (said ? 2 : 0);
    *look_r = (struct bounce_look){
        .kind = BOUNCE_NONE, .weight = failure, .is_machine = w[BOUNCE_FAILURE] > 0};
    if (w[BOUNCE_COMPLAINT])
        look_r->kind = BOUNCE_COMPLAINT;
    else if (w[BOUNCE_CHALLENGE] + 2 * is_challenge > 2 && w[BOUNCE_FAILURE] < 3)
        look_r->kind = BOUNCE_CHALLENGE;
    else if (w[BOUNCE_AUTO_REPLY] > 0 &&
             w[BOUNCE_AUTO_REPLY] + 1 >= w[BOUNCE_FAILURE] + (said ? 2 : 0))
        look_r->kind = BOUNCE_AUTO_REPLY;
    else if (failure >= BOUNCE_WEIGHT_ENOUGH && w[BOUNCE_FAILURE] > 0)
        look_r->kind = bounce_kind_of_words(words);
}
