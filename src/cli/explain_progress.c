#include "cli/explain_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/words.h"
#include "system/clock.h"

enum { QUIET_MS = 1000, EVERY_MS = 200, LINE_MAX_BYTES = 256 };

void explain_progress_begin(struct explain_progress *p, bool is_wanted, uint64_t total)
{
    *p = (struct explain_progress){.is_wanted = is_wanted, .total = total};
    pthread_mutex_init(&p->lock, NULL);
    p->begun_at = p->shown_at = clock_monotonic_ms();
}

static void show(struct explain_progress *p, int64_t now)
{
    char storage[LINE_MAX_BYTES];
    struct buf line;
    uint64_t ms = (uint64_t)(now - p->begun_at), rate = p->done * 1000 / ms;
    buf_init_fixed(&line, storage, sizeof(storage));
    buf_add_str(&line, "\r\033[K");
    if (p->total && p->done <= p->total)
        buf_addf(&line, "%3u %%, ", (unsigned)((double)p->done * 100 / (double)p->total));
    words_size(&line, p->done);
    buf_add_str(&line, " read, ");
    words_size(&line, rate);
    buf_add_str(&line, "/s");
    if (rate && p->total >= p->done + rate) { /* a second or more */
        buf_add_str(&line, ", ");
        words_duration(&line, (int64_t)((p->total - p->done) / rate) * 1000);
        buf_add_str(&line, " left");
    }
    (void)fwrite(line.at, 1, line.len, stderr);
    p->is_shown = true;
    p->shown_at = now;
}

void explain_progress_add(struct explain_progress *p, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    int64_t now = p->is_wanted ? clock_monotonic_ms() : 0;
    p->done += bytes;
    if (p->is_wanted && now - p->begun_at > QUIET_MS && now - p->shown_at > EVERY_MS)
        show(p, now);
    pthread_mutex_unlock(&p->lock);
}

void explain_progress_hide(struct explain_progress *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = false;
    pthread_mutex_unlock(&p->lock);
}
