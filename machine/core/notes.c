/* What a program file says about its slots, looked over without being read.
 *
 * Only the plainest JSON passes, which is what this project writes: a list of objects, texts and
 * integers in ASCII, no escapes, nothing within an object but texts, integers, true, false and null,
 * no key twice. Anything else may well be right too; it is left to a reader that can say so.
 */
#include "module.h"

#include <string.h>

enum { MOST_KEYS = 16, MOST_DIGITS = 18 };

typedef struct {
    const char *at, *end;
} Text;

static inline bool is_space(char sign)
{
    return sign == ' ' || sign == '\n' || sign == '\r' || sign == '\t';
}

static inline void pass_spaces(Text *text)
{
    while (text->at < text->end && is_space(*text->at))
        text->at++;
}

/* Whether a sign is next, spaces aside; it is passed. */
static bool pass(Text *text, char sign)
{
    pass_spaces(text);
    if (text->at == text->end || *text->at != sign)
        return false;
    text->at++;
    return true;
}

static bool pass_word(Text *text, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

static bool pass_integer(Text *text)
{
    pass_word(text, "-");
    const char *first = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at++;
    const ptrdiff_t digits = text->at - first;
    return digits > 0 && digits <= MOST_DIGITS && (digits == 1 || *first != '0');
}

/* A string, and what is between its quotes. */
static bool pass_string(Text *text, Text *string)
{
    if (!pass(text, '"'))
        return false;
    string->at = text->at;
    while (text->at < text->end && *text->at >= ' ' && *text->at < 127 && *text->at != '"' &&
           *text->at != '\\')
        text->at++;
    string->end = text->at;
    return pass_word(text, "\"");
}

static bool pass_value(Text *text)
{
    Text string;
    pass_spaces(text);
    if (text->at == text->end)
        return false;
    switch (*text->at) {
    case '"':
        return pass_string(text, &string);
    case 't':
        return pass_word(text, "true");
    case 'f':
        return pass_word(text, "false");
    case 'n':
        return pass_word(text, "null");
    default:
        return pass_integer(text);
    }
}

static bool is_same(const Text *one, const Text *other)
{
    const size_t length = (size_t)(one->end - one->at);
    return length == (size_t)(other->end - other->at) && memcmp(one->at, other->at, length) == 0;
}

static bool pass_object(Text *text)
{
    Text keys[MOST_KEYS];
    int count = 0;
    if (!pass(text, '{'))
        return false;
    if (pass(text, '}'))
        return true;
    do {
        if (count == MOST_KEYS || !pass_string(text, &keys[count]) || !pass(text, ':') ||
            !pass_value(text))
            return false;
        for (int i = 0; i < count; i++)
            if (is_same(&keys[i], &keys[count]))
                return false;
        count++;
    } while (pass(text, ','));
    return pass(text, '}');
}

static bool pass_item(Text *text)
{
    pass_spaces(text);
    return text->at < text->end && *text->at == '{' ? pass_object(text) : pass_value(text);
}

/* How many items a list has that is all of a text; -1 for anything else. Where each n-th of them
 * starts is written down, as far as there is room. */
static Py_ssize_t count_items(Text *text, Py_ssize_t each, uint64_t *starts, Py_ssize_t room)
{
    const char *first = text->at;
    Py_ssize_t count = 0;
    if (!pass(text, '['))
        return -1;
    if (!pass(text, ']')) {
        do {
            pass_spaces(text);
            if (count % each == 0 && count / each < room)
                starts[count / each] = (uint64_t)(text->at - first);
            if (!pass_item(text))
                return -1;
            count++;
        } while (pass(text, ','));
        if (!pass(text, ']'))
            return -1;
    }
    pass_spaces(text);
    return text->at == text->end ? count : -1;
}

/* find_plain(data, each) -> how many items the list in JSON has, and where each n-th of them starts
 * as 64-bit integers; None if it is no plain one. */
static PyObject *find_plain(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *data;
    Py_buffer view;
    Py_ssize_t each;
    if (!PyArg_ParseTuple(args, "On:find_plain", &data, &each))
        return NULL;
    if (each < 1)
        return PyErr_Format(PyExc_ValueError, "each must be at least 1");
    if (!take_buffer(data, &view, 1, false))
        return NULL;
    /* An item takes two characters at least, with its comma. */
    const Py_ssize_t room = view.len / 2 / each + 1;
    uint64_t *starts = PyMem_New(uint64_t, room);
    PyObject *found = NULL;
    if (!starts) {
        PyErr_NoMemory();
    } else {
        Text text = {view.buf, (const char *)view.buf + view.len};
        const Py_ssize_t count = count_items(&text, each, starts, room);
        const Py_ssize_t pieces = (count + each - 1) / each;
        found = count < 0
                    ? Py_NewRef(Py_None)
                    : Py_BuildValue("ny#", count, (char *)starts, pieces * (Py_ssize_t)sizeof *starts);
    }
    PyMem_Free(starts);
    PyBuffer_Release(&view);
    return found;
}

PyMethodDef notes_methods[] = {
    {"find_plain", find_plain, METH_VARARGS,
     "find_plain(data, each) -> items of a plain list in JSON, and where each n-th starts"},
    {0},
};
