/* Slots from Python's objects to the numbers that the columns of a program have, as far as they are
 * plain: a list or tuple of an opcode and of integers in range or the keys of compares, or a comment
 * of integers and texts.
 *
 * The code of the objects that are read is run at one place, the `__index__` of what is no int where
 * that counts as one. But copying a key may set off the garbage collector, and that may run anything
 * too. So what is read from is held meanwhile, and a list may be shorter than it was.
 */
#include "plain.h"

#include <string.h>

enum { BUCKETS = 2 * MOST_OPCODES, RECENT = 128 };

/* Integers of which Python has just one object each, and room for them to be found by address. */
enum { LEAST_SHARED = -5, GREATEST_SHARED = 256, SHARED = 512, INTEGER_SIZE = 32 };

/* What an operand is if it is no integer, or one that is added to the others; machine/encode_fast.py
 * has the same. */
enum { KEY = -1, KEYS = -2, OFFSET = -3, ANYTHING = -4 };

typedef struct {
    PyObject *text; /* which most programs have too, so that the letters need not be compared */
    char letters[LONGEST_NAME + 1];
    Py_ssize_t length;
} Name;

typedef struct {
    Name name;
    Py_ssize_t most_slots;
} EngineRow;

typedef struct {
    Name name;
    int engine;
    uint8_t code;
    Py_ssize_t arity;
    Py_ssize_t offset;              /* which operand is one, or -1 */
    int64_t greatest[MAX_OPERANDS]; /* value of each operand, or what it is instead */
    int64_t least[MAX_OPERANDS];    /* value of each; an immediate may be negative, */
    uint64_t span[MAX_OPERANDS];    /* and how far from it the greatest is */
} SlotRow;

static struct {
    int engine_count, slot_count;
    EngineRow engines[MOST_ENGINES];
    SlotRow slots[1 + MOST_OPCODES]; /* the first is none */
    uint16_t buckets[BUCKETS];       /* numbers of slots, hashed by engine and name */
    struct {
        PyObject *name;
        const SlotRow *row;
    } recent[RECENT]; /* by engine and address of the name, which is held */
    struct {
        PyObject *object;
        int64_t value;
    } shared[SHARED];                /* integers by address, which are held */
    const SlotRow *comment;          /* what a name is that no other slot of its engine has */
    PyObject *mapping;               /* a type whose instances are read as the dicts that they are */
} plain;

/* Borrowed letters of a text; NULL for anything else. */
static const char *letters_of(PyObject *text, Py_ssize_t *length)
{
    const char *letters =
        PyUnicode_CheckExact(text) ? PyUnicode_AsUTF8AndSize(text, length) : NULL;
    if (!letters)
        PyErr_Clear(); /* lone surrogates; whoever goes on says so */
    return letters;
}

static bool is_called(const Name *name, const char *letters, Py_ssize_t length)
{
    return name->length == length && memcmp(name->letters, letters, (size_t)length) == 0;
}

int find_engine(PyObject *name)
{
    Py_ssize_t length;
    for (int engine = 0; engine < plain.engine_count; engine++)
        if (plain.engines[engine].name.text == name)
            return engine;
    const char *letters = letters_of(name, &length);
    for (int engine = 0; letters && engine < plain.engine_count; engine++)
        if (is_called(&plain.engines[engine].name, letters, length))
            return engine;
    return -1;
}

bool is_engine(PyObject *name, int engine)
{
    return engine < plain.engine_count &&
           (plain.engines[engine].name.text == name || find_engine(name) == engine);
}

/* The bucket of a slot, or the empty one where it would have to be. */
static uint16_t *find_bucket(int engine, const char *letters, Py_ssize_t length)
{
    uint32_t hash = (uint32_t)engine;
    for (Py_ssize_t i = 0; i < length; i++)
        hash = 31 * hash + (unsigned char)letters[i];
    uint16_t *bucket;
    const SlotRow *row;
    do {
        bucket = &plain.buckets[hash++ % BUCKETS];
        row = &plain.slots[*bucket];
    } while (*bucket && (row->engine != engine || !is_called(&row->name, letters, length)));
    return bucket;
}

static const SlotRow *find_slot(int engine, PyObject *name)
{
    const size_t place = ((uintptr_t)name / 16 + 31 * (size_t)engine) % RECENT;
    const SlotRow *row = plain.recent[place].row;
    if (plain.recent[place].name == name && row->engine == engine)
        return row;
    Py_ssize_t length;
    const char *letters = letters_of(name, &length);
    const int number = letters ? *find_bucket(engine, letters, length) : 0;
    if (!number)
        return letters && plain.comment && plain.comment->engine == engine ? plain.comment : NULL;
    row = &plain.slots[number];
    Py_XDECREF(plain.recent[place].name);
    plain.recent[place].name = Py_NewRef(name);
    plain.recent[place].row = row;
    return row;
}

static bool fits(bool does)
{
    if (!does)
        PyErr_SetString(PyExc_ValueError, "this does not fit into the encoder's tables");
    return does;
}

