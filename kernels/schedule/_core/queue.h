/* A set of small numbers that gives its least one: bits, and above them bits that say which words
 * below are not empty. `low` is no higher than the first word that is not: as a rule it is that. */
#ifndef VLIWDBG_QUEUE_H
#define VLIWDBG_QUEUE_H

#include "../../../machine/core/bits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t *bits, *words;
    uint32_t low;
    int32_t count;
} Queue;

static inline size_t words_for(size_t bits)
{
    return (bits + 63) / 64;
}

static inline size_t queue_words(size_t numbers)
{
    return words_for(numbers) + words_for(words_for(numbers));
}

/* Lays the queue out in zeroed words, and returns those after it. */
static inline uint64_t *queue_lay_out(Queue *queue, uint64_t *words, size_t numbers)
{
    *queue = (Queue){words, words + words_for(numbers), 0, 0};
    return words + queue_words(numbers);
}

static inline bool queue_empty(const Queue *queue)
{
    return queue->count == 0;
}

/* Adds a number that is not there. */
static inline void queue_add(Queue *queue, uint32_t number)
{
    const uint32_t word = number >> 6;
    queue->count++;
    queue->bits[word] |= UINT64_C(1) << (number & 63);
    queue->words[word >> 6] |= UINT64_C(1) << (word & 63);
    queue->low = word < queue->low ? word : queue->low;
}

/* The least number of a queue that is not empty. */
static inline uint32_t queue_least(Queue *queue)
{
    if (!queue->bits[queue->low]) {
        uint32_t at = queue->low >> 6;
        while (!queue->words[at])
            at++;
        queue->low = at << 6 | trailing_zeros(queue->words[at]);
    }
    return queue->low << 6 | trailing_zeros(queue->bits[queue->low]);
}

/* Removes a number that is there. */
static inline void queue_remove(Queue *queue, uint32_t number)
{
    const uint32_t word = number >> 6;
    queue->count--;
    queue->bits[word] &= ~(UINT64_C(1) << (number & 63));
    if (!queue->bits[word])
        queue->words[word >> 6] &= ~(UINT64_C(1) << (word & 63));
}

#endif
