/* A Flat, laid out anew for packing. */
#include "flat.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = -1 };

const int32_t WORTH[KINDS] = {
    [FLOW] = 12, [LOAD] = 160, [ALU] = 11, [VALU] = 88, [SPLITTABLE] = 88};

static int32_t place_of(const Flat *flat, int32_t reg)
{
    return 2 * reg + (flat->width[reg] == 1);
}

static Node node_of(const Flat *flat, int32_t number)
{
    Node node = {.first = flat->first[number],
                 .end = flat->first[number + 1],
                 .write = NOBODY,
                 .reads = {NOBODY, NOBODY, NOBODY},
                 .vector = flat->vector[number],
                 .kind = flat->kind[number]};
    if (flat->write_first[number] < flat->write_first[number + 1])
        node.write = place_of(flat, flat->writes[flat->write_first[number]]);
    const int32_t *reads = flat->reads + flat->read_first[number];
    const int32_t count = flat->read_first[number + 1] - flat->read_first[number];
    for (int32_t i = 0; i < count; i++)
        node.reads[i] = place_of(flat, reads[i]);
    return node;
}

bool job_make(Job *job, const Flat *flat)
{
    *job = (Job){.node_count = flat->nodes,
                 .registers = flat->registers,
                 .vectors = flat->vectors,
                 .places = flat->places,
                 .reserve = flat->reserve,
                 .waiting = flat->waiting,
                 .in_vector = flat->in_vector,
                 .readers = flat->readers,
                 .nodes = malloc((size_t)flat->nodes * sizeof(Node) + 1),
                 .edges = malloc((size_t)flat->edges * sizeof(int32_t) + 1)};
    if (!job->nodes || !job->edges) {
        job_free(job);
        return false;
    }
    for (int32_t number = 0; number < flat->nodes; number++) {
        job->nodes[number] = node_of(flat, number);
        job->count_of[flat->kind[number]]++;
        job->work += WORTH[flat->kind[number]];
    }
    for (int32_t i = 0; i < flat->edges; i++)
        job->edges[i] = 2 * flat->target[i] + flat->latency[i];
    return true;
}

void job_free(Job *job)
{
    free(job->nodes);
    free(job->edges);
    job->nodes = NULL;
    job->edges = NULL;
}
