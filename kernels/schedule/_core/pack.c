/* `kernels.schedule.pack`, which is its oracle, function by function. */
#include "flat.h"
#include "queue.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = -1, RECENT = 32, LOOK_EVERY = 16, TAIL = 64 };

static const int LIMITS[] = {[FLOW] = 1, [LOAD] = 2, [STORE] = 2, [ALU] = 12, [VALU] = 6};
enum { LIMITED = 5, QUEUES = 6, LANES = 12 + 6 * VLEN };

/* How many edges still lead to a node, and the cycle it can be issued in at the soonest. */
typedef struct {
    int32_t waiting, since;
} Wait;

/* How many operations still read a register, and whether it has a place. */
typedef struct {
    int32_t readers, has_place;
} Hold;

typedef struct {
    const Job *job;
    const int32_t *rank;
    int32_t window, spare;
    int32_t *node_of, *left_in;
    Wait *wait;
    Hold *hold;
    int32_t *arriving, *arrived, *blocked;
    int32_t arriving_count, blocked_count;
    Queue ready[QUEUES];
    Part *parts;
    int32_t count, left;
    int32_t cycle, eldest, places, words;
    int32_t split, split_done;
    int32_t recent[RECENT];
    int32_t idle, idle_at[TAIL];
    int32_t slots_left[LIMITED], lanes_left;
    int free[LIMITED];
} Packing;

static size_t queue_bits(const Job *job)
{
    return QUEUES * queue_words((size_t)job->node_count);
}

size_t packing_bytes(const Job *job)
{
    const size_t nodes = (size_t)job->node_count, registers = (size_t)job->registers;
    return queue_bits(job) * sizeof(uint64_t) + nodes * sizeof(Wait) + registers * sizeof(Hold) +
           (4 * nodes + (size_t)job->vectors) * sizeof(int32_t) + 1;
}

static int32_t *take_words(int32_t **words, size_t count)
{
    int32_t *taken = *words;
    *words += count;
    return taken;
}

static void lay_out(Packing *p, void *memory)
{
    const size_t nodes = (size_t)p->job->node_count;
    uint64_t *bit = memory;
    memset(bit, 0, queue_bits(p->job) * sizeof *bit);
    for (int kind = 0; kind < QUEUES; kind++)
        bit = queue_lay_out(&p->ready[kind], bit, nodes);
    p->wait = (Wait *)bit;
    p->hold = (Hold *)(p->wait + nodes);
    int32_t *word = (int32_t *)(p->hold + p->job->registers);
    p->node_of = take_words(&word, nodes);
    p->blocked = take_words(&word, nodes);
    p->arriving = take_words(&word, nodes);
    p->arrived = take_words(&word, nodes);
    p->left_in = take_words(&word, (size_t)p->job->vectors);
}

static void start(Packing *p, void *memory)
{
    const Job *job = p->job;
    lay_out(p, memory);
    for (int32_t node = 0; node < job->node_count; node++) {
        p->node_of[p->rank[node]] = node;
        p->wait[node] = (Wait){job->waiting[node], 0};
    }
    for (int32_t reg = 0; reg < job->registers; reg++)
        p->hold[reg] = (Hold){job->readers[reg], 0};
    if (job->vectors)
        memcpy(p->left_in, job->in_vector, (size_t)job->vectors * sizeof *p->left_in);
    for (int kind = 0; kind < LIMITED; kind++)
        p->slots_left[kind] = job->count_of[kind];
    p->lanes_left = job->count_of[ALU] + VLEN * (job->count_of[VALU] + job->count_of[SPLITTABLE]);
    for (int kind = 0; kind < JOIN; kind++)
        p->left += job->count_of[kind];
    p->places = job->places;
    p->split = NOBODY;
}

static void ready(Packing *p, int32_t node);

/* Nodes that wait for nobody any more are ready: now, or in the next cycle, if somebody they wait
 * for was issued in this one. (The oracle counts down a cycle later instead.) */
static void release_successors(Packing *p, const Node *node)
{
    const int32_t *edges = p->job->edges;
    const int32_t next = p->cycle + 1;
    for (int32_t i = node->first; i < node->end; i++) {
        const int32_t after = edges[i] >> 1;
        Wait *wait = &p->wait[after];
        if (edges[i] & 1)
            wait->since = next;
        if (--wait->waiting)
            continue;
        if (wait->since == next)
            p->arriving[p->arriving_count++] = after;
        else
            ready(p, after);
    }
}

static void ready(Packing *p, int32_t node)
{
    const int32_t kind = p->job->nodes[node].kind;
    if (kind < JOIN)
        queue_add(&p->ready[kind], (uint32_t)p->rank[node]);
    else if (kind == JOIN)
        release_successors(p, &p->job->nodes[node]);
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
        queue_add(&p->ready[p->job->nodes[node].kind], (uint32_t)p->rank[node]);
    }
    p->blocked_count = 0;
}

static bool is_scalar(int32_t place)
{
    return place & 1;
}

static bool fits_scratch(const Packing *p, const Node *node)
{
    const int32_t ahead = node->vector - p->eldest, behind = ahead > 0 ? ahead : 0;
    if (behind < p->window && p->places > (int64_t)behind * p->spare)
        return true;
    return node->write == NOBODY || p->hold[node->write >> 1].has_place ||
           (is_scalar(node->write) && p->words);
}

