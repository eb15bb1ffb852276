/* Where lists and tuples have their items.
 *
 * The stable ABI has a call for each item, which takes longer than what is done with it. So it is found
 * out, of a list and a tuple of a few; where these are not like those of every Python so far, the calls
 * are made.
 */
#include "objects.h"

Inside inside;

enum { TRIED = 3 };

/* Bytes of an object of this type without its items; -1 with an exception set. */
static Py_ssize_t basic_size(PyTypeObject *type)
{
    PyObject *size = PyObject_GetAttrString((PyObject *)type, "__basicsize__");
    const Py_ssize_t bytes = size ? PyLong_AsSsize_t(size) : -1;
    Py_XDECREF(size);
    return bytes;
}

static bool are_items_of(PyObject *sequence, PyObject *const *items)
{
    for (Py_ssize_t i = 0; i < TRIED; i++)
        if (items[i] != item_of(sequence, i))
            return false;
    return true;
}

/* A list has two words of its own. If one tells for how many items there is room, the other one is their
 * address. */
static bool is_list_as_ever(PyObject *list)
{
    const ListInside *found = (const ListInside *)list;
    return basic_size(&PyList_Type) == (Py_ssize_t)sizeof *found && found->room == TRIED &&
           are_items_of(list, found->items);
}

/* The items of a tuple come last. */
static size_t start_of_items(PyObject *tuple)
{
    const Py_ssize_t start = basic_size(&PyTuple_Type);
    const bool found = start > 0 && are_items_of(tuple, (PyObject **)((char *)tuple + start));
    return found ? (size_t)start : 0;
}

static PyObject *make_list(void)
{
    PyObject *list = PyList_New(TRIED);
    for (Py_ssize_t i = 0; list && i < TRIED; i++) {
        PyObject *item = PyLong_FromSsize_t(i);
        if (!item || PyList_SetItem(list, i, item) < 0)
            Py_CLEAR(list);
    }
    return list;
}

bool look_inside(bool look)
{
    PyObject *list = make_list();
    PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
    inside = (Inside){0};
    if (tuple && look) {
        inside.list = is_list_as_ever(list);
        inside.tuple = start_of_items(tuple);
    }
    Py_XDECREF(list);
    Py_XDECREF(tuple);
    return !PyErr_Occurred();
}
