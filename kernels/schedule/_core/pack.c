/* `kernels.schedule.pack`, which is its oracle, function by function. */
#include "flat.h"
#include "queue.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = -1, RECENT = 32 };

static const int LIMITS[] = {[FLOW] = 1, [LOAD] = 2, [STORE] = 2, [ALU] = 12, [VALU] = 6};
enum { LIMITED = 5, QUEUES = 6 };
/* In thousandths of a cycle: what a slot less of each kind is worth where all are near full. */
static const int WORK[KINDS] = {
    [FLOW] = 12, [LOAD] = 160, [ALU] = 11, [VALU] = 88, [SPLITTABLE] = 88};

typedef struct {
    const PackInput *flat;
    const int32_t *rank;
    int32_t window, spare;
    void *memory;
    int32_t *node_of, *waiting, *since, *left_in, *readers;
    int32_t *arriving, *arrived, *blocked;
    int32_t arriving_count, blocked_count;
    uint8_t *has_place;
    Queue ready[QUEUES];
    Part *parts;
    int32_t count, left;
    int32_t cycle, eldest, places, words;
    int32_t split, split_done;
    int32_t recent[RECENT];
    int free[LIMITED];
} Packing;

static int32_t *take_words(int32_t **words, size_t count)
{
    int32_t *taken = *words;
    *words += count;
    return taken;
}

static bool allocate(Packing *p)
{
    const PackInput *flat = p->flat;
    const size_t nodes = (size_t)flat->nodes;
    const size_t registers = (size_t)flat->registers, vectors = (size_t)flat->vectors;
    const size_t bits = QUEUES * queue_words(nodes);
    const size_t words = 6 * nodes + registers + vectors;
    p->memory = malloc(bits * sizeof(uint64_t) + words * sizeof(int32_t) + 1);
    if (!p->memory)
        return false;
    uint64_t *bit = p->memory;
    memset(bit, 0, bits * sizeof *bit);
    for (int kind = 0; kind < QUEUES; kind++)
        bit = queue_lay_out(&p->ready[kind], bit, nodes);
    int32_t *word = (int32_t *)bit;
    p->node_of = take_words(&word, nodes);
    p->waiting = take_words(&word, nodes);
    p->blocked = take_words(&word, nodes);
    p->since = take_words(&word, nodes);
    p->arriving = take_words(&word, nodes);
    p->arrived = take_words(&word, nodes);
    p->readers = take_words(&word, registers);
    p->left_in = take_words(&word, vectors);
    return true;
}

static void copy(int32_t *to, const int32_t *from, int32_t count)
{
    if (count)
        memcpy(to, from, (size_t)count * sizeof *to);
}

static bool start(Packing *p)
{
    const PackInput *flat = p->flat;
    if (!allocate(p))
        return false;
    memset(p->has_place, 0, (size_t)flat->registers);
    for (int32_t node = 0; node < flat->nodes; node++) {
        p->node_of[p->rank[node]] = node;
        p->left += flat->kind[node] < JOIN;
    }
    copy(p->waiting, flat->waiting, flat->nodes);
    memset(p->since, 0, (size_t)flat->nodes * sizeof *p->since);
    copy(p->left_in, flat->in_vector, flat->vectors);
    copy(p->readers, flat->readers, flat->registers);
    p->places = flat->places;
    p->split = NOBODY;
    return true;
}

static void ready(Packing *p, int32_t node);

/* Nodes that wait for nobody any more are ready: now, or in the next cycle, if somebody they wait
 * for was issued in this one. (The oracle counts down a cycle later instead.) */
static void release_successors(Packing *p, int32_t node)
{
    const PackInput *flat = p->flat;
    for (int32_t edge = flat->first[node]; edge < flat->first[node + 1]; edge++) {
        const int32_t after = flat->target[edge];
        if (flat->latency[edge])
            p->since[after] = p->cycle + 1;
        if (--p->waiting[after])
            continue;
        if (p->since[after] > p->cycle)
            p->arriving[p->arriving_count++] = after;
        else
            ready(p, after);
    }
}

