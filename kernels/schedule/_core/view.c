/* A run of integers as a Flat, every number of it within its bounds. */
#include "flat.h"

static bool counts_of(Flat *flat, const int32_t *run, size_t length, size_t *end)
{
    size_t at = 0;
#define COUNT(name)                                                                                \
    if (at >= length || run[at] < 0)                                                               \
        return false;                                                                              \
    flat->name = run[at++];
    FLAT_COUNTS(COUNT)
#undef COUNT
    *end = at;
    return true;
}

static bool within(const int32_t *array, size_t length, int64_t least, int64_t greatest)
{
    for (size_t i = 0; i < length; i++)
        if (array[i] < least || array[i] > greatest)
            return false;
    return true;
}

/* Whether `first` divides `count` entries among its nodes, at most so many for each. */
static bool divides(const int32_t *first, int32_t nodes, int32_t count, int32_t most)
{
    for (int32_t node = 0; node < nodes; node++)
        if (first[node] > first[node + 1] || first[node + 1] - first[node] > most)
            return false;
    return first[0] == 0 && first[nodes] == count;
}

bool flat_view(Flat *flat, const int32_t *run, size_t length)
{
    size_t at;
    if (!counts_of(flat, run, length, &at))
        return false;
    const int64_t nodes = flat->nodes, edges = flat->edges, registers = flat->registers;
    const int64_t vectors = flat->vectors, written = flat->written, read = flat->read;
    const int64_t groups = flat->groups, slots = flat->slots;
    if (nodes > MOST_NODES || registers > MOST_NODES)
        return false;
#define ARRAY(name, count, least, greatest)                                                        \
    if ((size_t)(count) > length - at || !within(run + at, (size_t)(count), least, greatest))      \
        return false;                                                                              \
    flat->name = run + at;                                                                         \
    at += (size_t)(count);
    FLAT_ARRAYS(ARRAY)
#undef ARRAY
    return at == length && divides(flat->first, flat->nodes, flat->edges, INT32_MAX) &&
           divides(flat->write_first, flat->nodes, flat->written, 1) &&
           divides(flat->read_first, flat->nodes, flat->read, MOST_READS);
}
