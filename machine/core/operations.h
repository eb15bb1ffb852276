/* What the core can do: one row per operation, found by the engine and the name of its opcode.
 *
 * The numbers of the opcodes are not here: machine/isa.py hands its rows over at import, and each
 * must find its operation with the very operands that this table tells (see `adopt_rows` in
 * module.c). An operand is a letter and how many words it spans:
 *
 *   d written scratch   u read scratch   a scratch word with an address, and the memory words reached
 *   i immediate   o offset   t bundle index   r distance   k key   K eight keys   x anything
 */
#ifndef VLIWDBG_OPERATIONS_H
#define VLIWDBG_OPERATIONS_H

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

/* X(OPERATION, engine, opcode, operands) */
#define OTHER_OPERATIONS(X)                                   \
    X(BROADCAST, "valu", "vbroadcast", "d8 u1")               \
    X(MULTIPLY_ADD, "valu", "multiply_add", "d8 u8 u8 u8")    \
    X(LOAD, "load", "load", "d1 a1")                          \
    X(LOAD_OFFSET, "load", "load_offset", "d1 a1 o")          \
    X(LOAD_VECTOR, "load", "vload", "d8 a8")                  \
    X(CONSTANT, "load", "const", "d1 i")                      \
    X(STORE, "store", "store", "a1 u1")                       \
    X(STORE_VECTOR, "store", "vstore", "a8 u8")               \
    X(SELECT, "flow", "select", "d1 u1 u1 u1")                \
    X(SELECT_VECTOR, "flow", "vselect", "d8 u8 u8 u8")        \
    X(ADD_IMMEDIATE, "flow", "add_imm", "d1 u1 i")            \
    X(JUMP, "flow", "jump", "t")                              \
    X(JUMP_INDIRECT, "flow", "jump_indirect", "u1")           \
    X(JUMP_IF, "flow", "cond_jump", "u1 t")                   \
    X(JUMP_IF_RELATIVE, "flow", "cond_jump_rel", "u1 r")      \
    X(HALT, "flow", "halt", "")                               \
    X(PAUSE, "flow", "pause", "")                             \
    X(TRACE, "flow", "trace_write", "u1")                     \
    X(CORE_ID, "flow", "coreid", "d1")                        \
    X(COMPARE, "debug", "compare", "u1 k")                    \
    X(COMPARE_VECTOR, "debug", "vcompare", "u8 K")            \
    X(COMMENT, "debug", "comment", "x")

typedef enum {
#define SCALAR_AND_VECTOR(OPERATION, opcode, result) OP_##OPERATION, OP_V##OPERATION,
#define ALONE(OPERATION, engine, opcode, operands) OP_##OPERATION,
    PLAIN_ARITHMETIC(SCALAR_AND_VECTOR)
    DIVIDING_ARITHMETIC(SCALAR_AND_VECTOR)
    OTHER_OPERATIONS(ALONE)
#undef SCALAR_AND_VECTOR
#undef ALONE
    OPERATIONS
} Operation;

typedef struct {
    const char *engine, *opcode, *operands;
} OperationRow;

extern const OperationRow operation_rows[OPERATIONS];

#endif
