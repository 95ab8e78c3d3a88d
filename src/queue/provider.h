/* What is known of large receivers before the first message: providers.def. */
#ifndef CANDOR_QUEUE_PROVIDER_H
#define CANDOR_QUEUE_PROVIDER_H

#include "base/buf.h"

struct provider {
    struct slice name;
    struct slice suffix;  /* of its hosts' names */
    uint32_t connections; /* at once; 0: as the settings say */
    uint32_t messages;    /* per connection; 0: as the settings say */
};

/* Whose host it is; NULL: nobody's whom we know. */
const struct provider *provider_of(struct slice host);

/* The name of the site that these exchangers are: their provider's, or all their names in order.
 * The same for the same hosts, however they are ordered; `hosts` is sorted for it. Returns how many
 * connections at once it stands; 0: not known. */
uint32_t site_write_name(struct buf *out, struct slice *hosts, size_t count);

#endif
