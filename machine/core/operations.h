/* What the core can do: one row per operation, found by the engine and the name of its opcode.
 *
 * The numbers of the opcodes are not here: machine/isa.py hands its rows over at import, and each
 * must find its operation with what this table tells of it (see `adopt_rows` in module.c). What an
 * operation does is in the switches of engine.c and lockstep.c, which compilers refuse where one is
 * forgotten. An operand is a letter and how many words it spans:
 *
 *   d written scratch   u read scratch   l, s a scratch word with an address, and the memory words
 *   loaded from it or stored to it   i immediate   o offset   t bundle index   r distance   k key
 *   K eight keys   x anything
 */
#ifndef VLIWDBG_OPERATIONS_H
#define VLIWDBG_OPERATIONS_H

#include <stdint.h>

/* X(OPERATION, opcode, result of the words a and b) */
#define PLAIN_ARITHMETIC(X)                 \
    X(ADD, "+", a + b)                      \
    X(SUBTRACT, "-", a - b)                 \
    X(MULTIPLY, "*", a * b)                 \
    X(XOR, "^", a ^ b)                      \
    X(AND, "&", a & b)                      \
    X(OR, "|", a | b)                       \
    X(SHIFT_LEFT, "<<", b < 32 ? a << b : 0)  \
    X(SHIFT_RIGHT, ">>", b < 32 ? a >> b : 0) \
    X(LESS, "<", a < b)                     \
    X(EQUAL, "==", a == b)

/* The same, for those that fault where b is 0. */
#define DIVIDING_ARITHMETIC(X) \
    X(DIVIDE, "//", a / b)     \
    X(MODULO, "%", a % b)      \
    X(DIVIDE_UP, "cdiv", (uint32_t)(((uint64_t)a + b - 1) / b))

/* X(OPERATION, engine, opcode, operands, run, besides): how many of it the engine does one after the
 * other, 1 or LONGEST_VECTOR_RUN, and what it does besides reading and writing words. */
#define OTHER_OPERATIONS(X)                                            \
    X(BROADCAST, "valu", "vbroadcast", "d8 u1", 1, NOTHING)            \
    X(MULTIPLY_ADD, "valu", "multiply_add", "d8 u8 u8 u8", 6, NOTHING) \
    X(LOAD, "load", "load", "d1 l1", 1, NOTHING)                       \
    X(LOAD_OFFSET, "load", "load_offset", "d1 l1 o", 1, NOTHING)       \
    X(LOAD_VECTOR, "load", "vload", "d8 l8", 1, NOTHING)               \
    X(CONSTANT, "load", "const", "d1 i", 1, NOTHING)                   \
    X(STORE, "store", "store", "s1 u1", 1, NOTHING)                    \
    X(STORE_VECTOR, "store", "vstore", "s8 u8", 1, NOTHING)            \
    X(SELECT, "flow", "select", "d1 u1 u1 u1", 1, NOTHING)             \
    X(SELECT_VECTOR, "flow", "vselect", "d8 u8 u8 u8", 1, NOTHING)     \
    X(ADD_IMMEDIATE, "flow", "add_imm", "d1 u1 i", 1, NOTHING)         \
    X(JUMP, "flow", "jump", "t", 1, JUMPS)                             \
    X(JUMP_INDIRECT, "flow", "jump_indirect", "u1", 1, JUMPS)          \
    X(JUMP_IF, "flow", "cond_jump", "u1 t", 1, JUMPS)                  \
    X(JUMP_IF_RELATIVE, "flow", "cond_jump_rel", "u1 r", 1, JUMPS)     \
    X(HALT, "flow", "halt", "", 1, STOPS)                              \
    X(PAUSE, "flow", "pause", "", 1, STOPS)                            \
    X(TRACE, "flow", "trace_write", "u1", 1, TRACES)                   \
    X(CORE_ID, "flow", "coreid", "d1", 1, NOTHING)                     \
    X(COMPARE, "debug", "compare", "u1 k", 1, NOTHING)                 \
    X(COMPARE_VECTOR, "debug", "vcompare", "u8 K", 1, NOTHING)         \
    X(COMMENT, "debug", "comment", "x", 1, NOTHING)

/* All of them: PLAIN and DIVIDING stand for two operations each, of alu and of valu. */
#define EVERY_OPERATION(PLAIN, DIVIDING, OTHER) \
    PLAIN_ARITHMETIC(PLAIN)                     \
    DIVIDING_ARITHMETIC(DIVIDING)               \
    OTHER_OPERATIONS(OTHER)

typedef enum {
#define SCALAR_AND_VECTOR(OPERATION, opcode, result) OP_##OPERATION, OP_V##OPERATION,
#define ALONE(OPERATION, engine, opcode, operands, run, besides) OP_##OPERATION,
    EVERY_OPERATION(SCALAR_AND_VECTOR, SCALAR_AND_VECTOR, ALONE)
#undef SCALAR_AND_VECTOR
#undef ALONE
} Operation;

enum {
#define TWO(OPERATION, opcode, result) +2
#define ONE(OPERATION, engine, opcode, operands, run, besides) +1
    OPERATIONS = EVERY_OPERATION(TWO, TWO, ONE)
#undef TWO
#undef ONE
};

/* Scalar slots, or vector slots, that are executed one after the other without a look at what the
 * next one is. A bundle has no more of them. */
enum { LONGEST_RUN = 12, LONGEST_VECTOR_RUN = 6 };

/* An operation and how many slots from here on do it, in one number, for one switch. */
enum { RUN_LENGTH_BITS = 4 };
#define DISPATCH_OF(operation, run_length) ((operation) << RUN_LENGTH_BITS | (run_length))

/* All that there can be, for the compiler to miss those that a switch forgets. */
typedef enum {
#define DISPATCH(OPERATION, length) DISPATCH_##OPERATION##_##length = DISPATCH_OF(OP_##OPERATION, length),
#define RUNS_1(OPERATION) DISPATCH(OPERATION, 1)
#define RUNS_6(OPERATION)                                                                       \
    RUNS_1(OPERATION) DISPATCH(OPERATION, 2) DISPATCH(OPERATION, 3) DISPATCH(OPERATION, 4)      \
    DISPATCH(OPERATION, 5) DISPATCH(OPERATION, 6)
#define RUNS_12(OPERATION)                                                                      \
    RUNS_6(OPERATION) DISPATCH(OPERATION, 7) DISPATCH(OPERATION, 8) DISPATCH(OPERATION, 9)      \
    DISPATCH(OPERATION, 10) DISPATCH(OPERATION, 11) DISPATCH(OPERATION, 12)
#define PLAIN(OPERATION, opcode, result) RUNS_12(OPERATION) RUNS_6(V##OPERATION)
#define DIVIDING(OPERATION, opcode, result) RUNS_1(OPERATION) RUNS_1(V##OPERATION)
#define OTHER(OPERATION, engine, opcode, operands, run, besides) RUNS_##run(OPERATION)
    EVERY_OPERATION(PLAIN, DIVIDING, OTHER)
#undef PLAIN
#undef DIVIDING
#undef OTHER
#undef RUNS_12
#undef RUNS_6
#undef RUNS_1
#undef DISPATCH
} Dispatch;

/* What an operation does besides reading and writing words. */
typedef enum { NOTHING, JUMPS, STOPS, TRACES } Besides;

typedef struct {
    const char *engine, *opcode, *operands;
    uint8_t longest_run; /* slots that do the same and are done one after the other */
    Besides besides;
} OperationRow;

extern const OperationRow operation_rows[OPERATIONS];

#endif
