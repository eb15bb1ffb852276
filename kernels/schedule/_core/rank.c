/* The order of priority, by counting: keys differ in few bits, so two rounds sort them all. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT = 11, CHOICE_SIZES = 1 << DIGIT };

static int64_t key_of(const PackInput *flat, int32_t node, int32_t scale, const int32_t *offsets,
                      const int32_t *noise)
{
    const int64_t key = (int64_t)flat->height[node] * scale;
    return key - offsets[flat->group[node]] + noise[flat->slot[node]];
}

/* Moves the nodes to `to`, sorted by one digit of their distances; equal ones keep their order. */
static void sort_by_digit(const uint64_t *distance, int shift, const int32_t *from, int32_t *to,
                          int32_t count)
{
    int32_t place[CHOICE_SIZES + 1] = {0};
    for (int32_t i = 0; i < count; i++)
        place[1 + (distance[from[i]] >> shift & (CHOICE_SIZES - 1))]++;
    for (int value = 0; value < CHOICE_SIZES; value++)
        place[value + 1] += place[value];
    for (int32_t i = 0; i < count; i++)
        to[place[distance[from[i]] >> shift & (CHOICE_SIZES - 1)]++] = from[i];
}

/* By node, how far its key is from the greatest; returns the greatest such distance. */
static uint64_t distances(const PackInput *flat, int32_t scale, const int32_t *offsets,
                          const int32_t *noise, uint64_t *distance)
{
    int64_t most = INT64_MIN, least = INT64_MAX;
    for (int32_t node = 0; node < flat->nodes; node++) {
        const int64_t key = key_of(flat, node, scale, offsets, noise);
        most = key > most ? key : most;
        least = key < least ? key : least;
        distance[node] = (uint64_t)key;
    }
    for (int32_t node = 0; node < flat->nodes; node++)
        distance[node] = (uint64_t)most - distance[node];
    return flat->nodes ? (uint64_t)most - (uint64_t)least : 0;
}

const int32_t *sort_nodes(const uint64_t *distance, uint64_t farthest, int32_t *nodes,
                          int32_t *other, int32_t count)
{
    for (int shift = 0; farthest; shift += DIGIT, farthest >>= DIGIT) {
        sort_by_digit(distance, shift, nodes, other, count);
        int32_t *swap = nodes;
        nodes = other;
        other = swap;
    }
    return nodes;
}

bool flat_rank(const PackInput *flat, int32_t scale, const int32_t *offsets, const int32_t *noise,
               int32_t *rank)
{
    const size_t nodes = (size_t)flat->nodes;
    uint64_t *distance = malloc(nodes * (sizeof *distance + 2 * sizeof(int32_t)) + 1);
    if (!distance)
        return false;
    int32_t *ordered = (int32_t *)(distance + nodes);
    if (nodes)
        memcpy(ordered, flat->order, nodes * sizeof *ordered);
    const uint64_t farthest = distances(flat, scale, offsets, noise, distance);
    const int32_t *sorted = sort_nodes(distance, farthest, ordered, ordered + nodes, flat->nodes);
    for (int32_t place = 0; place < flat->nodes; place++)
        rank[sorted[place]] = place;
    free(distance);
    return true;
}
