// What a thread takes of the heap. The count is the same on every machine with the same compiler; times are not.

#ifndef HEAP_H
#define HEAP_H

/// Allocations the calling thread has made since it began; 0 where it is not glibc's allocator that serves them.
long heap_allocations(void);

/// From now on the bytes are counted that the calling thread takes and gives back.
void heap_watch(void);

/// Bytes in use: what the calling thread took since `heap_watch`, less what it gave back.
long heap_bytes(void);

/// 1 where they are counted, 0 where another allocator serves.
int heap_is_counted(void);

#endif
