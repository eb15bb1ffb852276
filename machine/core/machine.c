/* The Python type of an engine: parses, guards, releases the lock in long runs. */
#include "module.h"

#include <string.h>
#include <structmember.h>

enum {
    CHUNK = 1 << 17,  /* bundles between looks at signals: some 20 ms of the densest */
    SHORT_RUN = 2048, /* bundles for which giving the lock away does not pay */
};

typedef struct {
    PyObject_HEAD
    Engine engine;
    PyObject *lowered;
    const Program *program; /* that of `lowered` */
    Py_buffer scratch, memory, flags, visits, memory_flags, expected;
    bool running;     /* some thread is in the engine, without the lock */
    bool interrupted; /* the next look at signals ends the run */
} Machine;

static bool ready(Machine *self)
{
    if (self->running)
        PyErr_SetString(PyExc_RuntimeError, "the machine is running in another thread");
    else if (!self->program)
        PyErr_SetString(PyExc_RuntimeError, "the machine was not made");
    else if (!engine_settle(&self->engine))
        PyErr_NoMemory();
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

/* Machine(lowered, scratch, memory, flags, visits, keeps_history); visits may be None. */
static PyObject *machine_new(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(named))
{
    PyObject *lowered, *scratch, *memory, *flags, *visits;
    int keeps_history;
    if (!PyArg_ParseTuple(arguments, "OOOOOp", &lowered, &scratch, &memory, &flags, &visits,
                          &keeps_history))
        return NULL;
    allocfunc allocate = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    Machine *self = (Machine *)allocate(type, 0);
    if (!self)
        return NULL;
    self->program = lowered_program(lowered);
    self->lowered = Py_NewRef(lowered);
    if (self->program && take_state(self, scratch, memory, flags, visits)) {
        if (engine_init(&self->engine, self->program, keeps_history))
            return (PyObject *)self;
        PyErr_NoMemory();
    }
    Py_DECREF(self);
    return NULL;
}

static void machine_dealloc(PyObject *object)
{
    Machine *self = (Machine *)object;
    PyTypeObject *type = Py_TYPE(object);
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

static Reason run_chunk(Machine *self, Limits limits)
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

/* Run as far as the limits go, in chunks with a look at signals between them. False with an
 * exception set; the machine then stands between two bundles. */
static bool run(Machine *self, Limits limits, Reason *reason)
{
    const Engine *engine = &self->engine;
    int64_t left = limits.budget;
    do {
        const int64_t before = engine->position;
        limits.budget = left < CHUNK ? left : CHUNK;
        *reason = run_chunk(self, limits);
        if (*reason == STOP_NO_MEMORY) {
            PyErr_NoMemory();
            return false;
        }
        left -= engine->position - before;
        limits.check_first = true;
        if (*reason != STOP_BUDGET || left <= 0 || engine->cycle >= limits.until_cycle)
            return true;
        if (PyErr_CheckSignals() < 0)
            return false;
    } while (!self->interrupted);
    self->interrupted = false;
    return true;
}

static PyObject *machine_advance(PyObject *object, PyObject *arguments)
{
    Machine *self = (Machine *)object;
    long long budget, max_cycles;
    int check_first;
    Reason reason;
    if (!PyArg_ParseTuple(arguments, "LLp", &budget, &max_cycles, &check_first) || !ready(self))
        return NULL;
    const Limits limits = {
        .budget = budget,
        .max_cycles = max_cycles,
        .until_cycle = INT64_MAX,
        .heed_stops = true,
        .check_first = check_first,
        .check_compares = true,
    };
    return run(self, limits, &reason) ? PyLong_FromLong(reason) : NULL;
}

/* Run on to a position, past all stops but faults; compares count only where nobody has been. */
static bool run_to(Machine *self, int64_t position, int64_t cycle, Reason *reason)
{
    const Engine *engine = &self->engine;
    const int64_t known = position < engine->frontier ? position : engine->frontier;
    Limits limits = {.max_cycles = INT64_MAX, .until_cycle = cycle};
    *reason = STOP_BUDGET;
    limits.budget = known - engine->position;
    if (limits.budget > 0 && !run(self, limits, reason))
        return false;
    limits.budget = position - engine->position;
    limits.check_compares = true;
    return *reason != STOP_BUDGET || engine->position < known || engine->cycle >= cycle ||
           limits.budget <= 0 || run(self, limits, reason);
}

static PyObject *machine_go(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    Reason reason;
    const long long position = PyLong_AsLongLong(argument);
    if ((position == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (!engine_approach(&self->engine, position))
        Py_RETURN_NONE;
    if (!run_to(self, position, INT64_MAX, &reason))
        return NULL;
    return PyLong_FromLong(self->engine.position == position ? STOP_BUDGET : reason);
}

static PyObject *machine_go_to_cycle(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    Reason reason;
    const long long cycle = PyLong_AsLongLong(argument);
    if ((cycle == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (!engine_approach_cycle(&self->engine, cycle))
        Py_RETURN_NONE;
    const bool ran = run_to(self, INT64_MAX, cycle, &reason);
    engine_arrive(&self->engine);
    if (!ran)
        return NULL;
    return PyLong_FromLong(self->engine.cycle == cycle ? STOP_BUDGET : reason);
}

static PyObject *machine_interrupt(PyObject *object, PyObject *Py_UNUSED(none))
{
    ((Machine *)object)->interrupted = true;
    Py_RETURN_NONE;
}

/* --- back --------------------------------------------------------------------------------------- */

static PyObject *machine_back(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    Reason reason;
    if (!ready(self))
        return NULL;
    if (engine_undo(&self->engine))
        Py_RETURN_TRUE;
    const int64_t position = self->engine.position - 1;
    if (!engine_approach(&self->engine, position))
        Py_RETURN_FALSE;
    return run_to(self, position, INT64_MAX, &reason) ? PyBool_FromLong(1) : NULL;
}

/* Have the last bundle in the log, by executing it again where need be. */
static bool recall(Machine *self)
{
    Engine *engine = &self->engine;
    const int64_t position = engine->position;
    const Status status = engine->status;
    Reason reason;
    if (engine->log_used || position <= engine->edit_floor || !engine_approach(engine, position - 1))
        return true;
    const bool recalled = run_to(self, position, INT64_MAX, &reason);
    if (recalled)
        engine->status = status; /* a pause may have been passed since */
    return recalled;
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
    if (!ready(self) || !recall(self))
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

/* Execute the known past from one keyframe to the next, later ones first, until a flag is met. */
static bool search_keyframes(Machine *self, int64_t end, int64_t *found)
{
    Engine *engine = &self->engine;
    const Keyframe *from;
    while (*found < 0 && end > engine->origin && (from = engine_keyframe_to(engine, end - 1))) {
        engine_load(engine, from);
        self->running = true;
        Py_BEGIN_ALLOW_THREADS
        *found = engine_scan(engine, end);
        Py_END_ALLOW_THREADS
        self->running = false;
        end = from->position;
        if (PyErr_CheckSignals() < 0)
            return false;
    }
    return true;
}

static PyObject *machine_flagged_before(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    Engine *engine = &self->engine;
    int64_t found = -1, end = PyLong_AsLongLong(argument);
    if ((end == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (end > engine->frontier)
        end = engine->frontier;
    if (end == engine->position && !engine->memory_flags)
        found = engine_scan_log(engine, &end);
    if (found < 0) {
        Keyframe here;
        if (!engine_save(engine, &here))
            return PyErr_NoMemory();
        const bool searched = search_keyframes(self, end, &found);
        engine_load(engine, &here);
        engine_drop(&here);
        if (!searched)
            return NULL;
    }
    return PyLong_FromLongLong(found);
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
    engine_restart(&self->engine);
    Py_RETURN_NONE;
}

static PyObject *machine_fork(PyObject *object, PyObject *Py_UNUSED(none))
{
    Machine *self = (Machine *)object;
    if (self->running) {
        PyErr_SetString(PyExc_RuntimeError, "the machine is running in another thread");
        return NULL;
    }
    engine_fork(&self->engine);
    Py_RETURN_NONE;
}

static PyObject *machine_jump(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    const long long pc = PyLong_AsLongLong(argument);
    if ((pc == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (pc < 0) {
        PyErr_SetString(PyExc_ValueError, "pc is never negative");
        return NULL;
    }
    engine_fork(&self->engine);
    self->engine.pc = pc;
    if (self->engine.status == STOPPED)
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

/* set_interval(bundles): between keyframes, from the start of this history on. */
static PyObject *machine_set_interval(PyObject *object, PyObject *argument)
{
    Machine *self = (Machine *)object;
    const long bundles = PyLong_AsLong(argument);
    if ((bundles == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    if (bundles < 1 || bundles > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "keyframes are at least one bundle apart");
        return NULL;
    }
    self->engine.interval = bundles;
    engine_restart(&self->engine);
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

/* (bytes of the log in use, keyframes, bytes of each, bundles between them) */
static PyObject *get_history(PyObject *object, void *Py_UNUSED(closure))
{
    const Engine *engine = &((Machine *)object)->engine;
    return Py_BuildValue("(nnLL)", (Py_ssize_t)(engine->log_used * sizeof *engine->log),
                         (Py_ssize_t)engine->keyframe_count,
                         (long long)engine_state_words(engine) * 4,
                         (long long)engine->interval);
}

static PyGetSetDef machine_getset[] = {
    {"fault", get_fault, NULL, "(kind, slot number, lane or -1, operand, value)", NULL},
    {"trace_bytes", get_trace, NULL, "The words of the trace buffer.", NULL},
    {"status", get_status, NULL, "0 running, 1 paused, 2 stopped", NULL},
    {"history_size", get_history, NULL,
     "(bytes logged, keyframes, bytes of a keyframe, bundles between them)", NULL},
    {0},
};

#define AT(member) ((Py_ssize_t)offsetof(Machine, engine.member))
static PyMemberDef machine_members[] = {
    {"raw_pc", T_LONGLONG, AT(pc), READONLY, NULL},
    {"cycle", T_LONGLONG, AT(cycle), READONLY, NULL},
    {"position", T_LONGLONG, AT(position), READONLY, NULL},
    {"origin", T_LONGLONG, AT(origin), READONLY, NULL},
    {"frontier", T_LONGLONG, AT(frontier), READONLY, NULL},
    {"debug", T_BOOL, AT(debug), 0, NULL},
    {"pauses", T_BOOL, AT(pauses), 0, NULL},
    {0},
};

static PyMethodDef machine_methods[] = {
    {"advance", machine_advance, METH_VARARGS, "advance(budget, max_cycles, check_first) -> reason"},
    {"go", machine_go, METH_O, "go(position) -> reason, or None before history"},
    {"go_to_cycle", machine_go_to_cycle, METH_O, "go_to_cycle(cycle) -> reason, or None"},
    {"back", machine_back, METH_NOARGS, "Take back a bundle; whether there was one."},
    {"last", machine_last, METH_NOARGS, "(pc, cost, scratch, memory, traced) overwritten, or None"},
    {"flagged_before", machine_flagged_before, METH_O, "Last flagged position before, or -1."},
    {"become", machine_become, METH_VARARGS, "become(pc, cycle, position, status, trace)"},
    {"fork", machine_fork, METH_NOARGS, "Words are about to be set by hand."},
    {"jump", machine_jump, METH_O, "Set pc by hand."},
    {"expect", machine_expect, METH_O, "The expected value of each compared word, or None."},
    {"watch", machine_watch, METH_O, "A byte of flags for each word of memory, or None."},
    {"set_interval", machine_set_interval, METH_O, "Bundles between keyframes; history restarts."},
    {"interrupt", machine_interrupt, METH_NOARGS, "End the run that is under way."},
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
    .name = "machine.core._core.Machine",
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
