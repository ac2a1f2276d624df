// Tests of blocks_linux.c for callers of malloc's family, on several threads: the program prints nothing and ends with 0,
// or names the line that fails. With VRKIT_BLOCKS=off no block is ours, and all other tests are the same.

#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void vrkit_blocks(size_t *is_kept, size_t *is_used);
int vrkit_blocks_on(void);
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);
void cfree(void *p);

#define MUST(holds) \
	do { \
		if (!(holds)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #holds); \
			exit(1); \
		} \
	} while (0)

#define MIB ((size_t)1 << 20)

static size_t kept(void) {
	size_t k, u;
	vrkit_blocks(&k, &u);
	return k;
}

static size_t used(void) {
	size_t k, u;
	vrkit_blocks(&k, &u);
	return u;
}

static char *block(size_t alignment, size_t size) {
	void *p = NULL;
	MUST(posix_memalign(&p, alignment, size) == 0);
	MUST((uintptr_t)p % alignment == 0);
	return p;
}

static int all(const char *p, char value, size_t n) {
	return n == 0 || (p[0] == value && memcmp(p, p + 1, n - 1) == 0);
}

static void reused(void) {
	char *first = block(64, 40 * MIB);
	MUST(used() == 40 * MIB);
	memset(first, 1, 40 * MIB);
	uintptr_t place = (uintptr_t)first;
	free(first);
	MUST(used() == 0 && kept() == 40 * MIB);
	char *second = block(64, 38 * MIB + 5), *other = block(64, 38 * MIB);
	MUST((uintptr_t)second == place && all(second, 1, 38 * MIB + 5));
	MUST((uintptr_t)other != place && all(other, 0, 38 * MIB));
	free(other);
	free(second);
	char *small = block(64, 2 * MIB); // not in a large one
	MUST(used() == 2 * MIB);
	free(small);
	free(block(64, 300 * MIB)); // free blocks make room
	MUST(kept() == 300 * MIB);
}

// A small block takes from the end of a large free block only what it needs.
static void trimmed(void) {
	char *large = block(64, 400 * MIB);
	memset(large, 5, 400 * MIB);
	uintptr_t place = (uintptr_t)large;
	free(large);
	for (int i = 0; i < 3; i++) {
		char *small = block(64, 10 * MIB);
		memset(small, 6, 10 * MIB);
		MUST((uintptr_t)small != place && kept() == 400 * MIB);
		free(small);
	}
	large = block(64, 400 * MIB);
	MUST((uintptr_t)large == place && kept() == 400 * MIB);
	MUST(all(large, 5, 390 * MIB) && all(large + 390 * MIB, 0, 10 * MIB));
	free(large);
}

static void resized(void) {
	for (int to = 1; to <= 9; to += 4) {
		char *p = block(64, 5 * MIB);
		memset(p, to, 5 * MIB);
		p = realloc(p, to * MIB);
		MUST(p && all(p, to, (to < 5 ? to : 5) * MIB));
		MUST(used() == 0);
		memset(p, 9, to * MIB);
		free(p);
	}
	char *p = realloc(NULL, 100);
	memset(p, 3, 100);
	p = realloc(p, 10 * MIB);
	MUST(p && all(p, 3, 100));
	free(p);
}

// ours is the size of a block if it is served by blocks_linux.c, else 0.
static size_t ours(void *p) { return vrkit_blocks_on() ? malloc_usable_size(p) : 0; }

// Alignments that POSIX does not allow are refused for every size, and *out is unchanged.
static void refused(void) {
	size_t bad[] = {0, 1, 2, 3, 4, 24, 63, 100, MIB + 8}, sizes[] = {1, 100, MIB, 40 * MIB};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
			void *p = &p;
			MUST(posix_memalign(&p, bad[i], sizes[j]) == EINVAL && p == &p);
		}
	void *p = NULL;
	MUST(posix_memalign(&p, 64, SIZE_MAX - 1) == ENOMEM); // more than there is
	MUST(posix_memalign(&p, 64, (size_t)1 << 60) == ENOMEM);
	for (size_t alignment = sizeof(void *); alignment <= 8 * MIB; alignment *= 2) {
		free(block(alignment, 4 * MIB));
		free(block(alignment, 100));
	}
	free(NULL);
	MUST(used() == 0);
}

// A block is as large as malloc_usable_size says.
static void usable(void) {
	char *p = block(64, 5 * MIB);
	size_t size = malloc_usable_size(p);
	MUST(size >= 5 * MIB && used() == ours(p));
	memset(p, 7, size);
	free(p);
	MUST(malloc_usable_size(NULL) == 0);
}

