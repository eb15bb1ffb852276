/* The whole state: made, copied, put back, and unmade. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHORT_LOG_WORDS = 1 << 14,
    LONG_LOG_WORDS = 1 << 19, /* 2 MB */
    LOGGED_BUNDLES = 1 << 14, /* of the widest, for which there is room in any case */
};

/* The parts of the state that are copied word by word. */
typedef struct {
    void *start;
    size_t words;
} Part;

enum { PARTS = 3 };

static void find_parts(const Engine *engine, Part parts[PARTS])
{
    parts[0] = (Part){engine->scratch, SCRATCH_WORDS};
    parts[1] = (Part){engine->memory, (size_t)engine->memory_words};
    parts[2] = (Part){engine->visits, engine->visits ? 2 * (size_t)engine->program->length : 0};
}

size_t engine_state_words(const Engine *engine)
{
    Part parts[PARTS];
    find_parts(engine, parts);
    return parts[0].words + parts[1].words + parts[2].words;
}

Saved engine_save(const Engine *engine, uint32_t *words)
{
    Part parts[PARTS];
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(words, parts[i].start, parts[i].words * sizeof *words);
        words += parts[i].words;
    }
    return (Saved){
        .pc = engine->pc,
        .cycle = engine->cycle,
        .position = engine->position,
        .trace_length = engine->trace_length,
        .status = engine->status,
    };
}

bool engine_load(Engine *engine, Saved saved, const uint32_t *words)
{
    Part parts[PARTS];
    if (saved.pc < 0 || saved.cycle < 0 || saved.position < 0 || saved.trace_length < 0 ||
        saved.trace_length > engine->trace_room || saved.status < RUNNING || saved.status > STOPPED)
        return false;
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(parts[i].start, words, parts[i].words * sizeof *words);
        words += parts[i].words;
    }
    engine->pc = saved.pc;
    engine->cycle = saved.cycle;
    engine->position = saved.position;
    engine->status = (Status)saved.status;
    /* The trace buffer keeps what it was cut off: the same words will come again. */
    engine->trace_length = saved.trace_length;
    engine_forget_log(engine);
    return true;
}

/* --- life --------------------------------------------------------------------------------------- */

/* Words of the log: no more than so many bundles can fill. */
static size_t choose_log_room(const Program *program, bool long_log)
{
    size_t room = long_log ? LONG_LOG_WORDS : SHORT_LOG_WORDS;
    const size_t of_bundles = (size_t)program->longest_record * LOGGED_BUNDLES;
    room = of_bundles < room ? of_bundles : room;
    /* Where nothing leads back, each bundle leaves its record once. */
    room = !program->target_count && program->all_records < room ? program->all_records : room;
    return room > program->longest_record ? room : program->longest_record;
}

bool engine_init(Engine *engine, const Program *program, bool long_log)
{
    const size_t room = choose_log_room(program, long_log);
    engine->program = program;
    engine->log_room = room;
    engine->log = malloc((room + 1) * sizeof *engine->log);
    if (!engine->log)
        return false;
    /* Touched ahead: a first run would spend half its time on page faults. */
    memset(engine->log, 0, room * sizeof *engine->log);
    return true;
}

void engine_free(Engine *engine)
{
    free(engine->trace);
    free(engine->log);
}
