/* Explanations that a report itself gives, where there is no reply to explain. */
#ifndef CANDOR_MAIL_BOUNCE_EXPLAIN_H
#define CANDOR_MAIL_BOUNCE_EXPLAIN_H

#include "reply/diagnosis.h"

extern const struct explanation
    bounce_explanation_no_report; /* the mail says nothing of the kind */
extern const struct explanation bounce_explanation_success;

#endif
