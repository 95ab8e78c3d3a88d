/* Finds the reply in what a person pastes or a log line holds: "Error 421", "smtp; 550 5.1.1 …",
 * "host mx.example.org[192.0.2.1] said: 554 …", "(#5.1.1)". Takes any bytes. */
#ifndef CANDOR_REPLY_SCAN_H
#define CANDOR_REPLY_SCAN_H

#include "reply/diagnosis.h"

/* Fills *in_r: code and enhanced code as they stand in the text, 0 where there is none (nothing is
 * ever guessed from digits in addresses, IP addresses, URLs or counts); the reply's text, in one
 * line, without the codes; the host that said so. Text and host are views of `text` or live in
 * `arena`; without room there the text is what stands in `text`. */
void reply_scan(struct slice text, struct arena *arena, struct diagnosis_input *in_r);

#endif
