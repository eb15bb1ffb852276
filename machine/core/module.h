/* What the Python-facing files share. Everything here keeps to the stable ABI. */
#ifndef VLIWDBG_MODULE_H
#define VLIWDBG_MODULE_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include "engine.h"

/* The operation of each opcode's number, as machine/isa.py numbers them. */
extern OperationOfCode operation_of_code;

/* A contiguous buffer of aligned items of this size; false with an exception set if it is none. */
bool take_buffer(PyObject *object, Py_buffer *view, size_t item_size, bool writable);

PyType_Spec *machine_spec(void);
extern PyMethodDef problem_methods[];
extern PyMethodDef encode_methods[];

#endif
