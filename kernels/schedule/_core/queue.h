/* A set of small numbers that gives its least one: bits, and above them bits that say which words
 * below are not empty. Adding and taking cost a step a level, and 64^3 numbers are three levels. */
#ifndef VLIWDBG_QUEUE_H
#define VLIWDBG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _MSC_VER
#include <intrin.h>
#endif

enum { LEVELS = 6 };

typedef struct {
    uint64_t *words[LEVELS];
    int levels;
    int32_t count;
} Queue;

static inline size_t queue_words(size_t numbers)
{
    size_t words = 0;
    do {
        numbers = (numbers + 63) / 64;
        words += numbers;
    } while (numbers > 1);
    return words;
}

/* Lays the queue out in zeroed words, and returns those after it. */
static inline uint64_t *queue_lay_out(Queue *queue, uint64_t *words, size_t numbers)
{
    queue->levels = 0;
    queue->count = 0;
    do {
        numbers = (numbers + 63) / 64;
        queue->words[queue->levels++] = words;
        words += numbers;
    } while (numbers > 1);
    return words;
}

static inline bool queue_empty(const Queue *queue)
{
    return queue->words[queue->levels - 1][0] == 0;
}

/* Adds a number that is not there. */
static inline void queue_add(Queue *queue, uint32_t number)
{
    queue->count++;
    for (int level = 0; level < queue->levels; level++) {
        queue->words[level][number >> 6] |= UINT64_C(1) << (number & 63);
        number >>= 6;
    }
}

/* Zeros below the lowest one of a word that is not 0. */
static inline uint32_t trailing_zeros(uint64_t word)
{
#ifdef _MSC_VER
    unsigned long zeros;
    _BitScanForward64(&zeros, word);
    return (uint32_t)zeros;
#else
    return (uint32_t)__builtin_ctzll(word);
#endif
}

/* The least number of a queue that is not empty. */
static inline uint32_t queue_least(const Queue *queue)
{
    uint32_t number = 0;
    for (int level = queue->levels - 1; level >= 0; level--)
        number = number << 6 | trailing_zeros(queue->words[level][number]);
    return number;
}

/* Removes a number that is there. */
static inline void queue_remove(Queue *queue, uint32_t number)
{
    queue->count--;
    for (int level = 0; level < queue->levels; level++) {
        uint64_t *word = &queue->words[level][number >> 6];
        *word &= ~(UINT64_C(1) << (number & 63));
        if (*word)
            return;
        number >>= 6;
    }
}

#endif
