/* The public functions of libcandor: whatever comes, a report is made, its JSON has the length that
 * it is said to have, and all memory comes back. */
#include <candor.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 16 };

static void must(int good)
{
    if (!good)
        __builtin_trap();
}

static void *take(void *ctx, size_t size)
{
    *(size_t *)ctx += size;
    return malloc(size);
}

static void give(void *ctx, void *at, size_t size)
{
    *(size_t *)ctx -= size;
    free(at);
}

static void check_report(candor_report *report)
{
    for (size_t i = 0; i < candor_report_count(report); i++) {
        candor_explanation x = {.size = sizeof(x)};
        size_t len = 0, again = 0;
        must(candor_report_get(report, i, &x) == CANDOR_OK && x.code < 1000);
        must(x.confidence >= 0 && x.confidence <= 1 && x.kind.len > 0);
        must(candor_report_json(report, i, NULL, 0, &len) == CANDOR_NO_ROOM);
        char *json = malloc(len);
        must(json && candor_report_json(report, i, json, len, &again) == CANDOR_OK);
        must(again == len && json[0] == '{' && json[len - 1] == '}');
        free(json);
    }
    candor_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t out = 0;
    candor_options options = {.size = sizeof(options), .memory = {take, give, &out}};
    candor_report *report;
    if (size > INPUT_MAX)
        return 0;
    must(candor_explain(&options, (const char *)data, size, &report) == CANDOR_OK);
    must(candor_report_count(report) == 1);
    check_report(report);
    must(candor_read_mail(&options, (const char *)data, size, &report) == CANDOR_OK);
    check_report(report);
    must(out == 0);
    return 0;
}
