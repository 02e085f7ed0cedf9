// Stands before glibc's allocator in the programs that link it: bench and the tests of counts, never the program itself.

#include "heap.h"

#include <stddef.h>
#include <stdlib.h>

static _Thread_local long allocations;
static _Thread_local long bytes;
static _Thread_local int watched;

long heap_allocations(void) { return allocations; }
long heap_bytes(void) { return bytes; }

void heap_watch(void) {
    bytes = 0;
    watched = 1;
}

#ifndef __has_feature
#define __has_feature(name) 0
#endif

// Sanitizers have an allocator of their own, which must see everything.
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void *taken(void *block) {
    allocations++;
    if (watched && block) bytes += (long)malloc_usable_size(block);
    return block;
}

static void given(void *block) {
    if (watched && block) bytes -= (long)malloc_usable_size(block);
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    void *made = taken(__libc_memalign(alignment, size));
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

void *realloc(void *block, size_t size) {
    given(block);
    return taken(__libc_realloc(block, size));
}

void free(void *block) {
    given(block);
    __libc_free(block);
}

int heap_is_counted(void) { return 1; }
#else
int heap_is_counted(void) { return 0; }
#endif