// Blocks of other allocators stay with them, whichever function gets them.
static void others(void) {
	for (int how = 0; how < 5; how++) {
		size_t size = 4 * MIB;
		void *their[] = {malloc(size), calloc(size, 1), aligned_alloc(2 * MIB, size), memalign(2 * MIB, size), valloc(size), pvalloc(size), block(64, 100)};
		for (size_t i = 0; i < sizeof their / sizeof *their; i++) {
			size_t has = malloc_usable_size(their[i]);
			MUST(their[i] && has >= (i == 6 ? 100 : size) && used() == 0);
			memset(their[i], how, has);
			switch (how) {
			case 0: free(their[i]); break;
			case 1: cfree(their[i]); break;
			case 2: free_sized(their[i], size); break;
			case 3: free_aligned_sized(their[i], 2 * MIB, size); break;
			case 4:
				their[i] = reallocarray(their[i], 6, MIB);
				MUST(their[i] && all(their[i], how, has < 6 * MIB ? has : 6 * MIB));
				free(their[i]);
			}
		}
	}
}

// Every function that frees can free a block of ours, and keeps errno.
static void freed(void) {
	for (int how = 0; how < 5; how++) {
		errno = EDOM;
		void *p = block(64, 4 * MIB);
		MUST(errno == EDOM && used() == ours(p));
		switch (how) {
		case 0: free(p); break;
		case 1: cfree(p); break;
		case 2: free_sized(p, 4 * MIB); break;
		case 3: free_aligned_sized(p, 64, 4 * MIB); break;
		case 4: MUST(!realloc(p, 0));
		}
		MUST(errno == EDOM && used() == 0);
	}
}

static void arrays(void) {
	char *p = block(64, 4 * MIB);
	volatile size_t half = SIZE_MAX / 2; // unseen by the compiler, which would warn
	memset(p, 8, 4 * MIB);
	errno = 0;
	MUST(!reallocarray(p, half, 3) && errno == ENOMEM); // the product does not fit
	errno = 0;
	MUST(!realloc(p, half) && errno == ENOMEM);
	MUST(all(p, 8, 4 * MIB) && used() == ours(p)); // and the block is unchanged
	p = reallocarray(p, 5, MIB);
	MUST(p && all(p, 8, 4 * MIB) && used() == 0);
	free(p);
}

// Runs before all constructors, also those of libraries.
static void early(void) {
	char *p = block(64, 4 * MIB), *small = block(64, 100);
	MUST(malloc_usable_size(p) >= 4 * MIB && used() == ours(p));
	small = realloc(small, 200);
	free(small);
	free(realloc(p, 5 * MIB));
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = early;

// A thread is not cancelled inside an allocation, not even in one that waits for another thread's block.
static void *ends_later(void *arg) {
	pthread_cancel(pthread_self());
	void *p = NULL;
	posix_memalign(&p, 64, 40 * MIB);
	free(p);
	*(int *)arg = 1;
	pthread_testcancel();
	return NULL;
}

static void cancelled(void) {
	int came = 0;
	void *p = block(64, 40 * MIB), *how;
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, ends_later, &came) == 0);
	pthread_join(thread, &how);
	MUST(came && how == PTHREAD_CANCELED);
	free(p);
}

static atomic_int stop;

static void *busy(void *arg) {
	(void)arg;
	while (!stop)
		free(block(64, 4 * MIB));
	return NULL;
}

// The child of a fork can take and free blocks, whatever the other threads of its parent were doing.
static void forks(void) {
	pthread_t threads[3];
	char *before = block(64, 4 * MIB);
	memset(before, 4, 4 * MIB);
	for (int i = 0; i < 3; i++)
		MUST(pthread_create(&threads[i], NULL, busy, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();
		MUST(child >= 0);
		if (child == 0) {
			alarm(20); // kills a child that waits for ever
			char *p = block(64, 4 * MIB);
			memset(p, 5, 4096);
			free(p);
			p = realloc(before, 100);
			MUST(all(p, 4, 100));
			free(p);
			_exit(0);
		}
		int status;
		MUST(waitpid(child, &status, 0) == child && status == 0);
	}
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	MUST(all(before, 4, 4 * MIB));
	free(before);
}

static void *worker(void *arg) {
	unsigned state = 1 + (unsigned)(uintptr_t)arg;
	struct {
		char *at, value;
		size_t size;
	} held[8] = {0};
	for (int i = 0; i < 4000; i++) {
		state = state * 1664525 + 1013904223;
		int k = state >> 29;
		if (held[k].at) {
			MUST(all(held[k].at, held[k].value, held[k].size));
			MUST(malloc_usable_size(held[k].at) >= held[k].size);
			if (i % 16 == 0) {
				held[k].at = realloc(held[k].at, held[k].size / 2 + 1);
				MUST(all(held[k].at, held[k].value, held[k].size / 2));
			}
			free(held[k].at);
		}
		held[k].size = (state >> 8) % (3 * MIB);
		held[k].value = (char)i;
		held[k].at = block(64, held[k].size + 1);
		memset(held[k].at, held[k].value, held[k].size);
	}
	for (int k = 0; k < 8; k++)
		free(held[k].at);
	return NULL;
}

int main(void) {
	if (vrkit_blocks_on()) {
		reused();
		trimmed();
		resized();
	}
	refused();
	usable();
	others();
	freed();
	arrays();
	cancelled();
	forks();
	pthread_t threads[4];
	for (uintptr_t i = 0; i < 4; i++)
		MUST(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	MUST(used() == 0 && (vrkit_blocks_on() || kept() == 0));
	return 0;
}
