/* The way back: states kept whole at keyframes, and journeys from one position to another. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHORT_LOG_WORDS = 1 << 14,
    LONG_LOG_WORDS = 1 << 19, /* 2 MB */
    LEAST_INTERVAL = 1 << 14, /* bundles between keyframes */
    WORDS_PER_BUNDLE = 4,     /* a keyframe of this many words for each bundle of its interval */
};
static const size_t KEYFRAME_WORDS = (size_t)1 << 24; /* 64 MB for all keyframes */

/* --- keyframes ---------------------------------------------------------------------------------- */

/* The parts of the state that keyframes hold word by word. */
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

bool engine_save(const Engine *engine, Keyframe *keyframe)
{
    Part parts[PARTS];
    uint32_t *words = malloc(engine_state_words(engine) * sizeof *words);
    uint32_t *next = words;
    if (!words)
        return false;
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(next, parts[i].start, parts[i].words * sizeof *next);
        next += parts[i].words;
    }
    *keyframe = (Keyframe){
        .pc = engine->pc,
        .cycle = engine->cycle,
        .position = engine->position,
        .trace_length = engine->trace_length,
        .status = engine->status,
        .words = words,
    };
    return true;
}

void engine_load(Engine *engine, const Keyframe *keyframe)
{
    Part parts[PARTS];
    const uint32_t *next = keyframe->words;
    find_parts(engine, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].words)
            memcpy(parts[i].start, next, parts[i].words * sizeof *next);
        next += parts[i].words;
    }
    engine->pc = keyframe->pc;
    engine->cycle = keyframe->cycle;
    engine->position = keyframe->position;
    engine->status = keyframe->status;
    /* The trace buffer keeps what it was cut off: the same words will come again. */
    engine->trace_length = keyframe->trace_length;
    engine_forget_log(engine);
}

void engine_drop(Keyframe *keyframe)
{
    free(keyframe->words);
    keyframe->words = NULL;
}

static void drop_keyframes_from(Engine *engine, size_t kept)
{
    while (engine->keyframe_count > kept)
        engine_drop(&engine->keyframes[--engine->keyframe_count]);
}

/* Every other one goes, and they come half as often from now on; where somebody set words by hand
 * there is no way but the keyframe. */
static void thin_keyframes(Engine *engine)
{
    size_t kept = 1;
    for (size_t i = 1; i < engine->keyframe_count; i++) {
        if (i % 2 && !engine->keyframes[i].edited)
            engine_drop(&engine->keyframes[i]);
        else
            engine->keyframes[kept++] = engine->keyframes[i];
    }
    engine->keyframe_count = kept;
    engine->interval *= 2;
}

static bool reserve_keyframe(Engine *engine)
{
    if (engine->keyframe_count > 2 && engine->keyframe_count * engine_state_words(engine) > KEYFRAME_WORDS)
        thin_keyframes(engine);
    if (engine->keyframe_count < engine->keyframe_room)
        return true;
    size_t room = 2 * engine->keyframe_room + 16;
    Keyframe *grown = realloc(engine->keyframes, room * sizeof *grown);
    if (!grown)
        return false;
    engine->keyframes = grown;
    engine->keyframe_room = room;
    return true;
}

/* Keep the state at this position, the greatest so far; false where there is no memory. */
bool engine_take_keyframe(Engine *engine, bool edited)
{
    engine->next_keyframe = engine->position + engine->interval;
    if (!reserve_keyframe(engine) ||
        !engine_save(engine, &engine->keyframes[engine->keyframe_count]))
        return false;
    engine->keyframes[engine->keyframe_count++].edited = edited;
    if (edited)
        engine->edit_floor = engine->position;
    return true;
}

bool engine_settle(Engine *engine)
{
    if (engine->unsettled && engine->keeps_history && !engine_take_keyframe(engine, engine->edited))
        return false;
    engine->unsettled = engine->edited = false;
    return true;
}