static bool copy_name(PyObject *text, Name *name)
{
    const char *letters = letters_of(text, &name->length);
    if (!fits(letters && name->length <= LONGEST_NAME))
        return false;
    memcpy(name->letters, letters, (size_t)name->length);
    name->text = text;
    return true;
}

static bool adopt_engine(PyObject *given)
{
    EngineRow row;
    PyObject *name;
    if (!PyArg_ParseTuple(given, "On", &name, &row.most_slots) || !copy_name(name, &row.name) ||
        !fits(plain.engine_count < MOST_ENGINES))
        return false;
    Py_INCREF(row.name.text);
    plain.engines[plain.engine_count++] = row;
    return true;
}

static bool adopt_slot(PyObject *given)
{
    SlotRow row;
    PyObject *name, *greatest;
    if (!PyArg_ParseTuple(given, "iObO!", &row.engine, &name, &row.code, &PyTuple_Type,
                          &greatest) ||
        !copy_name(name, &row.name))
        return false;
    row.arity = PyTuple_Size(greatest);
    row.offset = -1;
    bool immediate = false;
    int payloads = 0;
    for (Py_ssize_t i = 0; i < row.arity && i < MAX_OPERANDS; i++) {
        row.greatest[i] = PyLong_AsLongLong(PyTuple_GetItem(greatest, i));
        row.least[i] = row.greatest[i] == INT64_MAX ? -INT64_MAX : 0;
        row.span[i] = (uint64_t)row.greatest[i] - (uint64_t)row.least[i];
        immediate = immediate || row.least[i];
        payloads += row.greatest[i] < 0 && row.greatest[i] != OFFSET;
        if (row.greatest[i] == OFFSET)
            row.offset = i;
    }
    if (PyErr_Occurred() || !fits(row.arity <= MAX_OPERANDS && plain.slot_count < MOST_OPCODES &&
                                  payloads <= 1 && !(immediate && row.offset >= 0)))
        return false;
    plain.slots[++plain.slot_count] = row;
    if (row.arity && row.greatest[0] == ANYTHING)
        plain.comment = &plain.slots[plain.slot_count];
    *find_bucket(row.engine, row.name.letters, row.name.length) = (uint16_t)plain.slot_count;
    return true;
}

static bool adopt_each(PyObject *rows, bool (*adopt)(PyObject *row))
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(rows); i++) {
        PyObject *row = PyTuple_GetItem(rows, i);
        if (!fits(PyTuple_Check(row)) || !adopt(row))
            return false;
    }
    return true;
}

static size_t shared_place(const PyObject *integer)
{
    return (uintptr_t)integer / INTEGER_SIZE % SHARED;
}

static bool share_integers(void)
{
    for (long value = LEAST_SHARED; value <= GREATEST_SHARED; value++) {
        PyObject *integer = PyLong_FromLong(value);
        if (!integer)
            return false;
        const size_t place = shared_place(integer);
        Py_XDECREF(plain.shared[place].object);
        plain.shared[place].object = integer;
        plain.shared[place].value = value;
    }
    return true;
}

PyObject *adopt_plain(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *engines, *slots, *mapping;
    if (!PyArg_ParseTuple(arguments, "O!O!O!", &PyTuple_Type, &engines, &PyTuple_Type, &slots,
                          &PyType_Type, &mapping))
        return NULL;
    Py_XDECREF(plain.mapping);
    for (int engine = 0; engine < plain.engine_count; engine++)
        Py_DECREF(plain.engines[engine].name.text);
    for (int place = 0; place < RECENT; place++)
        Py_XDECREF(plain.recent[place].name);
    for (int place = 0; place < SHARED; place++)
        Py_XDECREF(plain.shared[place].object);
    memset(&plain, 0, sizeof plain);
    plain.mapping = Py_NewRef(mapping);
    if (!share_integers() || !adopt_each(engines, adopt_engine) || !adopt_each(slots, adopt_slot))
        return NULL;
    Py_RETURN_NONE;
}

Py_ssize_t most_slots_of(int engine)
{
    return plain.engines[engine].most_slots;
}

