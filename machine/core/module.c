/* The extension module: its table of operations, and the type of a machine. */
#include "objects.h"
#include "trap.h"

#include <ctype.h>
#include <string.h>

OperationOfCode operation_of_code;

bool take_buffer(PyObject *object, Py_buffer *view, size_t item_size, bool writable)
{
    if (PyObject_GetBuffer(object, view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return false;
    /* An empty array's address is anything. */
    const bool aligned = view->len == 0 || (uintptr_t)view->buf % item_size == 0;
    if (aligned && (size_t)view->itemsize == item_size && (size_t)view->len % item_size == 0)
        return true;
    PyErr_Format(PyExc_ValueError, "items of %zd bytes where %zu are wanted, or unaligned",
                 view->itemsize, item_size);
    PyBuffer_Release(view);
    return false;
}

/* --- the instruction set ------------------------------------------------------------------------ */

static int find_operation(const char *engine, const char *opcode)
{
    int operation = 0;
    while (operation < OPERATIONS && (strcmp(operation_rows[operation].engine, engine) != 0 ||
                                      strcmp(operation_rows[operation].opcode, opcode) != 0))
        operation++;
    return operation;
}

/* Whether a Slot has room for operands: an address to write, three to read, the last of which may
 * be an immediate instead, and an offset. */
static bool fit_slot(const char *operands)
{
    int written = 0, read = 0, offsets = 0, count = 0;
    for (; *operands; operands++) {
        written += *operands == 'd';
        read += strchr("uls", *operands) != NULL;
        offsets += *operands == 'o';
        count += isalpha((unsigned char)*operands) != 0;
    }
    const int immediates = count - written - read - offsets;
    return count <= MAX_OPERANDS && written <= 1 && offsets <= 1 && immediates <= 1 &&
           read + immediates <= 3;
}

static bool adopt_row(Py_ssize_t code, PyObject *row)
{
    const char *engine, *opcode, *operands;
    int jumps;
    if (!PyTuple_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "a row of the instruction set is a tuple");
        return false;
    }
    if (!PyArg_ParseTuple(row, "sssp", &engine, &opcode, &operands, &jumps))
        return false;
    const int operation = find_operation(engine, opcode);
    if (operation == OPERATIONS) {
        PyErr_Format(PyExc_ValueError, "the core does not know %s %s", engine, opcode);
        return false;
    }
    const OperationRow *known = &operation_rows[operation];
    if (strcmp(known->operands, operands) != 0) {
        PyErr_Format(PyExc_ValueError, "the core takes %s %s with %s, not with %s", engine, opcode,
                     known->operands, operands);
        return false;
    }
    if (!fit_slot(operands)) {
        PyErr_Format(PyExc_ValueError, "the core has no room for the operands of %s %s, %s", engine,
                     opcode, operands);
        return false;
    }
    if ((known->besides == JUMPS) != jumps) {
        PyErr_Format(PyExc_ValueError, "for the core %s %s %s", engine, opcode,
                     jumps ? "is no jump" : "is a jump");
        return false;
    }
    operation_of_code[code] = (uint8_t)operation;
    return true;
}

/* adopt_rows(rows): (engine, opcode, operands, whether it jumps) for each number of an opcode, from 0
 * on. */
static PyObject *adopt_rows(PyObject *Py_UNUSED(module), PyObject *rows)
{
    memset(operation_of_code, OPERATIONS, sizeof operation_of_code);
    const Py_ssize_t count = PySequence_Size(rows);
    if (count < 0)
        return NULL;
    if (count > MOST_OPCODES)
        return PyErr_Format(PyExc_ValueError, "%zd opcodes do not fit", count);
    for (Py_ssize_t code = 0; code < count; code++) {
        PyObject *row = PySequence_GetItem(rows, code);
        const bool adopted = row && adopt_row(code, row);
        Py_XDECREF(row);
        if (!adopted)
            return NULL;
    }
    Py_RETURN_NONE;
}

/* look_inside(look): find out where lists and tuples have their items, or forget it; whether it is now
 * known of both. */
static PyObject *look_inside_or_not(PyObject *Py_UNUSED(module), PyObject *look)
{
    return look_inside(look == Py_True) ? PyBool_FromLong(inside.list && inside.tuple) : NULL;
}

static PyMethodDef module_methods[] = {
    {"adopt_rows", adopt_rows, METH_O, "Take over the numbering of the instruction set."},
    {"look_inside", look_inside_or_not, METH_O, "Look into lists and tuples from now on, or not."},
    {0},
};

/* --- the module --------------------------------------------------------------------------------- */

static bool add_type(PyObject *module, PyTypeObject *type)
{
    return type && PyModule_AddType(module, type) == 0;
}

/* What machine/isa.py has to agree with, by name; see compiled.py. */
static bool add_limits(PyObject *module)
{
    PyObject *limits = Py_BuildValue(
        "{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "VLEN", VLEN, "SCRATCH_SIZE", SCRATCH_WORDS,
        "MAX_OPERANDS", MAX_OPERANDS, "alu slots", LONGEST_RUN, "valu slots", LONGEST_VECTOR_RUN,
        "store slots", MOST_STORES, "opcodes", MOST_OPCODES, "engines", MOST_ENGINES,
        "letters of a name", LONGEST_NAME, "condition operations", condition_operations);
    const bool added = limits && PyModule_AddObjectRef(module, "LIMITS", limits) == 0;
    Py_XDECREF(limits);
    return added;
}

static int module_exec(PyObject *module)
{
    memset(operation_of_code, OPERATIONS, sizeof operation_of_code);
    if (!look_inside(true) || !add_type(module, make_machine_type(module)) ||
        !add_type(module, make_lowered_type(module)) || !add_type(module, make_seen_type(module)) ||
        PyModule_AddFunctions(module, module_methods) < 0 ||
        PyModule_AddFunctions(module, problem_methods) < 0 ||
        PyModule_AddFunctions(module, encode_methods) < 0 ||
        PyModule_AddFunctions(module, lockstep_methods) < 0 ||
        PyModule_AddFunctions(module, trace_methods) < 0 ||
        PyModule_AddFunctions(module, waits_methods) < 0 ||
        PyModule_AddFunctions(module, variants_methods) < 0 ||
        PyModule_AddFunctions(module, notes_methods) < 0 ||
        !add_limits(module) || PyModule_AddIntConstant(module, "OPERATIONS", OPERATIONS) < 0)
        return -1;
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, (void *)(uintptr_t)module_exec},
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "The compiled core of the machine.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&module_definition);
}
