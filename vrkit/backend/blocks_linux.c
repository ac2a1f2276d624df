// Large aligned blocks, kept for the next step.
//
// XLA calls posix_memalign for every array and, at each step, for one block of some hundred megabytes with all of the
// step's activations. glibc returns such a block to the kernel when it is freed, and the kernel clears it again page by
// page: a tenth to a third of a step's time. So these definitions come before glibc's: the plugin, which is loaded
// later, finds them first. They serve blocks of a megabyte and more, in huge pages, and keep freed blocks for the next
// call. The next allocator, mostly glibc, serves everything smaller, and all of malloc.
//
// Every function that may get a block of ours is defined here too. VRKIT_BLOCKS=off leaves all blocks to the next
// allocator; the build tag noblocks leaves this file out, and so do the sanitizers, which serve all blocks themselves.

//go:build !noblocks && !asan && !msan

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE ((size_t)1 << 20)     // the smallest block that is served here
#define HUGE_PAGE ((size_t)2 << 20) // a block consists of whole ones
#define SLOW ((size_t)32 << 20)     // the kernel needs some milliseconds to clear this
#define MOST 16384                  // blocks at one time; the next allocator serves more

struct block {
	char *at;
	size_t size;
	size_t kept;    // bytes from its start that may be in memory; all if it is in use
	uint64_t freed; // when, counted in frees; 0 while in use
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct block blocks[MOST];
static int count;
static uint64_t frees;
static size_t kept, used, most_used; // bytes

// next_of is the next allocator's function of this name. It is NULL if there is none, and for calls from the search
// itself.
static void *next_of(_Atomic(void *) *found, const char *name) {
	static __thread int searching __attribute__((tls_model("initial-exec")));
	void *next = atomic_load_explicit(found, memory_order_relaxed);
	if (!next && !searching) {
		int before = errno;
		searching = 1;
		next = dlsym(RTLD_NEXT, name);
		searching = 0;
		errno = before;
		atomic_store_explicit(found, next, memory_order_relaxed);
	}
	return next;
}

#define NEXT(name) \
	({ \
		static _Atomic(void *) found; \
		(__typeof__(&name))next_of(&found, #name); \
	})

// vrkit_blocks_on tells whether blocks are served here. It reads the environment once.
int vrkit_blocks_on(void) {
	static atomic_int state; // 1: on, 2: off
	int now = atomic_load_explicit(&state, memory_order_relaxed);
	if (!now) {
		const char *value = getenv("VRKIT_BLOCKS");
		now = value && strcmp(value, "off") == 0 ? 2 : 1;
		atomic_store_explicit(&state, now, memory_order_relaxed);
	}
	return now == 1;
}

// In the child of a fork the mutex is free, whatever the other threads of its parent did.
static void lock(void) { pthread_mutex_lock(&mutex); }
static void unlock(void) { pthread_mutex_unlock(&mutex); }
__attribute__((constructor)) static void survive_forks(void) { pthread_atfork(lock, unlock, unlock); }

// fitting is the smallest free block with at least size bytes. A block sixteen times as large would waste too much.
static struct block *fitting(size_t size) {
	struct block *best = NULL;
	for (struct block *b = blocks; b < blocks + count; b++)
		if (b->freed && b->size >= size && b->size / 16 <= size && (!best || b->size < best->size))
			best = b;
	return best;
}

// settle returns the ends of free blocks to the kernel, of those that are free longest first, until no more is kept than
// was ever in use at once. So a pass that needs little takes little from the block for the next step.
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

// map gets a new block from the kernel, or NULL.
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
	madvise(p + before, size, MADV_HUGEPAGE); // without huge pages, small ones are used
	blocks[count] = (struct block){.at = p + before, .size = size};
	return &blocks[count++];
}

// awaited waits a moment until a block is freed, if clearing a new one would take longer: a step asks for its block just
// before another thread frees that of the step before, and otherwise a run would always hold two.
static struct block *awaited(size_t size) {
	struct block *b = NULL;
	for (int i = 0; i < 20 && size >= SLOW && used >= size && !b; i++) {
		int cancel;
		unlock();
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); // no thread is cancelled inside an allocation
		usleep(100);
		pthread_setcancelstate(cancel, &cancel);
		lock();
		b = fitting(size);
	}
	return b;
}

// take is a block of size bytes, a multiple of a huge page, or NULL.
static void *take(size_t size) {
	void *at = NULL;
	lock();
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
	unlock();
	return at;
}

// The next allocator refuses an alignment that POSIX does not allow.
int posix_memalign(void **out, size_t alignment, size_t size) {
	if (size >= LARGE && size <= SIZE_MAX / 2 && alignment && alignment % sizeof(void *) == 0 && HUGE_PAGE % alignment == 0 && vrkit_blocks_on()) {
		int before = errno;
		void *at = take((size + HUGE_PAGE - 1) & -HUGE_PAGE);
		errno = before;
		if (at) {
			*out = at;
			return 0;
		}
	}
	__typeof__(&posix_memalign) next = NEXT(posix_memalign);
	return next ? next(out, alignment, size) : ENOMEM;
}

// may_be_ours avoids the mutex for nearly all frees of other blocks.
static int may_be_ours(void *p) { return p && ((uintptr_t)p & (HUGE_PAGE - 1)) == 0; }

// held is the block in use that starts at p, or NULL. The caller holds the mutex.
static struct block *held(void *p) {
	for (struct block *b = blocks; b < blocks + count; b++)
		if (b->at == p && !b->freed)
			return b;
	return NULL;
}

// give frees the block at p, and returns whether it is one of ours.
static int give(void *p) {
	if (!may_be_ours(p))
		return 0;
	lock();
	struct block *b = held(p);
	if (b) {
		b->freed = ++frees;
		used -= b->size;
	}
	unlock();
	return b != NULL;
}

// size_of is the size of the block at p in bytes; 0 if it is not ours.
static size_t size_of(void *p) {
	if (!may_be_ours(p))
		return 0;
	lock();
	struct block *b = held(p);
	size_t size = b ? b->size : 0;
	unlock();
	return size;
}

void free(void *p) {
	if (!p || give(p))
		return;
	__typeof__(&free) next = NEXT(free);
	if (next)
		next(p);
}

// Other names of free: C23's, and an old one.
void free_sized(void *p, size_t size) {
	(void)size;
	free(p);
}

void free_aligned_sized(void *p, size_t alignment, size_t size) {
	(void)alignment;
	(void)size;
	free(p);
}

void cfree(void *p) { free(p); }

size_t malloc_usable_size(void *p) {
	size_t size = size_of(p);
	__typeof__(&malloc_usable_size) next = size ? NULL : NEXT(malloc_usable_size);
	return next ? next(p) : size;
}

void *realloc(void *p, size_t size) {
	size_t old = size_of(p);
	if (!old) {
		__typeof__(&realloc) next = NEXT(realloc);
		return next ? next(p, size) : NULL;
	}
	if (size == 0) { // as glibc does
		free(p);
		return NULL;
	}
	void *q = malloc(size);
	if (q) {
		memcpy(q, p, old < size ? old : size);
		free(p);
	}
	return q;
}

void *reallocarray(void *p, size_t count_of, size_t size) {
	size_t all;
	if (__builtin_mul_overflow(count_of, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

void vrkit_blocks(size_t *is_kept, size_t *is_used) {
	lock();
	*is_kept = kept;
	*is_used = used;
	unlock();
}
