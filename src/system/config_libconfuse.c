#include "system/config_internal.h"

#include <confuse.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/nearest.h"
#include "system/heap.h"

/* libconfuse reads the grammar and nothing else: every value comes to us as text with its line, and
 * is made into its type here, by the schema. So all wrong values are found in one run. At an
 * unknown key libconfuse stops; then the key is blanked and the file is read again. */

enum { UNKNOWN_MAX = 50, LINE_TEXT = 200 };

struct located {
    unsigned line;
    unsigned earlier; /* line of the value that this one replaced; 0: none */
    const char *key;  /* of the schema */
    char text[];
};

struct taken {
    struct endpoint endpoint;
    unsigned line;
    struct taken *next;
};

struct reading {
    const char *name;
    char *text;
    struct config *config;
    struct config_problems *problems;
    bool touch_files;
    bool is_broken; /* the rest of the file was not seen: nothing can be called missing */
    struct arena scratch;
    cfg_opt_t *options;
    struct taken *taken;
    /* of the last parse */
    const char *replaced; /* key of the value let go last, with its line */
    unsigned replaced_line;
    bool met_unknown;
    unsigned unknown_line;
    char unknown[LINE_TEXT];
    char section[LINE_TEXT];
};

/* libconfuse has static state in its scanner and hands no context to the error function: one
 * reading at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static struct reading *current;

/* --- what libconfuse calls --- */

static const struct conf_section *section_named(const char *name)
{
    for (const struct conf_section *s = &config_schema[1]; s->items; s++)
        if (name && strcmp(s->name, name) == 0)
            return s;
    return &config_schema[0];
}

/* libconfuse frees a value just before it takes the one that replaces it. */
static void let_go(void *value)
{
    const struct located *v = value;
    if (current) {
        current->replaced = v->key;
        current->replaced_line = v->line;
    }
    free(value);
}

static const char *schema_key(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct conf_item *item =
        conf_section_item(section_named(cfg->name), slice_str(opt->name));
    return item ? item->name : "";
}

static int take_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    size_t size = strlen(value) + 1;
    struct located *v = malloc(sizeof(*v) + size);
    if (!v)
        return -1;
    v->line = (unsigned)cfg->line;
    v->key = schema_key(cfg, opt);
    v->earlier = current->replaced == v->key ? current->replaced_line : 0;
    current->replaced = NULL;
    memcpy(v->text, value, size);
    *(void **)result = v;
    return 0;
}

static const struct {
    const char *begin; /* of libconfuse's format */
    const char *advice;
} advices[] = {
    {"missing equal sign", "; a key is followed by = and its value"},
    {"missing opening brace", "; a section is written NAME { … }, without ="},
    {"missing title", "; it needs a name, as in: listen mx { … }, domain example.org { … }"},
    {"premature end of file", ": a } or a value is missing at the end"},
    {"unexpected closing brace", "; there is no section open that it could close"},
    {"found duplicate title", "; put all into one section, or give the second another name"},
    {"attempt to append", "; it takes one value: write = instead of +="},
    {"unexpected token",
     ": a key, a value, or in a list a comma or a } should stand there; a value with a space needs "
     "quotes"},
};

static const char *advice_for(const char *format)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (strncmp(format, advices[i].begin, strlen(advices[i].begin)) == 0)
            return advices[i].advice;
    return "";
}

__attribute__((format(printf, 2, 0))) static void take_error(cfg_t *cfg, const char *format,
                                                             va_list args)
{
    struct reading *r = current;
    char text[LINE_TEXT];
    if (strncmp(format, "no such option", strlen("no such option")) == 0) {
        r->met_unknown = true;
        r->unknown_line = (unsigned)cfg->line;
        (void)snprintf(r->unknown, sizeof(r->unknown), "%s", va_arg(args, const char *));
        (void)snprintf(r->section, sizeof(r->section), "%s", cfg->name);
        return;
    }
    (void)vsnprintf(text, sizeof(text), format, args);
    config_problem_add(r->problems, r->name, (unsigned)cfg->line, "%s%s", text, advice_for(format));
    r->is_broken = true;
}

/* --- the schema as libconfuse's options --- */

