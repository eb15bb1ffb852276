/* The operands of an operation, as its row in operations.h tells them. */
#ifndef VLIWDBG_SHAPE_H
#define VLIWDBG_SHAPE_H

#include "engine.h"

enum { MOST_SOURCES = 3 };

typedef struct {
    int count;
    char letters[MAX_OPERANDS];
    uint8_t widths[MAX_OPERANDS];
    int offset;         /* which of them is an offset, or -1 */
    bool stores;        /* it writes memory */
    bool debug;         /* it is one of the debug engine */
    uint8_t targets, compared, traced; /* how many of each it has */
    uint8_t dest_width; /* words of scratch that it writes, */
    uint8_t source_widths[MOST_SOURCES]; /* and those that it reads at x, y, z */
    uint8_t memory_lanes;                /* words of memory that it loads or stores */
} Shape;

Shape shape_of(Operation operation);

/* Nodes of a slot in a trace: see machine/core/tracing.py. */
static inline uint32_t node_count(const Shape *shape)
{
    const uint32_t lanes =
        shape->dest_width > shape->memory_lanes ? shape->dest_width : shape->memory_lanes;
    return shape->debug ? 0 : lanes ? lanes : shape->source_widths[0];
}

/* The slots of a bundle as written, where they stand in another order. */
static inline const Slot *as_written(const Slot *slots, size_t count, Slot *arranged)
{
    if (count > MOST_ARRANGED)
        return slots;
    for (size_t i = 0; i < count; i++)
        arranged[slots[i].write_order] = slots[i];
    return arranged;
}

#endif
