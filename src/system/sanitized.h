/* Whether the compiler watches this build (-fsanitize): its reports need more of the system. */
#ifndef CANDOR_SYSTEM_SANITIZED_H
#define CANDOR_SYSTEM_SANITIZED_H

#if defined(__has_feature)
#define SANITIZED_BY(name) __has_feature(name)
#else
#define SANITIZED_BY(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    SANITIZED_BY(address_sanitizer) || SANITIZED_BY(thread_sanitizer) ||                           \
    SANITIZED_BY(memory_sanitizer)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

#endif
