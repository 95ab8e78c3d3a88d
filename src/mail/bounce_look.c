/* Whether a mail looks like one that a mail system wrote about a delivery, and of which kind. No
 * single sign is enough: people write about bounces too. */
#include <assert.h>

#include "mail/bounce_inside.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "reply/token.h"

/* What a text holds (empty: that it is there is enough), and what that says. */
struct sign {
    struct slice word; /* in lower case */
    enum bounce_kind kind;
    int weight;
};

#define SIGN(word, kind, weight)                                                                   \
    {                                                                                              \
        SLICE_INIT(word), BOUNCE_##kind, weight                                                    \
    }

static const struct sign x_failed_recipients_signs[] = {
    SIGN("", FAILURE, 3),
};
static const struct sign x_ms_exchange_message_is_ndr_signs[] = {
    SIGN("", FAILURE, 3),
};
static const struct sign x_ms_embedded_report_signs[] = {
    SIGN("", FAILURE, 2),
};
/* Hotmail's complaints are no feedback reports (RFC 5965). */
static const struct sign x_hmxmroriginalrecipient_signs[] = {
    SIGN("", COMPLAINT, 9),
};
/* XMail's */
static const struct sign x_smtpmessageid_signs[] = {
    SIGN("", FAILURE, 2),
};
static const struct sign x_delivery_failure_signs[] = {
    SIGN("", FAILURE, 2),
};
static const struct sign content_type_signs[] = {
    SIGN("delivery-status", FAILURE, 3),
    SIGN("feedback-report", COMPLAINT, 9),
    SIGN("disposition-notification", AUTO_REPLY, 0),
};
static const struct sign from_signs[] = {
    SIGN("mailer-daemon", FAILURE, 2),
    SIGN("mailer_daemon", FAILURE, 2),
    SIGN("mailer daemon", FAILURE, 2),
    SIGN("<>", FAILURE, 2),
    SIGN("maildaemon", FAILURE, 2),
    SIGN("microsoftexchange", FAILURE, 2),
    /* up to here no person writes so: DAEMONS */
    SIGN("postmaster", FAILURE, 2),
    SIGN("mail deliver", FAILURE, 2),
    SIGN("mail.deliver", FAILURE, 2),
    SIGN("mail administrator", FAILURE, 2),
    SIGN("system administrator", FAILURE, 2),
    SIGN("administrateur syst", FAILURE, 2),
    SIGN("systemadministrator", FAILURE, 2),
    SIGN("administrador del sistema", FAILURE, 2),
    SIGN("amministratore di sistema", FAILURE, 2),
    SIGN("systeembeheerder", FAILURE, 2),
    SIGN("mmsc", FAILURE, 2),
    SIGN("post_office", FAILURE, 2),
    SIGN("administrador do sistema", FAILURE, 2),
    SIGN("administrator systemu", FAILURE, 2),
    SIGN("systemadministratör", FAILURE, 2),
    SIGN("システム管理者", FAILURE, 2),
    SIGN("系统管理员", FAILURE, 2),
    SIGN("no-reply@", FAILURE, 1),
    SIGN("noreply@", FAILURE, 1),
    SIGN("spamarrest", CHALLENGE, 3),
    SIGN("boxbe", CHALLENGE, 3),
    SIGN("uol.com.br antispam", CHALLENGE, 3),
};
enum { DAEMONS = 6 };
static const struct sign return_path_signs[] = {
    SIGN("<>", FAILURE, 2),
    SIGN("mailer-daemon", FAILURE, 1),
};
static const struct sign auto_submitted_signs[] = {
    SIGN("auto-generated", FAILURE, 1),
    SIGN("auto-replied", AUTO_REPLY, 1),
};
static const struct sign subject_signs[] = {
    SIGN("failure notice", FAILURE, 2),
    SIGN("undeliver", FAILURE, 2),
    SIGN("non-deliver", FAILURE, 2),
    SIGN("nondeliver", FAILURE, 2),
    SIGN("returned mail", FAILURE, 2),
    SIGN("mail returned", FAILURE, 2),
    SIGN("returning message", FAILURE, 2),
    SIGN("returned to sender", FAILURE, 2),
    SIGN("delivery fail", FAILURE, 2),
    SIGN("delivery failed", FAILURE, 2),
    SIGN("delivery status", FAILURE, 2),
    SIGN("delivery report", FAILURE, 2),
    SIGN("delivery error", FAILURE, 2),
    SIGN("delivery problem", FAILURE, 2),
    SIGN("mail system error", FAILURE, 2),
    SIGN("mail error", FAILURE, 2),
    SIGN("error sending message", FAILURE, 2),
    SIGN("mail failure", FAILURE, 2),
    SIGN("could not be delivered", FAILURE, 2),
    SIGN("could not send", FAILURE, 2),
    SIGN("error sending your mail", FAILURE, 2),
    SIGN("delayed mail", FAILURE, 2),
    SIGN("delivery delayed", FAILURE, 2),
    SIGN("unzustellbar", FAILURE, 2),
    SIGN("nicht zugestellt", FAILURE, 2),
    SIGN("non remis", FAILURE, 2),
    SIGN("non livr", FAILURE, 2),
    SIGN("impossible de remettre", FAILURE, 2),
    SIGN("mancato recapito", FAILURE, 2),
    SIGN("non recapitabile", FAILURE, 2),
    SIGN("no se puede entregar", FAILURE, 2),
    SIGN("no entregado", FAILURE, 2),
    SIGN("onbestelbaar", FAILURE, 2),
    SIGN("kan niet worden bezorgd", FAILURE, 2),
    SIGN("niedostarczon", FAILURE, 2),
    SIGN("não é possível entregar", FAILURE, 2),
    SIGN("kan inte levereras", FAILURE, 2),
    SIGN("未送达", FAILURE, 2),
    SIGN("未傳遞", FAILURE, 2),
    SIGN("complaint about message from", COMPLAINT, 9),
    SIGN("退信", FAILURE, 2),
    SIGN("退回", FAILURE, 2),
    SIGN("送信エラー", FAILURE, 2),
    SIGN("配信エラー", FAILURE, 2),
    SIGN("送信できません", FAILURE, 2),
    SIGN("配信不能", FAILURE, 2),
    SIGN("не доставлено", FAILURE, 2),
    SIGN("échec", FAILURE, 2),
    SIGN("rückläufer", FAILURE, 2),
    SIGN("fehlgeschlagen", FAILURE, 2),
    SIGN("não entregue", FAILURE, 2),
    SIGN("falha na entrega", FAILURE, 2),
    SIGN("devuelto", FAILURE, 2),
    SIGN("niet bezorgd", FAILURE, 2),
    SIGN("nelze doruč", FAILURE, 2),
    SIGN("nedoruč", FAILURE, 2),
    SIGN("kézbesít", FAILURE, 2),
    SIGN("доставлен", FAILURE, 1),
    SIGN("user unknown", FAILURE, 2),
    SIGN("unknown user", FAILURE, 2),
    SIGN("out of office", AUTO_REPLY, 2),
    SIGN("out of the office", AUTO_REPLY, 2),
    SIGN("automatic reply", AUTO_REPLY, 3),
    SIGN("auto reply", AUTO_REPLY, 2),
    SIGN("auto-reply", AUTO_REPLY, 2),
    SIGN("autoreply", AUTO_REPLY, 2),
    SIGN("auto response", AUTO_REPLY, 2),
    SIGN("auto:", AUTO_REPLY, 2),
    SIGN("vacation", AUTO_REPLY, 1),
    SIGN("abwesenheit", AUTO_REPLY, 2),
    SIGN("automatische antwort", AUTO_REPLY, 3),
    SIGN("absence", AUTO_REPLY, 1),
    SIGN("automatique", AUTO_REPLY, 2),
    SIGN("automatica", AUTO_REPLY, 2),
    SIGN("automática", AUTO_REPLY, 2),
    SIGN("automatisch antwoord", AUTO_REPLY, 3),
    SIGN("automatiskt svar", AUTO_REPLY, 3),
    SIGN("automatisk svar", AUTO_REPLY, 3),
    SIGN("autosvar", AUTO_REPLY, 3),
    SIGN("automatická odpov", AUTO_REPLY, 3),
    SIGN("odpowiedź automatyczna", AUTO_REPLY, 3),
    SIGN("автоответ", AUTO_REPLY, 3),
    SIGN("自动回复", AUTO_REPLY, 3),
    SIGN("自動回覆", AUTO_REPLY, 3),
    SIGN("自動応答", AUTO_REPLY, 3),
    SIGN("自動返信", AUTO_REPLY, 3),
    SIGN("자동 회신", AUTO_REPLY, 3),
    SIGN("please confirm your message", CHALLENGE, 3),
    SIGN("confirm your email", CHALLENGE, 1),
    SIGN("your message requires confirm", CHALLENGE, 3),
    SIGN("verification required", CHALLENGE, 1),
    SIGN("(verifying)", CHALLENGE, 2),
    SIGN("sender verification", CHALLENGE, 2),
};
static const struct sign x_autoreply_signs[] = {
    SIGN("", AUTO_REPLY, 3),
};
static const struct sign x_autorespond_signs[] = {
    SIGN("", AUTO_REPLY, 3),
};
static const struct sign x_auto_response_from_signs[] = {
    SIGN("", AUTO_REPLY, 3),
};
static const struct sign x_mail_autoreply_signs[] = {
    SIGN("", AUTO_REPLY, 3),
};
static const struct sign x_vacation_signs[] = {
    SIGN("", AUTO_REPLY, 3),
};
static const struct sign precedence_signs[] = {
    SIGN("auto_reply", AUTO_REPLY, 3),
    SIGN("auto-reply", AUTO_REPLY, 3),
};
static const struct sign x_challenge_signs[] = {
    SIGN("", CHALLENGE, 4),
};
static const struct sign x_delivery_agent_signs[] = {
    SIGN("tmda", CHALLENGE, 2),
};
static const struct sign x_tmda_signs[] = {
    SIGN("", CHALLENGE, 3),
};