static void ready(Packing *p, int32_t node)
{
    const int32_t kind = p->flat->kind[node];
    if (kind < JOIN)
        queue_add(&p->ready[kind], (uint32_t)p->rank[node]);
    else if (kind == JOIN)
        release_successors(p, node);
}

static void next_cycle(Packing *p)
{
    p->cycle++;
    p->recent[p->cycle % RECENT] = 0;
    int32_t *arrived = p->arriving;
    const int32_t count = p->arriving_count;
    p->arriving = p->arrived;
    p->arriving_count = 0;
    p->arrived = arrived;
    for (int32_t i = 0; i < count; i++)
        ready(p, arrived[i]);
    for (int32_t i = 0; i < p->blocked_count; i++) {
        const int32_t node = p->blocked[i];
        queue_add(&p->ready[p->flat->kind[node]], (uint32_t)p->rank[node]);
    }
    p->blocked_count = 0;
}

static bool fits_scratch(const Packing *p, int32_t node)
{
    const PackInput *flat = p->flat;
    const int32_t ahead = flat->vector[node] - p->eldest, behind = ahead > 0 ? ahead : 0;
    if (behind < p->window && p->places > (int64_t)behind * p->spare)
        return true;
    for (int32_t i = flat->write_first[node]; i < flat->write_first[node + 1]; i++) {
        const int32_t reg = flat->writes[i];
        if (!p->has_place[reg] && (flat->width[reg] != 1 || p->words == 0))
            return false;
    }
    return true;
}

/* The most urgent ready operation that may go now; what may not is put aside. */
static int32_t take(Packing *p, int kind)
{
    Queue *queue = &p->ready[kind];
    while (!queue_empty(queue)) {
        const uint32_t rank = queue_least(queue);
        const int32_t node = p->node_of[rank];
        queue_remove(queue, rank);
        if (fits_scratch(p, node))
            return node;
        p->blocked[p->blocked_count++] = node;
    }
    return NOBODY;
}

static void take_places_back(Packing *p, int32_t node)
{
    const PackInput *flat = p->flat;
    for (int32_t i = flat->read_first[node]; i < flat->read_first[node + 1]; i++) {
        const int32_t reg = flat->reads[i];
        if (--p->readers[reg] == 0) {
            p->has_place[reg] = 0;
            if (flat->width[reg] == 1)
                p->words++;
            else
                p->places++;
        }
    }
}

static void give_places(Packing *p, int32_t node)
{
    const PackInput *flat = p->flat;
    for (int32_t i = flat->write_first[node]; i < flat->write_first[node + 1]; i++) {
        const int32_t reg = flat->writes[i];
        if (p->has_place[reg])
            continue;
        p->has_place[reg] = 1;
        if (flat->width[reg] > 1) {
            p->places--;
            continue;
        }
        if (p->words == 0) {
            p->places--;
            p->words = VLEN;
        }
        p->words--;
    }
}

static void count_vector(Packing *p, int32_t vector)
{
    if (vector < 0)
        return;
    p->left_in[vector]--;
    while (p->eldest < p->flat->vectors && p->left_in[p->eldest] == 0)
        p->eldest++;
}

static void add_part(Packing *p, int32_t node, int lane, int lanes)
{
    if (p->parts)
        p->parts[p->count] = (Part){p->cycle, node, lane, lanes};
    p->count++;
}

/* The operation, or the last lanes of it. */
static void issue(Packing *p, int32_t node, int lane, int lanes)
{
    add_part(p, node, lane, lanes);
    p->left--;
    p->recent[p->cycle % RECENT]++;
    take_places_back(p, node);
    give_places(p, node);
    if (p->flat->kind[node] != STORE)
        count_vector(p, p->flat->vector[node]);
    release_successors(p, node);
}

