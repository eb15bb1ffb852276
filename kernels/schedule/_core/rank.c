/* The order of priority, by counting: keys differ in few bits, so two rounds sort them all. */
#include "flat.h"

#include <string.h>

enum { DIGIT = 11, VALUES = 1 << DIGIT };

/* Moves items to `to`, sorted by one digit of their keys; equal ones keep their order. */
static void sort_by_digit(int shift, const Item *from, Item *to, int32_t count)
{
    int32_t place[VALUES + 1] = {0};
    for (int32_t i = 0; i < count; i++)
        place[1 + (from[i].key >> shift & (VALUES - 1))]++;
    for (int value = 0; value < VALUES; value++)
        place[value + 1] += place[value];
    for (int32_t i = 0; i < count; i++)
        to[place[from[i].key >> shift & (VALUES - 1)]++] = from[i];
}

const Item *sort_items(Item *items, Item *other, int32_t count)
{
    uint32_t all = 0;
    for (int32_t i = 0; i < count; i++)
        all |= items[i].key;
    for (int shift = 0; all; shift += DIGIT, all >>= DIGIT) {
        sort_by_digit(shift, items, other, count);
        Item *swap = items;
        items = other;
        other = swap;
    }
    return items;
}

static int64_t key_of(const Flat *flat, int32_t node, int32_t scale, const int32_t *offsets,
                      const int32_t *noise)
{
    const int64_t key = (int64_t)flat->height[node] * scale;
    return key - offsets[flat->group[node]] + noise[flat->slot[node]];
}

size_t ranking_bytes(const Flat *flat)
{
    return 2 * (size_t)flat->nodes * sizeof(Item) + 1;
}

bool flat_rank(const Flat *flat, int32_t scale, const int32_t *offsets, const int32_t *noise,
               void *memory, int32_t *rank)
{
    Item *items = memory;
    int64_t most = INT64_MIN, least = INT64_MAX;
    for (int32_t node = 0; node < flat->nodes; node++) {
        const int64_t key = key_of(flat, node, scale, offsets, noise);
        most = key > most ? key : most;
        least = key < least ? key : least;
    }
    if (flat->nodes && most - least > UINT32_MAX)
        return false;
    for (int32_t place = 0; place < flat->nodes; place++) {
        const int32_t node = flat->order[place];
        const int64_t key = key_of(flat, node, scale, offsets, noise);
        items[place] = (Item){(uint32_t)(most - key), node};
    }
    const Item *sorted = sort_items(items, items + flat->nodes, flat->nodes);
    for (int32_t place = 0; place < flat->nodes; place++)
        rank[sorted[place].node] = place;
    return true;
}