/* What a person's answer begins with. */
static const struct sign answers[] = {
    SIGN("re:", NONE, -4),
    SIGN("aw:", NONE, -4),
    SIGN("fwd:", NONE, -1),
    SIGN("fw:", NONE, -1),
};
static const struct sign there[] = {SIGN("", NONE, -2)};
static const struct sign programs[] = {SIGN("apple mail", NONE, -2), SIGN("outlook", NONE, -2)};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define FIELD(name, signs)                                                                         \
    {                                                                                              \
        SLICE_INIT(name), signs, COUNT(signs)                                                      \
    }

static const struct field {
    struct slice name;
    const struct sign *signs;
    size_t count;
} fields[] = {
    FIELD("X-Failed-Recipients", x_failed_recipients_signs),
    FIELD("X-MS-Exchange-Message-Is-Ndr", x_ms_exchange_message_is_ndr_signs),
    FIELD("X-MS-Embedded-Report", x_ms_embedded_report_signs),
    FIELD("X-Delivery-Failure", x_delivery_failure_signs),
    FIELD("X-HmXmrOriginalRecipient", x_hmxmroriginalrecipient_signs),
    FIELD("X-SmtpMessageId", x_smtpmessageid_signs),
    FIELD("Content-Type", content_type_signs),
    FIELD("From", from_signs),
    FIELD("Return-Path", return_path_signs),
    FIELD("Auto-Submitted", auto_submitted_signs),
    FIELD("Subject", subject_signs),
    FIELD("X-Autoreply", x_autoreply_signs),
    FIELD("X-Autorespond", x_autorespond_signs),
    FIELD("X-Auto-Response-From", x_auto_response_from_signs),
    FIELD("X-Mail-Autoreply", x_mail_autoreply_signs),
    FIELD("X-Vacation", x_vacation_signs),
    FIELD("Precedence", precedence_signs),
    FIELD("X-Challenge", x_challenge_signs),
    FIELD("X-Delivery-Agent", x_delivery_agent_signs),
    FIELD("X-TMDA", x_tmda_signs),
    FIELD("Subject", answers),
    FIELD("User-Agent", there),
    FIELD("List-Unsubscribe", there),
    FIELD("X-Mailer", programs),
};

