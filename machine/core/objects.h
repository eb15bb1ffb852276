/* Reading a program as a builder makes it: what its objects are, whatever their owners do. */
#ifndef VLIWDBG_OBJECTS_H
#define VLIWDBG_OBJECTS_H

#include "module.h"

/* Lists inside each other in a key, beyond which machine/encode.py says what becomes of it. */
enum { MOST_LISTS = 8 };

/* Whether what iterating over an object yields are the items of the list or tuple that it is. */
static inline bool iterates_as(PyObject *object, PyTypeObject *base)
{
    PyTypeObject *type = Py_TYPE(object);
    return type == base || (PyType_IsSubtype(type, base) &&
                            PyType_GetSlot(type, Py_tp_iter) == PyType_GetSlot(base, Py_tp_iter));
}

/* Of a list or tuple, whether it is a list. The two themselves are told apart without a call. */
static inline bool is_list(PyObject *sequence)
{
    PyTypeObject *type = Py_TYPE(sequence);
    return type == &PyList_Type || (type != &PyTuple_Type && PyList_Check(sequence));
}

/* The length of a list or tuple that is read as such; -1 for anything else. */
static inline Py_ssize_t length_of(PyObject *sequence)
{
    PyTypeObject *type = Py_TYPE(sequence);
    const bool plain = type == &PyList_Type || type == &PyTuple_Type;
    return plain || iterates_as(sequence, &PyTuple_Type) || iterates_as(sequence, &PyList_Type)
               ? Py_SIZE(sequence)
               : -1;
}

/* The length now of one that is. */
static inline Py_ssize_t length_still(PyObject *sequence)
{
    return Py_SIZE(sequence);
}

/* What objects.c has found out of lists and tuples. */
typedef struct {
    bool list;    /* whether a list is a ListInside, */
    size_t tuple; /* and at which byte of a tuple its items start; 0 if that is not known */
} Inside;

typedef struct {
    PyVarObject head;
    PyObject **items;
    Py_ssize_t room;
} ListInside;

extern Inside inside;

/* Find that out, or forget it; false with an exception set. */
bool look_inside(bool look);

/* Some items of a list or tuple itself, borrowed as long as nobody changes it: where they are, or else
 * in `copies`. */

static inline PyObject *const *items_of_list(PyObject *list, Py_ssize_t first, Py_ssize_t count,
                                             PyObject **copies)
{
    if (inside.list)
        return ((const ListInside *)list)->items + first;
    for (Py_ssize_t i = 0; i < count; i++)
        copies[i] = PyList_GetItem(list, first + i);
    return copies;
}

static inline PyObject *const *items_of_tuple(PyObject *tuple, Py_ssize_t count, PyObject **copies)
{
    if (inside.tuple)
        return (PyObject **)((char *)tuple + inside.tuple);
    for (Py_ssize_t i = 0; i < count; i++)
        copies[i] = PyTuple_GetItem(tuple, i);
    return copies;
}

/* Borrowed; the index is in range, or NULL is returned with an IndexError. */
static inline PyObject *item_of(PyObject *sequence, Py_ssize_t index)
{
    if (Py_TYPE(sequence) == &PyList_Type && inside.list && index < Py_SIZE(sequence))
        return ((const ListInside *)sequence)->items[index];
    return is_list(sequence) ? PyList_GetItem(sequence, index) : PyTuple_GetItem(sequence, index);
}

/* An item of a tuple, of which it has that many. */
static inline PyObject *item_of_tuple(PyObject *tuple, Py_ssize_t index)
{
    PyObject *copy;
    return inside.tuple ? items_of_tuple(tuple, 0, &copy)[index] : PyTuple_GetItem(tuple, index);
}

static inline bool is_atom(PyObject *part)
{
    return PyLong_CheckExact(part) || PyUnicode_CheckExact(part);
}

/* Whether an object is made of tuples, integers and texts, which nobody can change. */
static inline bool is_frozen(PyObject *object, int tuples)
{
    if (!tuples || !PyTuple_CheckExact(object))
        return false;
    const Py_ssize_t length = Py_SIZE(object);
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *part = item_of_tuple(object, i);
        if (!is_atom(part) && !is_frozen(part, tuples - 1))
            return false;
    }
    return true;
}

/* The integer that an object counts as, which for what is no int its `__index__` tells if `indices`;
 * NULL if it is none. An exception is set only if it is none of the object's own. */
static inline PyObject *integer_of(PyObject *given, bool indices)
{
    if (PyLong_CheckExact(given))
        return Py_NewRef(given);
    Py_INCREF(given); /* whose owner may part with it meanwhile */
    PyObject *index = indices && PyIndex_Check(given) ? PyNumber_Index(given) : NULL;
    Py_DECREF(given);
    if (index && !PyLong_CheckExact(index)) {
        /* Of a subclass, whose own methods are of no interest. */
        unaryfunc copy = (unaryfunc)(uintptr_t)PyType_GetSlot(&PyLong_Type, Py_nb_int);
        PyObject *number = copy(index);
        Py_DECREF(index);
        index = number;
    }
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_Exception) &&
        !PyErr_ExceptionMatches(PyExc_MemoryError))
        PyErr_Clear();
    return index;
}

#endif