static void add_items(const struct conf_section *s, cfg_opt_t *o)
{
    for (size_t i = 0; i < s->item_count; i++) {
        const struct conf_item *item = &s->items[i];
        if (config_value_element_size(item->type))
            o[i] = (cfg_opt_t)CFG_PTR_LIST_CB(item->name, 0, CFGF_NODEFAULT, take_value, let_go);
        else
            o[i] = (cfg_opt_t)CFG_PTR_CB(item->name, 0, CFGF_NODEFAULT, take_value, let_go);
    }
}

static cfg_opt_t *make_options(struct arena *arena)
{
    size_t sections = 0;
    while (config_schema[sections].items)
        sections++;
    cfg_opt_t *top = arena_array(arena, config_schema[0].item_count + sections, sizeof(*top));
    if (!top)
        return NULL;
    add_items(&config_schema[0], top);
    cfg_opt_t *at = top + config_schema[0].item_count;
    for (const struct conf_section *s = &config_schema[1]; s->items; s++) {
        cfg_opt_t *inner = arena_array(arena, s->item_count + 1, sizeof(*inner));
        if (!inner)
            return NULL;
        add_items(s, inner);
        inner[s->item_count] = (cfg_opt_t)CFG_END();
        int flags =
            s->title == TITLE_NONE ? CFGF_NONE : CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
        *at++ = (cfg_opt_t)CFG_SEC(s->name, inner, flags);
    }
    *at = (cfg_opt_t)CFG_END();
    return top;
}

/* --- unknown keys --- */

static const char *nearest_in(const struct conf_section *s, struct slice typed)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < s->item_count; i++)
        if (nearest_improves(typed, slice_str(s->items[i].name), &best))
            nearest = s->items[i].name;
    if (!s->name)
        for (const struct conf_section *other = s + 1; other->items; other++)
            if (nearest_improves(typed, slice_str(other->name), &best))
                nearest = other->name;
    return nearest;
}

static void add_names(struct buf *out, const struct conf_section *s)
{
    for (size_t i = 0; i < s->item_count; i++)
        buf_addf(out, "%s%s", i ? ", " : "", s->items[i].name);
    if (!s->name)
        for (const struct conf_section *other = s + 1; other->items; other++)
            buf_addf(out, ", %s", other->name);
}

static void add_advice(struct buf *out, const struct conf_section *s, struct slice typed)
{
    const char *nearest = nearest_in(s, typed);
    if (nearest) {
        buf_addf(out, "; did you mean `%s`?", nearest);
        return;
    }
    for (const struct conf_section *other = config_schema; other->items; other++)
        if (other != s && conf_section_item(other, typed)) {
            buf_addf(out, "; it belongs %s%s",
                     other->name ? "into the section " : "outside of any section",
                     other->name ? other->name : "");
            return;
        }
    buf_add_str(out, "; known are: ");
    add_names(out, s);
}

static void report_unknown(struct reading *r)
{
    char storage[512];
    struct buf text;
    struct slice typed = slice_str(r->unknown);
    const struct conf_section *s = section_named(r->section);
    buf_init_fixed(&text, storage, sizeof(storage));
    if (!config_text_is_key(r->text, r->unknown_line, typed)) {
        buf_addf(&text,
                 "`%.*s` stands where a key should; a value that has a space needs quotes, as "
                 "in \"5 m\"",
                 60, r->unknown);
    } else {
        buf_addf(&text, "there is no key `%.*s` %s%s", 60, r->unknown,
                 s->name ? "in the section " : "outside of the sections", s->name ? s->name : "");
        add_advice(&text, s, typed);
    }
    config_problem_add(r->problems, r->name, r->unknown_line, "%.*s", SLICE_ARG(buf_slice(&text)));
}

/* --- values --- */

static void value_problem(struct reading *r, const struct conf_item *item, const struct located *v,
                          const struct buf *what)
{
    config_problem_add(r->problems, r->name, v->line, "%s = \"%.*s\": %.*s", item->name, 80,
                       v->text, SLICE_ARG(buf_slice(what)));
}

static bool is_endpoint(enum conf_type type)
{
    return type == CONF_ENDPOINT || type == CONF_ENDPOINTS;
}