/* What reports say of themselves, whatever the reason is; of several the first one counts. */
static const struct sign phrases[] = {
    SIGN("confirm that you sent", CHALLENGE, 0),
    SIGN("prove that you are", CHALLENGE, 0),
    SIGN("prove you are", CHALLENGE, 0),
    SIGN("verify that you are", CHALLENGE, 0),
    SIGN("challenge/response", CHALLENGE, 0),
    SIGN("approved sender list", CHALLENGE, 0),
    SIGN("reply to this message to confirm", CHALLENGE, 0),
    SIGN("release your message from", CHALLENGE, 0),
    SIGN("warning message only", DELAY, 0),
    SIGN("you do not need to resend", DELAY, 0),
    SIGN("do not need to resend your message", DELAY, 0),
    SIGN("do not need to re-send", DELAY, 0),
    SIGN("temporary failure report", DELAY, 0),
    SIGN("has not yet been delivered", DELAY, 0),
    SIGN("has not been delivered to one or more of its recipients after", DELAY, 0),
    SIGN("will continue to try", DELAY, 0),
    SIGN("will be retried", DELAY, 0),
    SIGN("will keep trying", DELAY, 0),
    SIGN("delivery attempts will continue", DELAY, 0),
    SIGN("has been delayed", DELAY, 0),
    SIGN("noch nicht zugestellt", DELAY, 0),
    SIGN("bislang noch nicht", DELAY, 0),
    SIGN("wir versuchen weiterhin", DELAY, 0),
    SIGN("n'a pas encore", DELAY, 0),
    SIGN("n'ont pas encore", DELAY, 0),
    SIGN("todavía no se ha", DELAY, 0),
    SIGN("aún no se ha", DELAY, 0),
    SIGN("non è ancora stato", DELAY, 0),
    SIGN("ainda não foi", DELAY, 0),
    SIGN("nog niet", DELAY, 0),
    SIGN("ещё не доставлен", DELAY, 0),
    SIGN("еще не доставлен", DELAY, 0),
    SIGN("尚未送达", DELAY, 0),
    SIGN("まだ配信", DELAY, 0),
    SIGN("is delayed to these recipients", DELAY, 0),
    SIGN("hasn't been delivered yet", DELAY, 0),
    SIGN("delivery will continue to be attempted", DELAY, 0),
    SIGN("transient non-fatal errors", DELAY, 0),
    SIGN("could not send message for past", DELAY, 0),
    SIGN("was successfully delivered", SUCCESS, 0),
    SIGN("successfully delivered to", SUCCESS, 0),
    SIGN("has been successfully relayed", SUCCESS, 0),
    SIGN("had successful delivery notifications", SUCCESS, 0),
    SIGN("successful mail delivery report", SUCCESS, 0),
    SIGN("not be delivered", FAILURE, 0),
    SIGN("not been delivered", FAILURE, 0),
    SIGN("not be sent", FAILURE, 0),
    SIGN("not delivered", FAILURE, 0),
    SIGN("not able to deliver", FAILURE, 0),
    SIGN("i'm afraid i wasn't able to deliver", FAILURE, 6),
    SIGN("able to deliver", FAILURE, 0),
    SIGN("unable to deliver", FAILURE, 0),
    SIGN("cannot be delivered", FAILURE, 0),
    SIGN("can't be delivered", FAILURE, 0),
    SIGN("did not reach", FAILURE, 0),
    SIGN("pas parvenu", FAILURE, 0),
    SIGN("hat nicht alle", FAILURE, 0),
    SIGN("konnte nicht", FAILURE, 0),
    SIGN("non ha raggiunto", FAILURE, 0),
    SIGN("non pu\xc3\xb2 essere recapitato", FAILURE, 0),
    SIGN("no lleg\xc3\xb3", FAILURE, 0),
    SIGN("n\xc3\xa3o foi entregue", FAILURE, 0),
    SIGN("n\xc3\xa3o p\xc3\xb4"
         "de ser entregue",
         FAILURE, 0),
    SIGN("heeft de volgende", FAILURE, 0),
    SIGN("n\xc3\xa3o chegou a", FAILURE, 0),
    SIGN("n'a pas atteint", FAILURE, 0),
    SIGN("ne peut pas \xc3\xaatre remis", FAILURE, 0),
    SIGN("nie dotar\xc5\x82", FAILURE, 0),
    SIGN("没有到达", FAILURE, 0),
    SIGN("无法联系到", FAILURE, 0),
    SIGN("nie mo\xc5\xbc"
         "e by\xc4\x87 dostarczon",
         FAILURE, 0),
    SIGN("delivery has failed", FAILURE, 0),
    SIGN("delivery failed", FAILURE, 0),
    SIGN("failed to deliver", FAILURE, 0),
    SIGN("delivery to the following", FAILURE, 0),
    SIGN("delivery errors", FAILURE, 0),
    SIGN("delivery problems", FAILURE, 0),
    SIGN("fatal errors", FAILURE, 0),
    SIGN("attempting to deliver", FAILURE, 0),
    SIGN("trouble delivering", FAILURE, 0),
    SIGN("transcript of session", FAILURE, 0),
    SIGN("failure reasons", FAILURE, 0),
    SIGN("unknown user", FAILURE, 0),
    SIGN("user unknown", FAILURE, 0),
    SIGN("undeliverable", FAILURE, 0),
    SIGN("returned to sender", FAILURE, 0),
    SIGN("was blocked by", FAILURE, 0),
    SIGN("was rejected", FAILURE, 0),
    SIGN("rejected by", FAILURE, 0),
    SIGN("inte levereras", FAILURE, 0),
    SIGN("nicht zugestellt", FAILURE, 0),
    SIGN("nicht ausgeliefert", FAILURE, 0),
    SIGN("nicht erreicht", FAILURE, 0),
    SIGN("pas pu \xc3\xaatre", FAILURE, 0),
    SIGN("no se pudo entregar", FAILURE, 0),
    SIGN("no ha llegado", FAILURE, 0),
    SIGN("non \xc3\xa8 stato possibile", FAILURE, 0),
    SIGN("niet worden bezorgd", FAILURE, 0),
    SIGN("может быть доставлен", FAILURE, 0),
    SIGN("удалось доставить", FAILURE, 0),
    SIGN("было доставлено", FAILURE, 0),
    SIGN("невозможно доставить", FAILURE, 0),
    SIGN("не доставлено", FAILURE, 0),
    SIGN("може бути доставлен", FAILURE, 0),
    SIGN("вдалося доставити", FAILURE, 0),
    SIGN("无法送达", FAILURE, 0),
    SIGN("無法送達", FAILURE, 0),
    SIGN("无法投递", FAILURE, 0),
    SIGN("無法投遞", FAILURE, 0),
    SIGN("无法发送", FAILURE, 0),
    SIGN("投递失败", FAILURE, 0),
    SIGN("发送失败", FAILURE, 0),
    SIGN("未能送达", FAILURE, 0),
    SIGN("被退回", FAILURE, 0),
    SIGN("被系统退回", FAILURE, 0),
    SIGN("退信原因", FAILURE, 0),
    SIGN("送信できません", FAILURE, 0),
    SIGN("配信できません", FAILURE, 0),
    SIGN("配送できません", FAILURE, 0),
    SIGN("お届けできません", FAILURE, 0),
    SIGN("送信に失敗", FAILURE, 0),
    SIGN("配信に失敗", FAILURE, 0),
    SIGN("エラーのため", FAILURE, 0),
    SIGN("전달되지", FAILURE, 0),
    SIGN("전송되지", FAILURE, 0),
    SIGN("배달되지", FAILURE, 0),
    SIGN("전송하지 못", FAILURE, 0),
    SIGN("teslim edilemedi", FAILURE, 0),
    SIGN("iletilemedi", FAILURE, 0),
    SIGN("gönderilemedi", FAILURE, 0),
    SIGN("kunne ikke leveres", FAILURE, 0),
    SIGN("ikke levert", FAILURE, 0),
    SIGN("kunde inte levereras", FAILURE, 0),
    SIGN("ei voitu toimittaa", FAILURE, 0),
    SIGN("nem kézbesíthető", FAILURE, 0),
    SIGN("nem sikerült", FAILURE, 0),
    SIGN("nelze doručit", FAILURE, 0),
    SIGN("nebyla doručena", FAILURE, 0),
    SIGN("nemohla být doručena", FAILURE, 0),
    SIGN("nepodařilo doručit", FAILURE, 0),
    SIGN("não foi possível entregar", FAILURE, 0),
    SIGN("não pode ser entregue", FAILURE, 0),
    SIGN("não entregue", FAILURE, 0),
    SIGN("no pudo ser entregado", FAILURE, 0),
    SIGN("no se ha podido entregar", FAILURE, 0),
    SIGN("no ha podido ser", FAILURE, 0),
    SIGN("n'a pas été remis", FAILURE, 0),
    SIGN("n'a pu être", FAILURE, 0),
    SIGN("n'ont pas pu", FAILURE, 0),
    SIGN("échec de la remise", FAILURE, 0),
    SIGN("impossibile recapitare", FAILURE, 0),
    SIGN("non è stato recapitato", FAILURE, 0),
    SIGN("mancata consegna", FAILURE, 0),
    SIGN("nie można dostarczyć", FAILURE, 0),
    SIGN("nie dostarczono", FAILURE, 0),
    SIGN("nie został dostarczon", FAILURE, 0),
    SIGN("kon niet worden", FAILURE, 0),
    SIGN("niet afgeleverd", FAILURE, 0),
    SIGN("niet bezorgd", FAILURE, 0),
    SIGN("nu a putut fi livrat", FAILURE, 0),
    SIGN("δεν παραδόθηκε", FAILURE, 0),
    SIGN("δεν ήταν δυνατή", FAILURE, 0),
    SIGN("تعذر تسليم", FAILURE, 0),
    SIGN("לא נמסרה", FAILURE, 0),
};

