/* Addresses: what is taken is whole, within its limits, holds nothing that could end a command, and
 * is taken again as it came out. */
#include "base/utf8.h"
#include "mail/address.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_parts(const struct address *a)
{
    require(a->text.len <= ADDRESS_MAX && a->local.len <= ADDRESS_LOCAL_MAX);
    require(a->local.len > 0 && utf8_is_valid(a->text));
    for (size_t i = 0; i < a->text.len; i++)
        require((unsigned char)a->text.at[i] >= ' ' && a->text.at[i] != 0x7f);
    if (a->domain.len == 0)
        return; /* <postmaster> */
    require(a->local.at == a->text.at && a->text.len == a->local.len + 1 + a->domain.len);
    require(a->text.at[a->local.len] == '@' && domain_is_valid(a->domain));
    require(a->is_literal == (a->domain.at[0] == '['));
}

static void check_path(struct slice in, bool null_ok)
{
    struct address a, again;
    struct err err = {0};
    size_t used = 0;
    if (!address_parse_path(in, null_ok, &used, &a, &err)) {
        require(err.code == ERR_SYNTAX && err.what);
        return;
    }
    require(used >= 2 && used <= in.len && in.at[0] == '<' && in.at[used - 1] == '>');
    if (a.text.len == 0) {
        require(null_ok && used == 2);
        return;
    }
    check_parts(&a);
    require(a.domain.len || !null_ok);
    if (a.domain.len)
        require(address_parse(a.text, &again, NULL) && slice_eq(a.local, again.local));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct address a;
    struct err err = {0};
    check_path(in, true);
    check_path(in, false);
    if (address_parse(in, &a, &err)) {
        check_parts(&a);
        require(slice_eq(a.text, in));
    } else {
        require(err.what != NULL);
    }
    return 0;
}
