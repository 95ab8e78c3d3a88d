/* Finds the reply in what a person pastes or a log line holds: "Error 421", "smtp; 550 5.1.1 …",
 * "host mx.example.org[192.0.2.1] said: 554 …", "(#5.1.1)". Takes any bytes. */
#ifndef CANDOR_REPLY_SCAN_H
#define CANDOR_REPLY_SCAN_H

#include "reply/diagnosis.h"

/* Fills *in_r: code and enhanced code as they stand in the text, 0 where there is none (nothing is
 * ever guessed from digits in addresses, IP addresses, URLs or counts); the reply's text in one
 * line, without the codes, control characters and bytes that are no UTF-8 as '?'; the host that
 * said so. The text lives in `arena` (empty without room), the host is a view of `text`. */
void reply_scan(struct slice text, struct arena *arena, struct diagnosis_input *in_r);

#endif
