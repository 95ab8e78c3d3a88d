/* What a reply's text names beside its cause: addresses, hosts, limits, times. Inside reply/ only.
 */
#ifndef CANDOR_REPLY_DETAILS_H
#define CANDOR_REPLY_DETAILS_H

#include "reply/diagnosis.h"
#include "reply/fold.h"

/* Fills d_r->details for its cause; nothing is guessed: what the text does not name stays empty. A
 * block list's name that is known already is kept. */
void details_find(struct slice text, const struct folded *f, struct diagnosis *d_r);

#endif
