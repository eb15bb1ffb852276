/* The Python type of an engine: parses, guards, releases the lock in long runs. */
#include "module.h"
#include "trap.h"

#include <string.h>
#include <structmember.h>

enum { SHORT_RUN = 2048 }; /* bundles for which giving the lock away does not pay */

typedef struct {
    PyObject_HEAD
    Engine engine;
    PyObject *lowered;
    const Program *program; /* that of `lowered` */
    Py_buffer scratch, memory, flags, visits, memory_flags, expected;
    PyObject *traps; /* the tuple whose bytes the engine's traps look at */
    bool running;    /* some thread is in the engine, without the lock */
} Machine;

static bool ready(Machine *self)
{
    if (self->running)
        PyErr_SetString(PyExc_RuntimeError, "the machine is running in another thread");
    else if (!self->program)
        PyErr_SetString(PyExc_RuntimeError, "the machine was not made");
    else
        return true;
    return false;
}

/* --- making and unmaking ------------------------------------------------------------------------ */

static bool take_state(Machine *self, PyObject *scratch, PyObject *memory, PyObject *flags,
                       PyObject *visits)
{
    if (!take_buffer(scratch, &self->scratch, sizeof(uint32_t), true) ||
        !take_buffer(memory, &self->memory, sizeof(uint32_t), true) ||
        !take_buffer(flags, &self->flags, 1, false) ||
        (visits != Py_None && !take_buffer(visits, &self->visits, sizeof(uint64_t), true)))
        return false;
    self->engine.scratch = self->scratch.buf;
    self->engine.memory = self->memory.buf;
    self->engine.memory_words = self->memory.len / (Py_ssize_t)sizeof(uint32_t);
    self->engine.flags = self->flags.buf;
    self->engine.visits = self->visits.buf;
    const Py_ssize_t length = (Py_ssize_t)self->program->length;
    if (self->scratch.len == SCRATCH_WORDS * sizeof(uint32_t) && self->flags.len == length &&
        (visits == Py_None || self->visits.len == length * (Py_ssize_t)sizeof(uint64_t)))
        return true;
    PyErr_SetString(PyExc_ValueError, "scratch, flags or visits are of the wrong length");
    return false;
}

/* Machine(lowered, scratch, memory, flags, visits, long_log); visits may be None. */
static PyObject *machine_new(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(named))
{
    PyObject *lowered, *scratch, *memory, *flags, *visits;
    int long_log;
    if (!PyArg_ParseTuple(arguments, "OOOOOp", &lowered, &scratch, &memory, &flags, &visits,
                          &long_log))
        return NULL;
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Machine *self = (Machine *)allocate(type, 0);
    if (!self)
        return NULL;
    self->program = lowered_program(lowered);
    self->lowered = Py_NewRef(lowered);
    if (self->program && take_state(self, scratch, memory, flags, visits)) {
        if (engine_init(&self->engine, self->program, long_log))
            return (PyObject *)self;
        PyErr_NoMemory();
    }
    Py_DECREF(self);
    return NULL;
}

static void drop_traps(Machine *self)
{
    Engine *engine = &self->engine;
    while (engine->trap_count)
        PyMem_Free(engine->traps[--engine->trap_count].code);
    PyMem_Free(engine->traps);
    engine->traps = NULL;
    Py_CLEAR(self->traps);
}

