/* Logs are events with fields, through a sink that is handed in; the words are made by the sink
 * (system/log_*.c). Message text is never an interface. */
#ifndef CANDOR_BASE_LOG_H
#define CANDOR_BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_field {
    const char *key;
    struct slice value;
};

/* `emit` may be called from any thread. */
struct log {
    void (*emit)(void *ctx, enum log_level level, const char *event, const struct log_field *fields,
                 size_t count);
    void *ctx;
    enum log_level level; /* events above it are not even built */
};

/* LOG(log, LOG_LEVEL_INFO, "accepted", {"id", id}, {"from", sender}); */
#define LOG(log, severity, event, ...)                                                             \
    do {                                                                                           \
        if ((log) && (severity) <= (log)->level)                                                   \
            (log)->emit((log)->ctx, severity, event, (const struct log_field[]){__VA_ARGS__},      \
                        sizeof((const struct log_field[]){__VA_ARGS__}) /                          \
                            sizeof(struct log_field));                                             \
    } while (0)

#endif