/* The most urgent ready operation that may go now; what may not is put aside. */
static int32_t take(Packing *p, int kind)
{
    Queue *queue = &p->ready[kind];
    while (!queue_empty(queue)) {
        const uint32_t rank = queue_least(queue);
        const int32_t node = p->node_of[rank];
        queue_remove(queue, rank);
        if (fits_scratch(p, &p->job->nodes[node]))
            return node;
        p->blocked[p->blocked_count++] = node;
    }
    return NOBODY;
}

static void take_places_back(Packing *p, const Node *node)
{
    for (int i = 0; i < MOST_READS && node->reads[i] != NOBODY; i++) {
        Hold *hold = &p->hold[node->reads[i] >> 1];
        if (--hold->readers)
            continue;
        hold->has_place = 0;
        if (is_scalar(node->reads[i]))
            p->words++;
        else
            p->places++;
    }
}

static void give_place(Packing *p, const Node *node)
{
    if (node->write == NOBODY || p->hold[node->write >> 1].has_place)
        return;
    p->hold[node->write >> 1].has_place = 1;
    if (!is_scalar(node->write)) {
        p->places--;
        return;
    }
    if (p->words == 0) {
        p->places--;
        p->words = VLEN;
    }
    p->words--;
}

static void count_vector(Packing *p, int32_t vector)
{
    if (vector < 0)
        return;
    p->left_in[vector]--;
    while (p->eldest < p->job->vectors && p->left_in[p->eldest] == 0)
        p->eldest++;
}

static void add_part(Packing *p, int32_t node, int lane, int lanes)
{
    if (p->parts)
        p->parts[p->count] = (Part){p->cycle, node, lane, lanes};
    p->count++;
}

/* The operation, or the last lanes of it. */
static void issue(Packing *p, int32_t number, int lane, int lanes)
{
    const Node *node = &p->job->nodes[number];
    add_part(p, number, lane, lanes);
    p->left--;
    p->recent[p->cycle % RECENT]++;
    take_places_back(p, node);
    give_place(p, node);
    if (node->kind != STORE)
        count_vector(p, node->vector);
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
    give_place(p, &p->job->nodes[node]);
    add_part(p, node, 0, p->split_done);
}

/* Whether a splittable operation just taken is the last, and valu has enough without it. */
static bool is_for_alu(const Packing *p)
{
    return p->job->reserve && queue_empty(&p->ready[SPLITTABLE]) && p->free[ALU] > 0 &&
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
static int more_urgent(Packing *p)
{
    Queue *valu = &p->ready[VALU], *splittable = &p->ready[SPLITTABLE];
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
    p->lanes_left -= LANES - p->free[ALU] - VLEN * p->free[VALU];
    for (int kind = FLOW; kind <= STORE; kind++)
        p->slots_left[kind] -= LIMITS[kind] - p->free[kind];
    p->idle_at[p->cycle % TAIL] = p->idle;
    for (int kind = FLOW; kind < LIMITED; kind++)
        p->idle += WORTH[kind] * p->free[kind];
}

/* The fewest cycles that it can come to: what is left takes so many, were nothing to wait. */
static int64_t at_least(const Packing *p)
{
    int32_t most = (p->lanes_left + LANES - 1) / LANES;
    for (int kind = FLOW; kind <= STORE; kind++) {
        const int32_t cycles = (p->slots_left[kind] + LIMITS[kind] - 1) / LIMITS[kind];
        most = cycles > most ? cycles : most;
    }
    return (int64_t)p->cycle + most;
}

/* The most cycles that are of interest: the more idle there was, the fewer. */
static double most_cycles(const Packing *p, const Limit *limit)
{
    const int32_t idle = p->cycle > TAIL ? p->idle_at[p->cycle % TAIL] : 0;
    const double by_energy = limit->energy - limit->weight * (p->job->work + idle);
    return by_energy > limit->cycles ? by_energy : limit->cycles;
}

static Status run(Packing *p, const Limit *limit)
{
    const Job *job = p->job;
    for (int32_t node = 0; node < job->node_count; node++)
        if (job->waiting[node] == 0)
            ready(p, node);
    while (p->left) {
        const int32_t before = p->count;
        fill_cycle(p);
        if (p->count == before && p->arriving_count == 0)
            return OUT_OF_SCRATCH;
        next_cycle(p);
        if (p->cycle % LOOK_EVERY == 0 && (double)at_least(p) > most_cycles(p, limit))
            return TOO_LONG;
    }
    return DONE;
}

/* How much is issued in the last cycles, the last weighing most: what is left to win. */
static Length length_of(const Packing *p)
{
    Length length = {p->cycle, 0, p->job->work};
    if (p->cycle > TAIL)
        length.spent += p->idle_at[p->cycle % TAIL];
    for (int32_t back = 1; back < RECENT && back <= p->cycle; back++)
        length.late += (RECENT - back) * p->recent[(p->cycle - back) % RECENT];
    return length;
}

Status job_pack(const Job *job, const int32_t *rank, Room room, Limit limit, void *memory,
                Part *parts, int32_t *count, uint8_t *holding, Length *length)
{
    Packing p = {.job = job,
                 .rank = rank,
                 .window = room.window,
                 .spare = room.spare,
                 .parts = parts};
    start(&p, memory);
    const Status status = run(&p, &limit);
    *count = p.count;
    *length = length_of(&p);
    for (int32_t reg = 0; holding && reg < job->registers; reg++)
        holding[reg] = p.hold[reg].has_place != 0;
    return status;
}