/* Words of the text that are looked at: reports say what they are at their beginning. */
enum { WORDS_MAX = 3000, BODY_MAX = 300, KINDS = BOUNCE_CHALLENGE + 1, MACHINE_ENOUGH = 2 };

/* The signs of a table by the byte with which they begin. */
struct index {
    uint8_t head[128]; /* 1 + the first one; 0: none */
    uint8_t next[COUNT(phrases)];
};
static_assert(COUNT(phrases) < 255 && COUNT(subject_signs) <= COUNT(phrases), "fits the index");

static void index_signs(const struct sign *table, size_t count, struct index *x)
{
    memset(x->head, 0, sizeof(x->head));
    for (size_t i = count; i-- > 0;) {
        unsigned char first = table[i].word.len ? (unsigned char)table[i].word.at[0] & 0x7f : 0;
        x->next[i] = x->head[first];
        x->head[first] = (uint8_t)(i + 1);
    }
}

/* For each kind the place + 1 of the first sign of the table that stands in the text where a word
 * begins, and the heaviest weight. */
struct found {
    uint8_t first[KINDS];
    int weight[KINDS];
};

static void take(const struct sign *table, size_t i, struct found *f)
{
    enum bounce_kind kind = table[i].kind;
    if (f->first[kind] == 0 || i + 1 < f->first[kind])
        f->first[kind] = (uint8_t)(i + 1);
    bool is_more = table[i].weight < 0 || table[i].weight > f->weight[kind];
    if (is_more)
        f->weight[kind] = table[i].weight;
}