static void finish_split(Packing *p)
{
    const int32_t node = p->split;
    const int done = p->split_done;
    p->split = NOBODY;
    p->free[ALU] -= VLEN - done;
    issue(p, node, done, VLEN - done);
}

static void begin_split(Packing *p, int32_t node)
{
    p->split = node;
    p->split_done = p->free[ALU];
    p->free[ALU] = 0;
    give_places(p, node);
    add_part(p, node, 0, p->split_done);
}

/* Whether a splittable operation just taken is the last, and valu has enough without it. */
static bool is_for_alu(const Packing *p)
{
    return p->flat->reserve && queue_empty(&p->ready[SPLITTABLE]) && p->free[ALU] > 0 &&
           p->split == NOBODY && p->ready[VALU].count >= p->free[VALU];
}

static void issue_vector(Packing *p, int32_t node, int kind)
{
    if (kind == SPLITTABLE && p->free[ALU] >= VLEN) {
        p->free[ALU] -= VLEN;
        issue(p, node, 0, VLEN);
    } else if (p->free[VALU] && !(kind == SPLITTABLE && is_for_alu(p))) {
        p->free[VALU]--;
        issue(p, node, 0, 0);
    } else {
        begin_split(p, node);
    }
}

/* VALU or SPLITTABLE, whichever has the more urgent operation that still fits; NOBODY. */
static int more_urgent(const Packing *p)
{
    const Queue *valu = &p->ready[VALU], *splittable = &p->ready[SPLITTABLE];
    const bool fits_valu = !queue_empty(valu) && p->free[VALU];
    const bool any_splittable = !queue_empty(splittable);
    if (fits_valu && !(any_splittable && queue_least(splittable) < queue_least(valu)))
        return VALU;
    if (any_splittable && (p->free[VALU] || (p->free[ALU] > 0 && p->split == NOBODY)))
        return SPLITTABLE;
    return fits_valu ? VALU : NOBODY;
}

static void fill_cycle(Packing *p)
{
    memcpy(p->free, LIMITS, sizeof p->free);
    if (p->split != NOBODY)
        finish_split(p);
    for (int kind = FLOW; kind <= ALU; kind++) {
        int32_t node;
        while (p->free[kind] && (node = take(p, kind)) != NOBODY) {
            p->free[kind]--;
            issue(p, node, 0, 0);
        }
    }
    for (int kind; (kind = more_urgent(p)) != NOBODY;) {
        const int32_t node = take(p, kind);
        if (node != NOBODY)
            issue_vector(p, node, kind);
    }
}

static Status run(Packing *p)
{
    for (int32_t node = 0; node < p->flat->nodes; node++)
        if (p->flat->waiting[node] == 0)
            ready(p, node);
    while (p->left) {
        const int32_t before = p->count;
        fill_cycle(p);
        if (p->count == before && p->arriving_count == 0)
            return OUT_OF_SCRATCH;
        next_cycle(p);
    }
    return DONE;
}

/* How much is issued in the last cycles, the last weighing most: what is left to win. */
static Length length_of(const Packing *p)
{
    Length length = {p->cycle, 0, 0};
    for (int32_t back = 1; back < RECENT && back <= p->cycle; back++)
        length.late += (RECENT - back) * p->recent[(p->cycle - back) % RECENT];
    for (int32_t node = 0; node < p->flat->nodes; node++)
        length.work += WORK[p->flat->kind[node]];
    return length;
}

Status flat_pack(const PackInput *flat, const int32_t *rank, int32_t window, int32_t spare,
                 Part *parts, int32_t *count, uint8_t *holding, Length *length)
{
    Packing p = {.flat = flat,
                 .rank = rank,
                 .window = window,
                 .spare = spare,
                 .has_place = holding,
                 .parts = parts};
    if (!start(&p))
        return OUT_OF_MEMORY;
    const Status status = run(&p);
    *count = p.count;
    *length = length_of(&p);
    free(p.memory);
    return status;
}
