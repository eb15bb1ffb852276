/* Slots that are plain, from Python's objects to the numbers that columns have of them. */
#ifndef VLIWDBG_PLAIN_H
#define VLIWDBG_PLAIN_H

#include "objects.h"

/* The columns of a program, in the order in which Python gives them. */
enum {
    FIRST_GROUP,
    GROUP_ENGINE,
    FIRST_SLOT,
    OPCODES,
    OPERANDS,
    COLUMNS = OPERANDS + MAX_OPERANDS
};

/* What columns have of a slot. */
typedef struct {
    uint8_t code;
    bool for_good;     /* nobody can change the slot: it is a tuple of integers and the like */
    int payload_at;    /* the operand that is the index of the payload, */
    PyObject *payload; /* which who reads a slot owns; NULL where it has none */
    int64_t operands[MAX_OPERANDS];
} ReadSlot;

/* What counts as an integer: what is one, or also whatever has an `__index__`. To read quietly is to
 * run nobody's code, and so to read nothing that would have to. */
typedef enum { QUIETLY, WITHOUT_INDICES, WITH_INDICES } Reading;

/* Read a slot, which the caller holds; false for what is not plain, or with an exception set. It is
 * read as it stands before anybody's code is run. */
bool read_slot(int engine, PyObject *slot, Reading reading, ReadSlot *read);

/* The same, quietly, of a list or tuple itself; nothing need be held. */
bool read_quietly(int engine, PyObject *slot, ReadSlot *read);

/* adopt_plain(engines, slots, mapping): the name of each engine and the most slots it takes; of each
 * slot that can be plain the engine, name, code and greatest value of each operand; the type beside
 * dict that a bundle may have. */
PyObject *adopt_plain(PyObject *module, PyObject *arguments);

/* The number of an engine; -1 for anything else. */
int find_engine(PyObject *name);

/* The very texts that programs mostly have for engines; NULL where there is none. */
extern PyObject *engine_names[UINT8_MAX + 1];

/* Whether it is the name of this engine. Of most only the address is looked at. */
static inline bool is_engine(PyObject *name, uint8_t engine)
{
    return engine_names[engine] == name || find_engine(name) == engine;
}

/* Slots that a bundle can have of each engine. */
extern Py_ssize_t most_slots[MOST_ENGINES];

/* A type beside dict whose instances are read as the dicts that they are. */
extern PyTypeObject *mapping_type;

/* Whether a bundle can be read as the dict that it is. */
static inline bool is_mapping(PyObject *bundle)
{
    return PyDict_CheckExact(bundle) || Py_TYPE(bundle) == mapping_type;
}

/* Of each slot the very tuple that it was, where nobody can change that; NULL where somebody can.
 * They are held. */
typedef struct {
    PyObject **slots;
    Py_ssize_t count, room;
} Known;

/* Have room for so many; false with an exception set. */
bool known_reserve(Known *known, Py_ssize_t slots);

static inline bool known_add(Known *known, PyObject *slot)
{
    if (known->count == known->room && !known_reserve(known, 2 * known->room + 1))
        return false;
    known->slots[known->count++] = Py_XNewRef(slot);
    return true;
}

/* Have no more than so many. */
void known_cut(Known *known, Py_ssize_t count);

/* What a `Seen` that waits for its slots has of them so far; NULL with an exception set for anything
 * else. */
Known *known_of(PyObject *seen);

#endif
