/* What the Python-facing files share. Everything here keeps to the stable ABI. */
#ifndef VLIWDBG_MODULE_H
#define VLIWDBG_MODULE_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include "engine.h"

/* What machine/isa.py may not exceed: engines, letters of a name, stores of a bundle. */
enum { MOST_ENGINES = 8, LONGEST_NAME = 15, MOST_STORES = 4 };

/* The operation of each opcode's number, as machine/isa.py numbers them. */
extern OperationOfCode operation_of_code;

/* A contiguous buffer of aligned items of this size; false with an exception set if it is none. */
bool take_buffer(PyObject *object, Py_buffer *view, size_t item_size, bool writable);

/* The types of the module; NULL with an exception set. */
PyTypeObject *make_machine_type(PyObject *module);
PyTypeObject *make_lowered_type(PyObject *module);
PyTypeObject *make_seen_type(PyObject *module);

/* The program that a `Lowered` has, which lives as long; NULL with an exception set for anything
 * else. */
const Program *lowered_program(PyObject *lowered);

/* The program of a machine, which is there as long as the machine is; NULL with an exception set
 * for anything else. */
const Program *program_of(PyObject *machine);

extern PyMethodDef problem_methods[];
extern PyMethodDef encode_methods[];
extern PyMethodDef lockstep_methods[];
extern PyMethodDef trace_methods[];
extern PyMethodDef waits_methods[];
extern PyMethodDef variants_methods[];
extern PyMethodDef notes_methods[];

#endif