/* Two listeners at one place: the second would fail when the server starts, which is too late. */
static void check_taken(struct reading *r, const struct conf_item *item, const struct located *v,
                        const struct endpoint *endpoint)
{
    for (const struct taken *t = r->taken; t; t = t->next)
        if (endpoint_eq(t->endpoint, *endpoint)) {
            config_problem_add(
                r->problems, r->name, v->line,
                "%s = \"%.*s\": line %u listens there already; give this one another "
                "port or address",
                item->name, 80, v->text, t->line);
            return;
        }
    struct taken *t = arena_take(&r->scratch, sizeof(*t));
    if (!t)
        return;
    *t = (struct taken){*endpoint, v->line, r->taken};
    r->taken = t;
}

static void check_file(struct reading *r, const struct conf_item *item, const struct located *v)
{
    const char *why;
    if (r->touch_files && item->must_exist && !config_file_is_there(v->text, &why))
        config_problem_add(r->problems, r->name, v->line, "%s = \"%.*s\": %s", item->name, 80,
                           v->text, why);
}

static void fill_value(struct reading *r, const struct conf_item *item, const struct located *v,
                       void *field)
{
    char storage[300];
    struct buf what;
    buf_init_fixed(&what, storage, sizeof(storage));
    if (v->earlier)
        config_problem_add(r->problems, r->name, v->line,
                           "`%s` was given on line %u already; keep one of them", item->name,
                           v->earlier);
    if (!config_value_parse(item, slice_str(v->text), &r->config->arena, field, &what))
        value_problem(r, item, v, &what);
    else if (is_endpoint(item->type))
        check_taken(r, item, v, field);
    else if (item->type == CONF_PATH)
        check_file(r, item, v);
}

/* Every list begins with { pointer, count }, as conf_endpoints and conf_networks do. */
static char *take_list(struct reading *r, size_t count, size_t size, void *field)
{
    char *at = count ? arena_array(&r->config->arena, count, size) : NULL;
    *(struct conf_endpoints *)field = (struct conf_endpoints){(void *)at, at ? count : 0};
    return at;
}

static void fill_preset(struct reading *r, const struct conf_item *item, void *field)
{
    size_t size = config_value_element_size(item->type);
    struct slice rest = slice_str(item->preset), part;
    struct buf what;
    buf_init_fixed(&what, NULL, 0);
    if (size == 0) {
        (void)!config_value_parse(item, rest, &r->config->arena, field, &what);
        return;
    }
    size_t count = 0;
    while (slice_split(&rest, ',', &part))
        count++;
    char *at = take_list(r, count, size, field);
    rest = slice_str(item->preset);
    for (; at && slice_split(&rest, ',', &part); at += size)
        (void)!config_value_parse(item, slice_trim(part), &r->config->arena, at, &what);
}

static void fill_given(struct reading *r, const struct conf_item *item, cfg_opt_t *opt, void *field)
{
    size_t size = config_value_element_size(item->type), count = cfg_opt_size(opt);
    char *at = size ? take_list(r, count, size, field) : field;
    if (!at) {
        config_problem_add(r->problems, r->name, 0, "%s: %s", item->name, err_text(ERR_MEMORY));
        return;
    }
    for (size_t i = 0; i < count; i++)
        fill_value(r, item, cfg_opt_getnptr(opt, (unsigned)i), at + i * size);
}

static void report_missing(struct reading *r, const struct conf_section *s,
                           const struct conf_item *item, cfg_t *cfg)
{
    if (r->is_broken)
        return;
    if (s->name)
        config_problem_add(
            r->problems, r->name, (unsigned)cfg->line,
            "the section %s %s ends here without `%s`; right is, for example, %s = %s", s->name,
            cfg_title(cfg) ? cfg_title(cfg) : "", item->name, item->name, item->example);
    else
        config_problem_add(r->problems, r->name, 0,
                           "`%s` is missing; right is, for example, %s = %s", item->name,
                           item->name, item->example);
}

