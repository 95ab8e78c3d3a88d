#include "mail/bounce_explain.h"

const struct explanation bounce_explanation_no_report = {
    .summary = SLICE_INIT("This mail holds no delivery report in the standard form (RFC 3464)."),
    .steps = {SLICE_INIT("If a sentence in it tells why a message was not delivered, pass that "
                         "sentence: candor explain \"550 5.1.1 ...\"")},
    .count = 1,
};

const struct explanation bounce_explanation_success = {
    .summary = SLICE_INIT("The report says that the message was delivered, or handed on to the "
                          "next server."),
    .steps = {SLICE_INIT("Nothing: the sender asked to be told, and this is the answer.")},
    .count = 1,
};