static void machine_dealloc(PyObject *object)
{
    Machine *self = (Machine *)object;
    PyTypeObject *type = Py_TYPE(object);
    drop_traps(self);
    engine_free(&self->engine);
    Py_XDECREF(self->lowered);
    PyBuffer_Release(&self->scratch);
    PyBuffer_Release(&self->memory);
    PyBuffer_Release(&self->flags);
    PyBuffer_Release(&self->visits);
    PyBuffer_Release(&self->memory_flags);
    PyBuffer_Release(&self->expected);
    freefunc release = (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* --- running ------------------------------------------------------------------------------------ */

static Reason run(Machine *self, Limits limits)
{
    if (limits.budget <= SHORT_RUN)
        return engine_run(&self->engine, limits);
    Reason reason;
    self->running = true;
    Py_BEGIN_ALLOW_THREADS
    reason = engine_run(&self->engine, limits);
    Py_END_ALLOW_THREADS
    self->running = false;
    return reason;
}

static PyObject *machine_advance(PyObject *object, PyObject *arguments)
{
    Machine *self = (Machine *)object;
    long long budget, max_cycles;
    int check_first, heed;
    if (!PyArg_ParseTuple(arguments, "LLpp", &budget, &max_cycles, &check_first, &heed) ||
        !ready(self))
        return NULL;
    const Limits limits = {
        .budget = budget, .max_cycles = max_cycles, .heed_stops = heed, .check_first = check_first,
    };
    const Reason reason = run(self, limits);
    return reason == STOP_NO_MEMORY ? PyErr_NoMemory() : PyLong_FromLong(reason);
}

/* --- back --------------------------------------------------------------------------------------- */

static PyObject *machine_take_back(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    const long long bundles = PyLong_AsLongLong(argument);
    long long taken = 0;
    if ((bundles == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    while (taken < bundles && engine_take_back(&self->engine))
        taken++;
    return PyLong_FromLongLong(taken);
}

static PyObject *machine_forget(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    if (!ready(self))
        return NULL;
    engine_forget_log(&self->engine);
    Py_RETURN_NONE;
}

/* Appends (address, word) for each of some consecutive words; false with an exception set. */
static bool append_words(PyObject *list, int64_t address, const uint32_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        PyObject *pair = Py_BuildValue("(LI)", (long long)(address + i), words[i]);
        const int appended = pair ? PyList_Append(list, pair) : -1;
        Py_XDECREF(pair);
        if (appended < 0)
            return false;
    }
    return true;
}

static bool append_record(const Program *program, const Bundle *bundle, const uint32_t *words,
                          PyObject *scratch, PyObject *memory)
{
    for (uint32_t i = bundle->store; i < bundle[1].store; i++) {
        if (!append_words(memory, words[0], words + 1, program->store_lanes[i]))
            return false;
        words += 1 + program->store_lanes[i];
    }
    for (uint32_t i = bundle->write; i < bundle[1].write; i++) {
        const ScratchWrite write = program->writes[i];
        if (!append_words(scratch, write.address, words, write.width))
            return false;
        words += write.width;
    }
    return true;
}

/* What the last bundle overwrote, oldest first: (pc, cost, scratch, memory, words traced). */
static PyObject *machine_last(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    const Bundle *bundle;
    if (!ready(self))
        return NULL;
    const uint32_t *record = engine_last_record(&self->engine, &bundle);
    if (!record)
        Py_RETURN_NONE;
    PyObject *scratch = PyList_New(0), *memory = PyList_New(0), *last = NULL;
    if (scratch && memory && append_record(self->program, bundle, record, scratch, memory))
        last = Py_BuildValue("(niOOi)", (Py_ssize_t)(bundle - self->program->bundles), bundle->cost,
                             scratch, memory, bundle->traced);
    Py_XDECREF(scratch);
    Py_XDECREF(memory);
    return last;
}

/* The whole state: a Saved, and its words. */
static PyObject *machine_save(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    if (!ready(self))
        return NULL;
    const size_t words = engine_state_words(&self->engine) * sizeof(uint32_t);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(sizeof(Saved) + words));
    if (bytes) {
        char *start = PyBytes_AsString(bytes);
        const Saved saved = engine_save(&self->engine, (uint32_t *)(start + sizeof saved));
        memcpy(start, &saved, sizeof saved);
    }
    return bytes;
}

static PyObject *machine_load(PyObject *object, PyObject *bytes)
{
    Machine *self = (Machine *)object;
    char *start;
    Py_ssize_t length;
    Saved saved;
    if (!ready(self) || PyBytes_AsStringAndSize(bytes, &start, &length) < 0)
        return NULL;
    if ((size_t)length == sizeof saved + engine_state_words(&self->engine) * sizeof(uint32_t)) {
        memcpy(&saved, start, sizeof saved);
        if (engine_load(&self->engine, saved, (const uint32_t *)(start + sizeof saved)))
            Py_RETURN_NONE;
    }
    PyErr_SetString(PyExc_ValueError, "no machine can be in this state");
    return NULL;
}

/* --- the state, and what is asked for ----------------------------------------------------------- */

/* become(pc, cycle, position, status, trace): scratch and memory are set already. */
static PyObject *machine_become(PyObject *object, PyObject *arguments)
{
    Machine *self = (Machine *)object;
    long long pc, cycle, position;
    int status;
    PyObject *words;
    Py_buffer trace;
    if (!PyArg_ParseTuple(arguments, "LLLiO", &pc, &cycle, &position, &status, &words) ||
        !ready(self))
        return NULL;
    if (pc < 0 || cycle < 0 || position < 0 || status < RUNNING || status > STOPPED) {
        PyErr_SetString(PyExc_ValueError, "no machine can be in this state");
        return NULL;
    }
    if (!take_buffer(words, &trace, sizeof(uint32_t), false))
        return NULL;
    const bool done = engine_set_trace(&self->engine, trace.buf, trace.len / 4);
    PyBuffer_Release(&trace);
    if (!done)
        return PyErr_NoMemory();
    self->engine.pc = pc;
    self->engine.cycle = cycle;
    self->engine.position = position;
    self->engine.status = (Status)status;
    engine_forget_log(&self->engine);
    Py_RETURN_NONE;
}

static PyObject *machine_set_pc(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    const long long pc = PyLong_AsLongLong(argument);
    if ((pc == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (pc < 0) {
        PyErr_SetString(PyExc_ValueError, "pc is never negative");
        return NULL;
    }
    self->engine.pc = pc;
    if (self->engine.status == STOPPED)
        self->engine.status = RUNNING;
    Py_RETURN_NONE;
}

static PyObject *machine_pass_pause(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    if (!ready(self))
        return NULL;
    if (self->engine.status == PAUSED)
        self->engine.status = RUNNING;
    Py_RETURN_NONE;
}

/* Take a buffer of `count` items in place of another; None for none. */
static bool replace_buffer(Machine *self, PyObject *object, Py_buffer *view, size_t item_size,
                           int64_t count)
{
    Py_buffer taken;
    if (!ready(self))
        return false;
    memset(&taken, 0, sizeof taken);
    if (object != Py_None) {
        if (!take_buffer(object, &taken, item_size, false))
            return false;
        if (taken.len != (Py_ssize_t)(count * (int64_t)item_size)) {
            PyErr_SetString(PyExc_ValueError, "the array is of the wrong length");
            PyBuffer_Release(&taken);
            return false;
        }
    }
    PyBuffer_Release(view);
    *view = taken;
    return true;
}

/* expect(words): the expected value of each compared word, in the program's order. */
static PyObject *machine_expect(PyObject *object, PyObject *words)
{
    Machine *self = (Machine *)object;
    if (!replace_buffer(self, words, &self->expected, sizeof(int64_t), self->program->compared))
        return NULL;
    self->engine.expected = self->expected.buf;
    Py_RETURN_NONE;
}

static PyObject *machine_watch(PyObject *object, PyObject *flags)
{
    Machine *self = (Machine *)object;
    if (!replace_buffer(self, flags, &self->memory_flags, 1, self->engine.memory_words))
        return NULL;
    self->engine.memory_flags = self->memory_flags.buf;
    Py_RETURN_NONE;
}

/* A trap of (flags, after, needs, start, stop, code); false with an exception set. */
static bool take_trap(const Engine *engine, PyObject *row, Trap *trap)
{
    const char *flags, *code;
    Py_ssize_t pcs, bytes;
    int after;
    if (!PyTuple_Check(row)) {
        PyErr_SetString(PyExc_TypeError, "a trap is a tuple");
        return false;
    }
    if (!PyArg_ParseTuple(row, "y#pIIIy#", &flags, &pcs, &after, &trap->needs, &trap->start,
                          &trap->stop, &code, &bytes))
        return false;
    trap->flags = pcs ? (const uint8_t *)flags : NULL;
    trap->after = after;
    trap->length = (size_t)bytes / sizeof *trap->code;
    trap->code = PyMem_Malloc((size_t)bytes + 1);
    if (!trap->code) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(trap->code, code, (size_t)bytes);
    if ((!pcs || pcs == (Py_ssize_t)engine->program->length) && trap_verify(engine, trap))
        return true;
    PyMem_Free(trap->code);
    PyErr_SetString(PyExc_ValueError, "this trap cannot be looked for");
    return false;
}

/* trap(rows): what a flag has to be to stop a run; none, and each one does. */
static PyObject *machine_trap(PyObject *object, PyObject *rows)
{
    Machine *self = (Machine *)object;
    Engine *engine = &self->engine;
    if (!ready(self))
        return NULL;
    drop_traps(self);
    self->traps = PySequence_Tuple(rows);
    const Py_ssize_t count = self->traps ? PyTuple_Size(self->traps) : -1;
    if (count < 0)
        return NULL;
    engine->traps = PyMem_Calloc((size_t)count + 1, sizeof *engine->traps);
    if (!engine->traps)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *row = PyTuple_GetItem(self->traps, i);
        if (!row || !take_trap(engine, row, &engine->traps[i])) {
            drop_traps(self);
            return NULL;
        }
        engine->trap_count++;
    }
    Py_RETURN_NONE;
}

/* --- what can be read --------------------------------------------------------------------------- */

static PyObject *get_fault(PyObject *object, void *Py_UNUSED(closure))
{
    const Fault *fault = &((Machine *)object)->engine.fault;
    return Py_BuildValue("(iIiiL)", fault->kind, fault->slot, fault->lane, fault->operand,
                         (long long)fault->value);
}

static PyObject *get_trace(PyObject *object, void *Py_UNUSED(closure))
{
    Machine *self = (Machine *)object;
    return PyBytes_FromStringAndSize((const char *)self->engine.trace,
                                     (Py_ssize_t)self->engine.trace_length * 4);
}

static PyObject *get_status(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(((Machine *)object)->engine.status);
}

static PyObject *get_log_bytes(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromSize_t(((Machine *)object)->engine.log_used * sizeof(uint32_t));
}

static PyObject *get_saved_bytes(PyObject *object, void *Py_UNUSED(closure))
{
    const size_t words = engine_state_words(&((Machine *)object)->engine);
    return PyLong_FromSize_t(sizeof(Saved) + words * sizeof(uint32_t));
}

static PyGetSetDef machine_getset[] = {
    {"fault", get_fault, NULL, "(kind, slot number, lane or -1, operand, value)", NULL},
    {"trace_bytes", get_trace, NULL, "The words of the trace buffer.", NULL},
    {"status", get_status, NULL, "0 running, 1 paused, 2 stopped", NULL},
    {"log_bytes", get_log_bytes, NULL, "Bytes of the log in use.", NULL},
    {"saved_bytes", get_saved_bytes, NULL, "Bytes that a saved state takes.", NULL},
    {0},
};

#define AT(member) ((Py_ssize_t)offsetof(Machine, engine.member))
static PyMemberDef machine_members[] = {
    {"raw_pc", T_LONGLONG, AT(pc), READONLY, NULL},
    {"cycle", T_LONGLONG, AT(cycle), READONLY, NULL},
    {"position", T_LONGLONG, AT(position), READONLY, NULL},
    {"debug", T_BOOL, AT(debug), 0, NULL},
    {"pauses", T_BOOL, AT(pauses), 0, NULL},
    {0},
};

static PyMethodDef machine_methods[] = {
    {"advance", machine_advance, METH_VARARGS,
     "advance(budget, max_cycles, check_first, heed) -> reason"},
    {"take_back", machine_take_back, METH_O, "take_back(bundles) -> how many the log had"},
    {"last", machine_last, METH_NOARGS, "(pc, cost, scratch, memory, traced) overwritten, or None"},
    {"forget", machine_forget, METH_NOARGS, "Have nothing that can be taken back."},
    {"save", machine_save, METH_NOARGS, "The whole state, for load."},
    {"load", machine_load, METH_O, "Become what was saved; forgets what could be taken back."},
    {"become", machine_become, METH_VARARGS, "become(pc, cycle, position, status, trace)"},
    {"set_pc", machine_set_pc, METH_O, "Go on at another bundle; a halted machine runs again."},
    {"pass_pause", machine_pass_pause, METH_NOARGS, "Stand at a pause no longer."},
    {"expect", machine_expect, METH_O, "The expected value of each compared word, or None."},
    {"watch", machine_watch, METH_O, "A byte of flags for each word of memory, or None."},
    {"trap", machine_trap, METH_O, "What a flag has to be to stop a run; none: each does."},
    {0},
};

static PyType_Slot machine_type_slots[] = {
    {Py_tp_new, (void *)(uintptr_t)machine_new},
    {Py_tp_dealloc, (void *)(uintptr_t)machine_dealloc},
    {Py_tp_methods, machine_methods},
    {Py_tp_getset, machine_getset},
    {Py_tp_members, machine_members},
    {Py_tp_doc, (void *)(uintptr_t) "A program on the compiled engine."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "machine._core.Machine",
    .basicsize = sizeof(Machine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = machine_type_slots,
};

static PyTypeObject *machine_type; /* for as long as the process lasts */

PyTypeObject *make_machine_type(PyObject *module)
{
    machine_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return machine_type;
}

const Program *program_of(PyObject *machine)
{
    if (!PyObject_TypeCheck(machine, machine_type))
        PyErr_SetString(PyExc_TypeError, "this is no machine");
    else if (!((Machine *)machine)->program)
        PyErr_SetString(PyExc_RuntimeError, "the machine was not made");
    else
        return ((Machine *)machine)->program;
    return NULL;
}
