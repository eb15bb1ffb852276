/* The machine, without Python: a program in flat arrays, its execution, and its history.
 *
 * A bundle is executed in two halves. First every slot reads the state as it stands and stages its
 * words in a record at the top of the log; then the record is swapped with the state. So a fault,
 * found in the first half, leaves everything as it was, and a committed record holds just what it
 * takes to go back: the old words, in the order in which they were overwritten. Most bundles
 * have an order of slots in which none meets what an earlier one wrote: those slots stand in that
 * order and swap their words of scratch at once. If one faults, what was written is taken back, and
 * the bundle is staged as written to find its first fault.
 *
 *   record   address and words of each store | scratch words of all writing slots | traced | pc
 *
 * Most bundles are followed by the next, and ask for nothing beyond words. Such a straight stretch
 * is executed in a loop of its own that reads nothing but slots.
 *
 * The log remembers the bundles just executed, as many as there is room for. Which states are saved
 * to go further back is not decided here; see machine/timeline.py.
 */
#ifndef VLIWDBG_ENGINE_H
#define VLIWDBG_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "operations.h"

enum { VLEN = 8, SCRATCH_WORDS = 1536, MAX_OPERANDS = 4 };

/* Slots of a bundle beyond which it stays in the order as written. */
enum { MOST_ARRANGED = 64 };

/* Of the first two bytes of a Slot. */
enum {
    OPERATION_BITS = 6,
    DISPATCH_BITS = OPERATION_BITS + RUN_LENGTH_BITS,
    WRITE_ORDER_BITS = 6,
};
_Static_assert(OPERATIONS <= 1 << OPERATION_BITS && LONGEST_RUN < 1 << RUN_LENGTH_BITS &&
                   MOST_ARRANGED <= 1 << WRITE_ORDER_BITS,
               "a slot has no room for these");

/* What a byte of `flags` (one per pc) and of `memory_flags` (one per memory word) asks for. */
enum { BREAK_BEFORE = 1, BREAK_AFTER = 2 };
enum {
    BREAK_BEFORE_READ = 1,
    BREAK_BEFORE_WRITE = 2,
    BREAK_AFTER_READ = 4,
    BREAK_AFTER_WRITE = 8,
};

typedef enum { RUNNING, PAUSED, STOPPED } Status;

/* Why a run stopped; the order is that of STOPS in __init__.py. */
typedef enum {
    STOP_END,
    STOP_HALT,
    STOP_PAUSE,
    STOP_FAULT,
    STOP_BREAKPOINT,
    STOP_WATCHPOINT,
    STOP_MAX_CYCLES,
    STOP_BUDGET,
    STOP_NO_MEMORY,
} Reason;

/* The order is that of FAULTS in __init__.py. */
typedef enum { FAULT_DIVISION, FAULT_MEMORY, FAULT_TARGET, FAULT_DIFFERS, FAULT_UNRECORDED } FaultKind;

/* Expected values of compares that are no words. */
enum { EXPECT_UNRECORDED = -1 };

/* A jump whose target does not fit goes to (or, negative, faults with) FAR plus its slot's number,
 * from which the Python side tells the target as written. */
#define FAR ((int64_t)1 << 62)

typedef struct {
    /* The operation, and how many slots from here on, in this bundle, are known to do the same: as
     * DISPATCH_OF puts them together, for they are looked at together. */
    uint16_t dispatch : DISPATCH_BITS;
    /* Which slot of its bundle it is, as written; see `in_place`. */
    uint16_t write_order : WRITE_ORDER_BITS;
    uint16_t dest; /* where it writes, if it does */
    uint16_t x, y; /* the first two addresses that it reads */
    /* The third one; or an immediate, of a jump the index of its target, of a compare that of the
     * first expected value. No operation has two of these. */
    uint32_t z;
} Slot;

static inline Operation operation_of(const Slot *slot)
{
    return (Operation)(slot->dispatch >> RUN_LENGTH_BITS);
}

static inline unsigned run_length_of(const Slot *slot)
{
    return slot->dispatch & ((1u << RUN_LENGTH_BITS) - 1);
}

typedef struct {
    uint16_t address, width;
} ScratchWrite;

typedef struct {
    /* Where its scratch writes and stores start; those of the next bundle are their ends. */
    uint32_t write, store;
    uint32_t record_words; /* the whole record */
    uint16_t store_words;  /* of it those of the stores, */
    uint8_t traced;        /* and those for the trace buffer */
    uint8_t cost;          /* cycles, 0 or 1 */
    bool in_place;         /* its slots are in an order in which none meets what another wrote */
} Bundle;

