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
    uint8_t targets, compared, traced; /* how many of each it has */
    bool stores;        /* it writes memory */
    bool debug;         /* it is one of the debug engine */
    uint8_t dest_width; /* words of scratch that it writes, */
    uint8_t source_widths[MOST_SOURCES]; /* and those that it reads at x, y, z */
    uint8_t memory_lanes;                /* words of memory that it loads or stores */
} Shape;

Shape shape_of(Operation operation);

#endif