static void find(struct slice text, const struct sign *table, size_t count, struct found *f)
{
    struct index x;
    *f = (struct found){{0}, {0}};
    index_signs(table, count, &x);
    for (size_t i = x.head[0]; i && (table[i - 1].word.len == 0); i = x.next[i - 1])
        take(table, i - 1, f);
    for (size_t at = 0; at < text.len; at++) {
        unsigned char c = (unsigned char)ascii_lower(text.at[at]);
        size_t i = x.head[c & 0x7f];
        if (i && at > 0 && token_is_alnum(text.at[at - 1]) && token_is_alnum(text.at[at]))
            continue;
        for (; i; i = x.next[i - 1])
            if (slice_istarts(slice_from(text, at), table[i - 1].word))
                take(table, i - 1, f);
    }
}

static enum bounce_kind kind_of(const struct found *f)
{
    if (f->first[BOUNCE_DELAY])
        return BOUNCE_DELAY;
    return f->first[BOUNCE_SUCCESS] ? BOUNCE_SUCCESS : BOUNCE_FAILURE;
}

enum bounce_kind bounce_kind_of_words(struct slice words)
{
    struct found f;
    find(slice_head(words, WORDS_MAX), phrases, COUNT(phrases), &f);
    return kind_of(&f);
}

/* Encoded words resolved; `storage` has room for three times the body. */
static struct slice readable(struct slice body, char *storage)
{
    struct buf out;
    if (slice_find_slice(body, SLICE("=?"), 0) == SLICE_NONE)
        return body;
    buf_init_fixed(&out, storage, 3 * BODY_MAX);
    mime_write_words(&out, body);
    return buf_slice(&out);
}

