/* Checking many inputs: their words, and what the reference kernel makes of them.
 *
 * The facts come from machine/problem.py with each call; here is only the speed.
 */
#include "module.h"

#include <stdlib.h>
#include <string.h>

/* A stage of the hash: a = (a op1 c) op2 (a op3 s). */
typedef struct {
    char op1, op2, op3;
    uint32_t c, s;
} Stage;

enum { MOST_STAGES = 16, BLOCK = 64 };

static inline uint32_t apply(char operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case '+':
        return a + b;
    case '^':
        return a ^ b;
    case '<':
        return b < 32 ? a << b : 0;
    default:
        return b < 32 ? a >> b : 0;
    }
}

static void apply_all(char operation, uint32_t *restrict result, const uint32_t *restrict words,
                      uint32_t b)
{
    /* One loop for each operation, so that the compiler makes vectors of it. */
    switch (operation) {
#define CASE(operation)                                  \
    case operation:                                      \
        for (int i = 0; i < BLOCK; i++)                  \
            result[i] = apply(operation, words[i], b);   \
        break;
        CASE('+')
        CASE('^')
        CASE('<')
        CASE('>')
#undef CASE
    default:
        break;
    }
}

static void hash_block(uint32_t *words, const Stage *stages, int count)
{
    uint32_t left[BLOCK], right[BLOCK];
    for (const Stage *stage = stages; stage < stages + count; stage++) {
        apply_all(stage->op1, left, words, stage->c);
        apply_all(stage->op3, right, words, stage->s);
        if (stage->op2 == '+')
            for (int i = 0; i < BLOCK; i++)
                words[i] = left[i] + right[i];
        else
            for (int i = 0; i < BLOCK; i++)
                words[i] = left[i] ^ right[i];
    }
}

/* Walk up to BLOCK elements down the tree. Indices are below n_nodes. */
static void walk_block(const uint32_t *nodes, uint32_t n_nodes, uint32_t rounds,
                       const Stage *stages, int stage_count, uint32_t *indices, uint32_t *values)
{
    for (uint32_t round = 0; round < rounds; round++) {
        for (int i = 0; i < BLOCK; i++)
            values[i] ^= nodes[indices[i]];
        hash_block(values, stages, stage_count);
        for (int i = 0; i < BLOCK; i++) {
            const uint32_t child = 2 * indices[i] + 1 + (values[i] & 1);
            indices[i] = child < n_nodes ? child : 0;
        }
    }
}

static bool parse_stages(PyObject *rows, Stage *stages, int *count)
{
    const Py_ssize_t length = PySequence_Size(rows);
    if (length < 0)
        return false;
    if (length > MOST_STAGES) {
        PyErr_SetString(PyExc_ValueError, "too many stages");
        return false;
    }
    *count = (int)length;
    for (Py_ssize_t i = 0; i < length; i++) {
        const char *op1, *op2, *op3;
        unsigned int c, s;
        PyObject *row = PySequence_GetItem(rows, i);
        const bool parsed = row && PyArg_Parse(row, "(sIssI)", &op1, &c, &op2, &op3, &s);
        if (parsed)
            stages[i] = (Stage){op1[0], op2[0], op3[0], c, s};
        Py_XDECREF(row);
        if (!parsed)
            return false;
        if (!strchr("+^<>", op1[0]) || !strchr("+^", op2[0]) || !strchr("+^<>", op3[0])) {
            PyErr_SetString(PyExc_ValueError, "the core does not know this stage of the hash");
            return false;
        }
    }
    return true;
}

static bool all_below(const uint32_t *words, Py_ssize_t count, Py_ssize_t limit)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (words[i] >= limit)
            return false;
    return true;
}

static void walk(const Py_buffer *nodes, Py_buffer *indices, Py_buffer *values, unsigned int rounds,
                 const Stage *stages, int stage_count)
{
    const Py_ssize_t batch = values->len / 4;
    for (Py_ssize_t start = 0; start < batch; start += BLOCK) {
        const size_t here = (size_t)(batch - start < BLOCK ? batch - start : BLOCK);
        uint32_t index[BLOCK] = {0}, value[BLOCK] = {0};
        uint32_t *first_index = (uint32_t *)indices->buf + start;
        uint32_t *first_value = (uint32_t *)values->buf + start;
        memcpy(index, first_index, here * sizeof *index);
        memcpy(value, first_value, here * sizeof *value);
        walk_block(nodes->buf, (uint32_t)(nodes->len / 4), rounds, stages, stage_count, index,
                   value);
        memcpy(first_index, index, here * sizeof *index);
        memcpy(first_value, value, here * sizeof *value);
    }
}

/* solve(nodes, indices, values, rounds, stages): indices and values become the final ones. */
static PyObject *solve(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *objects[3], *rows;
    Py_buffer views[3];
    unsigned int rounds;
    Stage stages[MOST_STAGES];
    int stage_count;
    bool taken = true;
    if (!PyArg_ParseTuple(arguments, "OOOIO", &objects[0], &objects[1], &objects[2], &rounds,
                          &rows) ||
        !parse_stages(rows, stages, &stage_count))
        return NULL;
    memset(views, 0, sizeof views);
    for (int i = 0; taken && i < 3; i++)
        taken = take_buffer(objects[i], &views[i], sizeof(uint32_t), i > 0);
    const Py_ssize_t n_nodes = views[0].len / 4;
    if (taken && (views[1].len != views[2].len || n_nodes == 0 || n_nodes > INT32_MAX / 2 ||
                  !all_below(views[1].buf, views[1].len / 4, n_nodes))) {
        PyErr_SetString(PyExc_ValueError, "indices are outside the tree, or not one for each value");
        taken = false;
    }
    if (taken) {
        Py_BEGIN_ALLOW_THREADS
        walk(&views[0], &views[1], &views[2], rounds, stages, stage_count);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < 3; i++)
        PyBuffer_Release(&views[i]);
    if (!taken)
        return NULL;
    Py_RETURN_NONE;
}

/* draw(bits, words) -> how many were drawn: what `randint(0, 2**30 - 1)` makes of a generator's
 * 32-bit outputs, which is those below 2**31, halved. */
static PyObject *draw(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *bits_object, *words_object;
    Py_buffer bits, words;
    if (!PyArg_ParseTuple(arguments, "OO", &bits_object, &words_object) ||
        !take_buffer(bits_object, &bits, 1, false))
        return NULL;
    if (!take_buffer(words_object, &words, sizeof(uint32_t), true)) {
        PyBuffer_Release(&bits);
        return NULL;
    }
    uint32_t *drawn = words.buf;
    const uint32_t *end = drawn + words.len / 4;
    const uint8_t *bytes = bits.buf;
    for (Py_ssize_t i = 0; i + 4 <= bits.len && drawn < end; i += 4) {
        const uint32_t output = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
                                (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24;
        *drawn = output >> 1;
        drawn += output >> 31 ? 0 : 1;
    }
    const Py_ssize_t count = drawn - (uint32_t *)words.buf;
    PyBuffer_Release(&words);
    PyBuffer_Release(&bits);
    return PyLong_FromSsize_t(count);
}

PyMethodDef problem_methods[] = {
    {"solve", solve, METH_VARARGS, "solve(nodes, indices, values, rounds, stages)"},
    {"draw", draw, METH_VARARGS, "draw(bits, words) -> count"},
    {0},
};
