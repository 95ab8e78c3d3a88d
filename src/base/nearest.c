#include "base/nearest.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b);
}

/* The restricted Damerau-Levenshtein distance, with three rows of its table. */
size_t nearest_distance(struct slice a, struct slice b)
{
    size_t rows[3][NEAREST_NAME_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    if (a.len > NEAREST_NAME_MAX || b.len > NEAREST_NAME_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t exchanged = above[j - 1] + !same(a.at[i - 1], b.at[j - 1]);
            row[j] = least(exchanged, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a.at[i - 1], b.at[j - 2]) && same(a.at[i - 2], b.at[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b.len];
}

bool nearest_improves(struct slice typed, struct slice known, size_t *best)
{
    size_t distance = nearest_distance(typed, known);
    bool is_near = distance <= 1 + known.len / 4;
    if (!is_near || distance >= *best)
        return false;
    *best = distance;
    return true;
}
