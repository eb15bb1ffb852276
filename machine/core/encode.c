/* Slots from Python's objects into the columns of a program, as far as they are plain.
 *
 * A plain slot is a list or tuple of an opcode and non-negative integers in range. At the first that
 * is anything else it stops, and machine/encode.py goes on, which knows what to make of it. Nothing
 * here runs code of the objects it reads, so they cannot change meanwhile.
 */
#include "module.h"

#include <string.h>

enum { MOST_AT_ONCE = 64, COLUMNS = 1 + MAX_OPERANDS };

/* The slots taken, column by column. */
typedef struct {
    Py_ssize_t count;
    uint8_t opcodes[MOST_AT_ONCE];
    int64_t operands[MAX_OPERANDS][MOST_AT_ONCE];
} Taken;

static Py_ssize_t length_of(PyObject *sequence)
{
    if (PyList_CheckExact(sequence))
        return PyList_Size(sequence);
    return PyTuple_CheckExact(sequence) ? PyTuple_Size(sequence) : -1;
}

/* Borrowed; the index is in range. */
static PyObject *item_of(PyObject *sequence, Py_ssize_t index)
{
    return PyList_CheckExact(sequence) ? PyList_GetItem(sequence, index)
                                       : PyTuple_GetItem(sequence, index);
}

static int find_code(const char *engine, PyObject *name)
{
    Py_ssize_t length;
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, &length) : NULL;
    if (!text) {
        PyErr_Clear(); /* lone surrogates; whoever goes on says so */
        return -1;
    }
    for (int code = 0; code < MOST_OPCODES && operation_of_code[code] < OPERATIONS; code++) {
        const OperationRow *row = &operation_rows[operation_of_code[code]];
        if (strcmp(row->opcode, text) == 0 && strcmp(row->engine, engine) == 0)
            return strlen(text) == (size_t)length ? code : -1;
    }
    return -1;
}

/* The greatest plain value of an operand, or -1 where no value is plain. */
static int64_t greatest(char letter, int width)
{
    switch (letter) {
    case 'd':
    case 'u':
        return SCRATCH_WORDS - width;
    case 'a':
        return SCRATCH_WORDS - 1;
    case 'i':
    case 't':
    case 'r':
        return INT64_MAX;
    default:
        return -1;
    }
}

static bool take_operand(PyObject *value, int64_t most, int64_t *operand)
{
    int overflow;
    if (!PyLong_CheckExact(value))
        return false;
    *operand = PyLong_AsLongLongAndOverflow(value, &overflow);
    return !overflow && *operand >= 0 && *operand <= most;
}

static bool take_slot(const char *engine, PyObject *slot, Taken *taken)
{
    const Py_ssize_t length = length_of(slot);
    const int code = length > 0 ? find_code(engine, item_of(slot, 0)) : -1;
    if (code < 0)
        return false;
    Py_ssize_t position = 0;
    for (const char *o = operation_rows[operation_of_code[code]].operands; *o; o++) {
        if (*o == ' ')
            continue;
        const char letter = *o;
        const int width = o[1] > '0' && o[1] <= '9' ? *++o - '0' : 0;
        if (++position >= length ||
            !take_operand(item_of(slot, position), greatest(letter, width),
                          &taken->operands[position - 1][taken->count]))
            return false;
    }
    if (position + 1 != length)
        return false;
    for (; position < MAX_OPERANDS; position++)
        taken->operands[position][taken->count] = 0;
    taken->opcodes[taken->count++] = (uint8_t)code;
    return true;
}

static bool append(PyObject *columns, Py_ssize_t column, const void *items, Py_ssize_t bytes)
{
    PyObject *array = PySequence_GetItem(columns, column);
    PyObject *done =
        array ? PyObject_CallMethod(array, "frombytes", "y#", (const char *)items, bytes) : NULL;
    Py_XDECREF(array);
    Py_XDECREF(done);
    return done != NULL;
}

static bool append_taken(PyObject *columns, const Taken *taken)
{
    bool done = append(columns, 0, taken->opcodes, taken->count);
    for (int i = 0; done && i < MAX_OPERANDS; i++)
        done = append(columns, 1 + i, taken->operands[i], taken->count * (Py_ssize_t)sizeof(int64_t));
    return done;
}

/* take_slots(engine, slots, start, columns) -> index of the first slot that is not plain, or the end.
 * `columns` are the arrays of opcodes and operands. */
static PyObject *take_slots(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    const char *engine;
    PyObject *slots, *columns;
    Py_ssize_t index;
    if (!PyArg_ParseTuple(arguments, "sOnO", &engine, &slots, &index, &columns))
        return NULL;
    bool plain = true;
    Taken taken;
    while (plain) {
        taken.count = 0;
        /* Again each time: the arrays' methods have run, and could have changed the list. */
        const Py_ssize_t length = length_of(slots);
        while (plain && index >= 0 && index < length && taken.count < MOST_AT_ONCE) {
            plain = take_slot(engine, item_of(slots, index), &taken);
            index += plain;
        }
        if (taken.count == 0)
            break;
        if (!append_taken(columns, &taken))
            return NULL;
    }
    return PyLong_FromSsize_t(index);
}

PyMethodDef encode_methods[] = {
    {"take_slots", take_slots, METH_VARARGS, "take_slots(engine, slots, start, columns) -> index"},
    {0},
};