/* *machine_r: of FAILURE without the subject, which people write as well; is_sure: one of its signs
 * is none that a postmaster, or a shop, has in mails of any kind. */
static void weigh(struct slice message, int weights[KINDS], int *machine_r,
                  struct bounce_look *look_r)
{
    struct header_field h;
    char storage[3 * BODY_MAX];
    *machine_r = 0;
    look_r->is_sure = look_r->is_daemon = false;
    while (header_next(&message, &h))
        for (size_t i = 0; h.name.len > 3 && i < COUNT(fields); i++) {
            struct found f;
            if (!slice_ieq(h.name, fields[i].name))
                continue;
            struct slice body = readable(slice_head(slice_trim(h.body), BODY_MAX), storage);
            bool is_answer = fields[i].signs == answers;
            find(slice_head(body, is_answer ? 5 : BODY_MAX), fields[i].signs, fields[i].count, &f);
            for (size_t k = 0; k < KINDS; k++)
                weights[k] += f.weight[k];
            if (fields[i].signs == subject_signs)
                continue;
            *machine_r += f.weight[BOUNCE_FAILURE];
            bool is_from = fields[i].signs == from_signs;
            bool is_weighty = f.weight[BOUNCE_FAILURE] > 1;
            bool is_daemon = is_from && is_weighty && f.first[BOUNCE_FAILURE] <= DAEMONS;
            look_r->is_daemon = look_r->is_daemon || is_daemon;
            look_r->is_sure = look_r->is_sure || is_daemon || (is_weighty && !is_from);
        }
}