bool is_mapping(PyObject *bundle)
{
    return PyDict_CheckExact(bundle) || (PyObject *)Py_TYPE(bundle) == plain.mapping;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* A key as machine/encode.py stores it: lists, also nested ones, become tuples. The key itself where
 * nobody can change it; NULL for what is no plain key, or with an exception set. */
static PyObject *copy_key(PyObject *key, int lists, bool indices)
{
    if (is_atom(key) || is_frozen(key, MOST_LISTS))
        return Py_NewRef(key);
    const Py_ssize_t length = lists ? length_of(key) : -1;
    if (length < 0)
        return integer_of(key, indices);
    Py_INCREF(key);
    PyObject *copy = PyTuple_New(length);
    for (Py_ssize_t i = 0; copy && i < length; i++) {
        PyObject *part = i < length_still(key) ? copy_key(item_of(key, i), lists - 1, indices) : NULL;
        if (!part || PyTuple_SetItem(copy, i, part) < 0)
            Py_CLEAR(copy);
    }
    Py_DECREF(key);
    return copy;
}

/* The number that an integer is, if it is not too large. */
static inline bool read_integer(PyObject *given, int64_t *number)
{
    const size_t place = shared_place(given);
    if (plain.shared[place].object == given) {
        *number = plain.shared[place].value;
        return true;
    }
    int overflow = 1;
    if (PyLong_CheckExact(given))
        *number = PyLong_AsLongLongAndOverflow(given, &overflow);
    return !overflow;
}

/* The number that anything else counts as. */
static bool read_index(PyObject *given, bool indices, int64_t *number)
{
    PyObject *integer = PyLong_CheckExact(given) ? NULL : integer_of(given, indices);
    const bool done = integer && read_integer(integer, number);
    Py_XDECREF(integer);
    return done;
}

/* An offset beyond this is left to machine/encode.py, which sums without bounds. */
enum { MOST_OFFSET = 1 << 30 };

typedef PyObject *(*Getter)(PyObject *sequence, Py_ssize_t index);

/* What is to be read as a number, unless that may run somebody's code and none is to be run. */
static inline bool read_number(PyObject *given, Reading reading, int64_t *number, bool *for_good)
{
    if (read_integer(given, number))
        return true;
    *for_good = false;
    return reading != QUIETLY && read_index(given, reading == WITH_INDICES, number);
}

/* And as a key, or a comment: see copy_key. */
static inline PyObject *read_key(PyObject *given, int lists, Reading reading)
{
    if (is_atom(given) || is_frozen(given, MOST_LISTS))
        return Py_NewRef(given);
    return reading == QUIETLY ? NULL : copy_key(given, lists, reading == WITH_INDICES);
}

static inline bool read_operands(const SlotRow *row, PyObject *slot, Getter item, Reading reading,
                                 ReadSlot *read)
{
    int64_t offset = 0;
    if (row->offset >= 0 && (!read_number(item(slot, 1 + row->offset), reading, &offset,
                                          &read->for_good) ||
                             offset < -MOST_OFFSET || offset > MOST_OFFSET))
        return false;
    for (Py_ssize_t i = 0; i < row->arity; i++) {
        PyObject *given = item(slot, 1 + i);
        const int64_t greatest = row->greatest[i];
        if (!given) { /* the list became shorter meanwhile */
            PyErr_Clear();
            return false;
        }
        if (greatest >= 0) {
            int64_t *number = &read->operands[i];
            if (!read_number(given, reading, number, &read->for_good) ||
                (uint64_t)*number + (uint64_t)offset - (uint64_t)row->least[i] > row->span[i])
                return false;
        } else if (greatest == OFFSET) {
            read->operands[i] = offset;
        } else {
            if (greatest == KEYS && length_of(given) != VLEN)
                return false;
            read->payload_at = (int)i;
            read->payload = read_key(given, MOST_LISTS, reading);
            if (!read->payload)
                return false;
            read->for_good = read->for_good && read->payload == given;
        }
    }
    return true;
}

/* A comment of integers and texts, all of which is its payload. */
static bool read_comment(PyObject *slot, Getter item, Reading reading, ReadSlot *read)
{
    const Py_ssize_t length = Py_SIZE(slot);
    for (Py_ssize_t i = 0; i < length; i++)
        if (!is_atom(item(slot, i)))
            return false;
    read->payload_at = 0;
    read->payload = read_key(slot, 1, reading == WITH_INDICES ? WITHOUT_INDICES : reading);
    read->for_good = read->payload == slot;
    return read->payload;
}

static inline bool read_parts(int engine, PyObject *slot, Py_ssize_t length, Getter item,
                              Reading reading, ReadSlot *read)
{
    const SlotRow *row = length > 0 ? find_slot(engine, item(slot, 0)) : NULL;
    if (!row)
        return false;
    *read = (ReadSlot){.code = row->code, .for_good = PyTuple_CheckExact(slot)};
    if (row == plain.comment         ? read_comment(slot, item, reading, read)
        : length == row->arity + 1 && read_operands(row, slot, item, reading, read))
        return true;
    Py_CLEAR(read->payload);
    return false;
}

/* Twice each, so that items are got without asking again of what. */

bool read_slot(int engine, PyObject *slot, Reading reading, ReadSlot *read)
{
    const Py_ssize_t length = length_of(slot);
    return is_list(slot) ? read_parts(engine, slot, length, PyList_GetItem, reading, read)
                         : read_parts(engine, slot, length, PyTuple_GetItem, reading, read);
}

bool read_quietly(int engine, PyObject *slot, ReadSlot *read)
{
    if (PyTuple_CheckExact(slot))
        return read_parts(engine, slot, Py_SIZE(slot), PyTuple_GetItem, QUIETLY, read);
    return PyList_CheckExact(slot) &&
           read_parts(engine, slot, Py_SIZE(slot), PyList_GetItem, QUIETLY, read);
}