static void fill_items(struct reading *r, const struct conf_section *s, cfg_t *cfg, char *base)
{
    for (size_t i = 0; i < s->item_count; i++) {
        const struct conf_item *item = &s->items[i];
        cfg_opt_t *opt = cfg_getopt(cfg, item->name);
        bool is_list = config_value_element_size(item->type) != 0;
        unsigned count = cfg_opt_size(opt);
        bool is_given = count > 0 && cfg_opt_getnptr(opt, 0);
        /* networks = {} says that there are none, and is not the same as saying nothing. */
        bool is_empty_list = is_list && count == 0 && (opt->flags & CFGF_MODIFIED);
        if (is_given)
            fill_given(r, item, opt, base + item->field);
        else if (item->is_required)
            report_missing(r, s, item, cfg);
        else if (item->preset && !is_empty_list)
            fill_preset(r, item, base + item->field);
    }
}

static void fill_title(struct reading *r, const struct conf_section *s, cfg_t *cfg, char *base)
{
    char storage[CONFIG_HOST_ROOM];
    struct slice title = slice_str(cfg_title(cfg));
    if (s->title == TITLE_DOMAIN && !config_value_host(title, storage, &title))
        config_problem_add(r->problems, r->name, (unsigned)cfg->line,
                           "%s %.*s: this is no domain name; right is, for example, example.org "
                           "or b\xc3\xbc"
                           "cher.example",
                           s->name, 80, cfg_title(cfg));
    (void)!arena_dup(&r->config->arena, title, (struct slice *)(void *)(base + s->title_field));
}

static void fill_section(struct reading *r, const struct conf_section *s, cfg_t *cfg)
{
    char *root = (char *)r->config;
    if (s->title == TITLE_NONE) {
        fill_items(r, s, cfg_getsec(cfg, s->name), root);
        return;
    }
    size_t count = cfg_size(cfg, s->name);
    char *instances = count ? arena_array(&r->config->arena, count, s->size) : NULL;
    if (!instances)
        return;
    *(void **)(void *)(root + s->list) = instances;
    *(size_t *)(void *)(root + s->count) = count;
    for (size_t i = 0; i < count; i++) {
        cfg_t *instance = cfg_getnsec(cfg, s->name, (unsigned)i);
        fill_title(r, s, instance, instances + i * s->size);
        fill_items(r, s, instance, instances + i * s->size);
    }
}

/* --- the whole --- */

static cfg_t *parse_once(struct reading *r)
{
    cfg_t *cfg = cfg_init(r->options, CFGF_NONE);
    if (!cfg)
        return NULL;
    cfg_set_error_function(cfg, take_error);
    r->met_unknown = false;
    r->replaced = NULL;
    current = r;
    if (cfg_parse_buf(cfg, r->text) != CFG_SUCCESS)
        r->is_broken = true;
    current = NULL;
    return cfg;
}

static cfg_t *parse_all(struct reading *r)
{
    bool met_any = false;
    for (int i = 0; i < UNKNOWN_MAX; i++) {
        r->is_broken = false;
        cfg_t *cfg = parse_once(r);
        if (!cfg || !r->met_unknown) {
            r->is_broken |= met_any;
            return cfg;
        }
        met_any = true;
        report_unknown(r);
        if (!config_text_forget(r->text, r->unknown_line, slice_str(r->unknown)))
            return cfg;
        cfg_free(cfg);
    }
    return NULL;
}

void config_fill(struct config *c, struct slice text, const char *name, bool touch_files,
                 struct config_problems *p)
{
    struct reading r = {.name = name, .config = c, .problems = p, .touch_files = touch_files};
    arena_init(&r.scratch, &heap, CONFIG_MEMORY_MAX);
    r.text = arena_take(&r.scratch, text.len + 1);
    r.options = make_options(&r.scratch);
    if (!r.text || !r.options) {
        config_problem_add(p, name, 0, "%s", err_text(ERR_MEMORY));
    } else if (config_text_prepare(text, r.text, name, p)) {
        pthread_mutex_lock(&one_at_a_time);
        cfg_t *cfg = parse_all(&r);
        pthread_mutex_unlock(&one_at_a_time);
        if (cfg) {
            fill_items(&r, &config_schema[0], cfg, (char *)c);
            for (const struct conf_section *s = &config_schema[1]; s->items; s++)
                fill_section(&r, s, cfg);
            cfg_free(cfg);
        } else if (p->count == 0) {
            config_problem_add(p, name, 0, "%s", err_text(ERR_MEMORY));
        }
    }
    arena_reset(&r.scratch);
}
