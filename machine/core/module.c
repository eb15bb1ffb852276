/* The extension module: its table of operations, and the type of a machine. */
#include "module.h"

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

static Operation find_operation(const char *engine, const char *opcode)
{
    int operation = 0;
    while (operation < OPERATIONS && (strcmp(operation_rows[operation].engine, engine) != 0 ||
                                      strcmp(operation_rows[operation].opcode, opcode) != 0))
        operation++;
    return (Operation)operation;
}

static bool adopt_row(Py_ssize_t code, PyObject *row)
{
    const char *engine, *opcode, *operands;
    if (!PyTuple_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "a row of the instruction set is a tuple");
        return false;
    }
    if (!PyArg_ParseTuple(row, "sss", &engine, &opcode, &operands))
        return false;
    const Operation operation = find_operation(engine, opcode);
    if (operation == OPERATIONS) {
        PyErr_Format(PyExc_ValueError, "the core does not know %s %s", engine, opcode);
        return false;
    }
    if (strcmp(operation_rows[operation].operands, operands) != 0) {
        PyErr_Format(PyExc_ValueError, "the core takes %s %s with %s, not with %s", engine, opcode,
                     operation_rows[operation].operands, operands);
        return false;
    }
    operation_of_code[code] = (uint8_t)operation;
    return true;
}

/* adopt_rows(rows): (engine, opcode, operands) for each number of an opcode, from 0 on. */
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

static PyMethodDef module_methods[] = {
    {"adopt_rows", adopt_rows, METH_O, "Take over the numbering of the instruction set."},
    {0},
};

/* --- the module --------------------------------------------------------------------------------- */

static int module_exec(PyObject *module)
{
    memset(operation_of_code, OPERATIONS, sizeof operation_of_code);
    PyTypeObject *type = make_machine_type(module);
    if (!type || PyModule_AddType(module, type) < 0 ||
        PyModule_AddFunctions(module, module_methods) < 0 ||
        PyModule_AddFunctions(module, problem_methods) < 0 ||
        PyModule_AddFunctions(module, encode_methods) < 0 ||
        PyModule_AddFunctions(module, lockstep_methods) < 0 ||
        PyModule_AddFunctions(module, trace_methods) < 0 ||
        PyModule_AddFunctions(module, waits_methods) < 0 ||
        PyModule_AddFunctions(module, variants_methods) < 0 ||
        PyModule_AddIntConstant(module, "VLEN", VLEN) < 0 ||
        PyModule_AddIntConstant(module, "SCRATCH_SIZE", SCRATCH_WORDS) < 0 ||
        PyModule_AddIntConstant(module, "OPERATIONS", OPERATIONS) < 0)
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
