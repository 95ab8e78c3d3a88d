/* An envelope in the words of SMTP, for people and for other programs, one line each:
 *
 *   XFORWARD ADDR=192.0.2.1 HELO=client.example PROTO=ESMTP        who brought it, if it is known
 *   MAIL FROM:<sender@example> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=… XCAMPAIGN=… XDELIVERBY=…
 *   RCPT TO:<one@example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;one@example      once a recipient */
#ifndef CANDOR_MAIL_ENVELOPE_TEXT_H
#define CANDOR_MAIL_ENVELOPE_TEXT_H

#include "mail/envelope.h"

/* False, and *out is as it was, when an address or a value cannot stand in such a line. */
MUST_CHECK bool envelope_text_write(struct buf *out, const struct envelope *e);
/* Everything in *e_r points into `in` or `arena`; received_at and size are not in the words. What
 * is wrong: err_r->what, in line err_r->at (from 1). */
MUST_CHECK bool envelope_text_read(struct slice in, struct arena *arena, struct envelope *e_r,
                                   struct err *err_r);

/* The parameters of RFC 3461 4, each with a space before it: of MAIL, and of RCPT. */
void envelope_text_return(struct buf *out, const struct envelope *e);
void envelope_text_notify(struct buf *out, const struct recipient *r);
/* The value of BODY. */
MUST_CHECK bool envelope_text_body(struct slice value, enum body_type *body_r);
/* What stands behind the `;` of BY (RFC 2852), with it: the mode, and `T` for a trace. */
void envelope_text_by(struct buf *out, const struct envelope *e);
MUST_CHECK bool envelope_text_by_mode(struct slice value, struct envelope *e_r);
/* The value of MT-PRIORITY. */
MUST_CHECK bool envelope_text_priority(struct slice value, int *priority_r);

#endif