/* How many keyframes lie at or before a position. */
static size_t keyframes_to(const Engine *engine, int64_t position)
{
    size_t low = 0, high = engine->keyframe_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (engine->keyframes[middle].position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const Keyframe *engine_keyframe_to(const Engine *engine, int64_t position)
{
    size_t count = keyframes_to(engine, position);
    return count ? &engine->keyframes[count - 1] : NULL;
}

void engine_fork(Engine *engine)
{
    if (!engine->keeps_history)
        return;
    drop_keyframes_from(engine, keyframes_to(engine, engine->position - 1));
    engine->frontier = engine->position;
    engine->unsettled = true;
    engine->edited = engine->position > engine->origin;
}

void engine_restart(Engine *engine)
{
    drop_keyframes_from(engine, 0);
    engine_forget_log(engine);
    engine->origin = engine->frontier = engine->edit_floor = engine->position;
    engine->unsettled = true;
    engine->edited = false;
    engine->next_keyframe = INT64_MAX;
}

/* Whoever goes back before an edit takes it back, and all that came of it. */
static void forget_edits_after(Engine *engine, int64_t position)
{
    if (engine->edit_floor <= position)
        return;
    size_t first = keyframes_to(engine, position);
    while (!engine->keyframes[first].edited)
        first++;
    engine->frontier = engine->keyframes[first].position;
    drop_keyframes_from(engine, first);
    engine->next_keyframe = engine->keyframes[first - 1].position + engine->interval;
    while (--first > 0 && !engine->keyframes[first].edited) {
    }
    engine->edit_floor = engine->keyframes[first].position;
}

/* --- going back and forth ----------------------------------------------------------------------- */

static bool log_reaches(const Engine *engine, int64_t position)
{
    return position >= engine->log_start && position >= engine->edit_floor;
}

bool engine_undo(Engine *engine)
{
    if (!engine->log_used || !log_reaches(engine, engine->position - 1))
        return false;
    engine_take_back(engine);
    return true;
}

static void go_back(Engine *engine, int64_t position, const Keyframe *nearest)
{
    const int64_t back = engine->position - position;
    if (log_reaches(engine, position) && (!nearest || back <= position - nearest->position))
        while (engine->position > position)
            engine_take_back(engine);
    else
        engine_load(engine, nearest);
}

bool engine_approach(Engine *engine, int64_t position)
{
    const Keyframe *nearest = engine_keyframe_to(engine, position);
    if (position < engine->position) {
        if (position < engine->origin || !(nearest || log_reaches(engine, position)))
            return false;
        go_back(engine, position, nearest);
        forget_edits_after(engine, position);
    } else if (nearest && nearest->position > engine->position) {
        engine_load(engine, nearest);
    }
    return true;
}

bool engine_approach_cycle(Engine *engine, int64_t cycle)
{
    size_t count = engine->keyframe_count;
    while (count > 1 && engine->keyframes[count - 1].cycle >= cycle)
        count--;
    const bool back = engine->cycle >= cycle;
    if (back && (!count || engine->keyframes[0].cycle > cycle))
        return false;
    const Keyframe *nearest = count ? &engine->keyframes[count - 1] : NULL;
    if (nearest && (back || nearest->position > engine->position))
        engine_load(engine, nearest);
    return true;
}

void engine_arrive(Engine *engine)
{
    const Keyframe *nearest = engine_keyframe_to(engine, engine->position);
    if (nearest && nearest->position == engine->position && nearest->edited)
        engine_load(engine, nearest);
    forget_edits_after(engine, engine->position);
}

int64_t engine_scan(Engine *engine, int64_t end)
{
    int64_t found = -1;
    Limits limits = {
        .max_cycles = INT64_MAX, .until_cycle = INT64_MAX, .heed_stops = true, .check_first = true,
    };
    while (engine->position < end) {
        limits.budget = end - engine->position;
        engine->watched = false;
        Reason reason = engine_run(engine, limits);
        limits.check_first = reason != STOP_BREAKPOINT;
        if (reason == STOP_BREAKPOINT)
            found = engine->position;
        else if (engine->watched)
            found = engine->position - 1;
        else if (reason != STOP_PAUSE)
            break;
    }
    return found;
}

/* --- life --------------------------------------------------------------------------------------- */

/* Words of the log: no more than a run from one keyframe to the next can fill. */
static size_t choose_log_room(const Program *program, bool keeps_history)
{
    size_t room = keeps_history ? LONG_LOG_WORDS : SHORT_LOG_WORDS;
    const size_t of_interval = (size_t)program->longest_record * LEAST_INTERVAL;
    room = of_interval < room ? of_interval : room;
    /* Where nothing leads back, each bundle leaves its record once. */
    room = !program->target_count && program->all_records < room ? program->all_records : room;
    return room > program->longest_record ? room : program->longest_record;
}

bool engine_init(Engine *engine, const Program *program, bool keeps_history)
{
    engine->program = program;
    const size_t words = engine_state_words(engine), room = choose_log_room(program, keeps_history);
    engine->keeps_history = keeps_history;
    engine->interval = (int64_t)(words / WORDS_PER_BUNDLE);
    if (engine->interval < LEAST_INTERVAL)
        engine->interval = LEAST_INTERVAL;
    engine->log_room = room;
    engine->log = malloc((room + 1) * sizeof *engine->log);
    if (!engine->log)
        return false;
    /* Touched ahead: a first run would spend half its time on page faults. */
    memset(engine->log, 0, room * sizeof *engine->log);
    engine_restart(engine);
    return true;
}

void engine_free(Engine *engine)
{
    drop_keyframes_from(engine, 0);
    free(engine->keyframes);
    free(engine->trace);
    free(engine->log);
}
