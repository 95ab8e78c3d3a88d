/* The operator's own words for notices: files such as de.notice in a folder. */
#ifndef CANDOR_SERVER_OWN_WORDS_H
#define CANDOR_SERVER_OWN_WORDS_H

#include "reply/words.h"

enum { OWN_WORDS_MOST = 4 * 1024 * 1024 };

/* words_r, with room for words_all_count: those of words_all, changed by what the files say;
 * `arena` keeps their text. An empty folder's name: none. False: `why` tells what is wrong, with
 * file and line. */
MUST_CHECK bool own_words_load(struct words *words_r, struct slice folder, struct arena *arena,
                               struct buf *why);

#endif
