#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void on_signal(int number)
{
    came = number;
}

void interrupt_watch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    /* no SA_RESTART: a read that waits has to return */
    struct sigaction note = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, before;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &note, NULL);
}

bool interrupt_came(void)
{
    return came != 0;
}

void interrupt_end(void)
{
    if (came)
        raise(came);
}
