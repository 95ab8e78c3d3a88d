/* Explains its first argument: cc explain.c $(pkg-config --cflags --libs libcandor) */
#include <candor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *take(void *ctx, size_t size)
{
    return (void)ctx, malloc(size);
}
static void give(void *ctx, void *at, size_t size)
{
    (void)ctx, (void)size, free(at);
}
int main(int argc, char *argv[])
{
    candor_options options = {.size = sizeof(options), .memory = {take, give, NULL}};
    candor_report *report;
    candor_explanation x = {.size = sizeof(x)};
    const char *text = argc > 1 ? argv[1] : "550 5.1.1 User unknown";
    if (candor_explain(&options, text, strlen(text), &report) != CANDOR_OK ||
        candor_report_get(report, 0, &x) != CANDOR_OK)
        return 1;
    printf("%.*s: %.*s\n", (int)x.cause.len, x.cause.at, (int)x.summary.len, x.summary.at);
    for (size_t i = 0; i < x.step_count; i++)
        printf("%zu. %.*s\n", i + 1, (int)x.steps[i].len, x.steps[i].at);
    candor_report_free(report);
    return 0;
}
