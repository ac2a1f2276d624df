// Large aligned blocks, kept for the next step.
//
// XLA asks posix_memalign for every array and, each step anew, for one block of some hundred megabytes that holds all
// of the step's activations. glibc hands such a block back to the kernel when it is freed, and the kernel clears it
// again page by page: a tenth to a third of a step's time. So these definitions stand before glibc's: the plugin,
// which is loaded later, finds them first. They serve blocks of a megabyte and more, in huge pages, keep what is freed
// and give it to who asks next. Everything smaller, and all of malloc, stays with whoever is next in line.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE ((size_t)1 << 20)     // what is smaller is not ours
#define HUGE_PAGE ((size_t)2 << 20) // a block begins on one and is whole ones
#define SLOW ((size_t)32 << 20)     // what takes the kernel some milliseconds to clear
#define MOST 16384                  // blocks at one time; beyond, the next in line serves

struct block {
	char *at;
	size_t size;
	size_t kept;    // bytes from its beginning that may be in memory; of one in use, all
	uint64_t freed; // when, counted in frees; 0 while in use
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct block blocks[MOST];
static int count;
static uint64_t frees;
static size_t kept, used, most_used; // bytes

// fitting is the smallest free block that holds size bytes. Of one sixteen times as large, too much would lie idle.
static struct block *fitting(size_t size) {
	struct block *best = NULL;
	for (struct block *b = blocks; b < blocks + count; b++)
		if (b->freed && b->size >= size && b->size / 16 <= size && (!best || b->size < best->size))
			best = b;
	return best;
}

// settle gives what free blocks end with back to the kernel, the longest free first, until no more is kept than was
// ever in use at once. A pass that needs little thus takes little from the block that waits for the next step.
static void settle(void) {
	if (used > most_used)
		most_used = used;
	while (kept > most_used) {
		struct block *oldest = NULL;
		for (struct block *b = blocks; b < blocks + count; b++)
			if (b->freed && (!oldest || b->freed < oldest->freed))
				oldest = b;
		size_t excess = kept - most_used;
		if (excess < oldest->kept) {
			oldest->kept -= excess;
			madvise(oldest->at + oldest->kept, excess, MADV_DONTNEED);
			kept -= excess;
		} else {
			munmap(oldest->at, oldest->size);
			kept -= oldest->kept;
			*oldest = blocks[--count];
		}
	}
}

// map asks the kernel for a new block, as NULL where there is none to be had.
static struct block *map(size_t size) {
	if (count == MOST)
		return NULL;
	char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + size, HUGE_PAGE - before);
	madvise(p + before, size, MADV_HUGEPAGE); // where the kernel has none, small ones do
	blocks[count] = (struct block){.at = p + before, .size = size};
	return &blocks[count++];
}

// awaited waits a moment for a block in use to be freed, where a new one would take longer to clear than that: a step
// asks for its block just before the last step's, on another thread, is given back, and a run would hold two for good.
static struct block *awaited(size_t size) {
	struct block *b = NULL;
	for (int i = 0; i < 20 && size >= SLOW && used >= size && !b; i++) {
		pthread_mutex_unlock(&mutex);
		usleep(100);
		pthread_mutex_lock(&mutex);
		b = fitting(size);
	}
	return b;
}

// take is a block of size bytes, a multiple of a huge page, or NULL.
static void *take(size_t size) {
	void *at = NULL;
	pthread_mutex_lock(&mutex);
	struct block *b = fitting(size);
	if (!b)
		b = awaited(size);
	if (!b)
		b = map(size);
	if (b) {
		at = b->at;
		used += b->size;
		kept += b->size - b->kept;
		b->kept = b->size;
		b->freed = 0;
		settle();
	}
	pthread_mutex_unlock(&mutex);
	return at;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
	static int (*next)(void **, size_t, size_t);
	if (size >= LARGE && size <= SIZE_MAX / 2 && alignment && HUGE_PAGE % alignment == 0) {
		void *at = take((size + HUGE_PAGE - 1) & -HUGE_PAGE);
		if (at) {
			*out = at;
			return 0;
		}
	}
	if (!next && !(next = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign")))
		return ENOMEM;
	return next(out, alignment, size);
}

// may_be_ours spares the mutex for nearly all that is freed and is not.
static int may_be_ours(void *p) { return p && ((uintptr_t)p & (HUGE_PAGE - 1)) == 0; }

// held is the block in use that begins at p, or NULL; the mutex is the caller's.
static struct block *held(void *p) {
	for (struct block *b = blocks; b < blocks + count; b++)
		if (b->at == p && !b->freed)
			return b;
	return NULL;
}

// give takes the block at p back, and says whether it is one of ours.
static int give(void *p) {
	if (!may_be_ours(p))
		return 0;
	pthread_mutex_lock(&mutex);
	struct block *b = held(p);
	if (b) {
		b->freed = ++frees;
		used -= b->size;
	}
	pthread_mutex_unlock(&mutex);
	return b != NULL;
}

// size_of is how many bytes the block at p holds, 0 where it is none of ours.
static size_t size_of(void *p) {
	if (!may_be_ours(p))
		return 0;
	pthread_mutex_lock(&mutex);
	struct block *b = held(p);
	size_t size = b ? b->size : 0;
	pthread_mutex_unlock(&mutex);
	return size;
}

void free(void *p) {
	static void (*next)(void *);
	if (!give(p) && (next || (next = (void (*)(void *))dlsym(RTLD_NEXT, "free"))))
		next(p);
}

void *realloc(void *p, size_t size) {
	static void *(*next)(void *, size_t);
	size_t old = size_of(p);
	if (!old)
		return next || (next = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc")) ? next(p, size) : NULL;
	void *q = malloc(size);
	if (q) {
		memcpy(q, p, old < size ? old : size);
		free(p);
	}
	return q;
}

void vrkit_blocks(size_t *is_kept, size_t *is_used) {
	pthread_mutex_lock(&mutex);
	*is_kept = kept;
	*is_used = used;
	pthread_mutex_unlock(&mutex);
}
