/* The C library's allocation, which on demand refuses once. For LD_PRELOAD; see shortage.py. */
#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static long before_refusal;

/* Refuse the allocation of this number from now on; 0 for none. What was left of the last. */
long refuse(long number)
{
    long left = before_refusal;
    before_refusal = number;
    return left;
}

static int refused(void)
{
    if (!before_refusal || --before_refusal)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refused() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return refused() ? NULL : __libc_realloc(old, size); }