/* Where a jump leads, and the slot of the jump: its number as written. */
typedef struct {
    int64_t pc;
    uint32_t slot;
} Target;

typedef struct {
    uint32_t length;  /* bundles; one more stands at the end */
    uint32_t compared; /* words that compares look at */
    uint32_t longest_record; /* words */
    size_t all_records;      /* words, if each bundle leaves its own once */
    uint32_t most_traced;    /* words by one bundle */
    Bundle *bundles;
    uint32_t *first_slots;    /* of each bundle */
    uint32_t *cycles_before;  /* of each bundle, where all are executed one after the other */
    uint32_t *fallthrough;    /* how many from each one on are in place and lead to the next */
    Slot *slots;
    ScratchWrite *writes;
    uint8_t *store_lanes;
    uint32_t target_count;
    Target *targets; /* in the order of their slots */
    uint32_t *compares; /* slot number of each compared word */
} Program;

/* The columns of machine/program.py. Nothing in them is trusted. */
typedef struct {
    size_t bundles, groups, slots;
    const uint32_t *first_group, *first_slot;
    const uint8_t *costs, *opcodes;
    const int64_t *operands[MAX_OPERANDS];
} Columns;

enum { MOST_OPCODES = 256 };

/* The operation of each opcode's number, OPERATIONS where there is none. */
typedef uint8_t OperationOfCode[MOST_OPCODES];

/* The slots of a bundle, and where they end. */
static inline const Slot *slots_of(const Program *program, int64_t pc)
{
    return program->slots + program->first_slots[pc];
}

/* NULL, and `*error` says why: these columns are none, or there is no memory (then it is NULL). */
Program *program_lower(const Columns *columns, const OperationOfCode operations,
                       const char **error);
void program_free(Program *program);

/* The jump of a slot has a target as written that no 64 bits hold. False if it is none. */
bool program_set_far(Program *program, uint32_t slot, bool negative);

typedef struct {
    FaultKind kind;
    uint32_t slot; /* number in the program */
    int32_t lane;  /* -1 for a scalar */
    int32_t operand;
    int64_t value;
} Fault;

/* The state at one position, beside its words. */
typedef struct {
    int64_t pc, cycle, position, trace_length, status;
} Saved;

typedef struct {
    const Program *program;

    /* The state. The arrays of words belong to the caller. */
    uint32_t *scratch, *memory;
    int64_t memory_words;
    uint64_t *visits; /* how often each pc was executed; may be NULL */
    int64_t pc, cycle, position;
    Status status;
    uint32_t *trace;
    int64_t trace_length, trace_room;

    /* What the caller asks for. */
    const uint8_t *flags;
    const uint8_t *memory_flags; /* may be NULL */
    const int64_t *expected;     /* may be NULL: then compares are passed over */
    bool debug, pauses;

    uint8_t touched; /* memory flags that the bundle being executed met */
    Fault fault;

    /* The log: records one after the other; the last one led here. */
    uint32_t *log;
    size_t log_room, log_used; /* words */
} Engine;

/* How far a run may go. */
typedef struct {
    int64_t budget;     /* bundles */
    int64_t max_cycles; /* a bundle that costs one is not executed at this cycle */
    bool heed_stops; /* flags and pauses */
    bool check_first;
} Limits;

/* False where there is no memory. A long log remembers more bundles. */
bool engine_init(Engine *engine, const Program *program, bool long_log);
void engine_free(Engine *engine);

Reason engine_run(Engine *engine, Limits limits);

/* The record of the last bundle, or NULL where the log does not have it. */
const uint32_t *engine_last_record(const Engine *engine, const Bundle **bundle);

/* Take back the last bundle; false where the log does not have it. */
bool engine_take_back(Engine *engine);

/* Have a log that starts here. */
void engine_forget_log(Engine *engine);

/* Words that a copy of the state takes. */
size_t engine_state_words(const Engine *engine);

/* The state, its words into room for as many as it takes; and back, which forgets the log. False, and
 * nothing is changed, where no machine can be in such a state. */
Saved engine_save(const Engine *engine, uint32_t *words);
bool engine_load(Engine *engine, Saved saved, const uint32_t *words);

/* Have these words, and no others, in the trace buffer; false where there is no memory. */
bool engine_set_trace(Engine *engine, const uint32_t *words, int64_t count);

#endif