bool bounce_tells_failure(struct slice line)
{
    struct found f;
    find(line, phrases, COUNT(phrases), &f);
    return f.first[BOUNCE_FAILURE] || f.first[BOUNCE_DELAY];
}

/* An enhanced code of failure by itself: `5.1.1`, `#5.1.1`; what it says needs no language. */
static bool tells_code(struct slice words)
{
    struct enhanced ignored;
    for (size_t at = 0; at + 4 < words.len; at++) {
        if ((words.at[at] != '4' && words.at[at] != '5') || words.at[at + 1] != '.' ||
            (at > 0 && (token_is_alnum(words.at[at - 1]) || strchr(".-,", words.at[at - 1]))))
            continue;
        size_t end = at;
        while (end < words.len && (ascii_is_digit(words.at[end]) || words.at[end] == '.'))
            end++;
        if (enhanced_parse(slice_of(words.at + at, end - at), &ignored))
            return true;
    }
    return false;
}

void bounce_look_at(struct slice message, struct slice words, struct bounce_look *look_r)
{
    int w[KINDS] = {0}, machine;
    struct found f;
    weigh(message, w, &machine, look_r);
    words = slice_head(words, WORDS_MAX);
    find(words, phrases, COUNT(phrases), &f);
    bool is_said = f.first[BOUNCE_FAILURE] || f.first[BOUNCE_DELAY];
    is_said = is_said || (machine >= MACHINE_ENOUGH && tells_code(words));
    bool is_challenge = f.first[BOUNCE_CHALLENGE] > 0;
    int said = !is_said ? 0 : f.weight[BOUNCE_FAILURE] > 2 ? f.weight[BOUNCE_FAILURE] : 2;
    int failure = w[BOUNCE_FAILURE] + w[BOUNCE_NONE] + said;
    look_r->kind = BOUNCE_NONE;
    look_r->weight = failure;
    look_r->is_machine = machine >= MACHINE_ENOUGH;
    if (w[BOUNCE_COMPLAINT])
        look_r->kind = BOUNCE_COMPLAINT;
    else if (w[BOUNCE_CHALLENGE] + 2 * is_challenge > 2 && w[BOUNCE_FAILURE] < 3)
        look_r->kind = BOUNCE_CHALLENGE;
    else if (w[BOUNCE_AUTO_REPLY] > 0 &&
             w[BOUNCE_AUTO_REPLY] + 1 >= w[BOUNCE_FAILURE] + (is_said ? 2 : 0))
        look_r->kind = BOUNCE_AUTO_REPLY;
    else if (failure >= BOUNCE_WEIGHT_ENOUGH && look_r->is_machine)
        look_r->kind = kind_of(&f);
}
