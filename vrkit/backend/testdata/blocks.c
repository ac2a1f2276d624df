// What blocks_linux.c promises to who calls malloc's family, on several threads: a program that says nothing and
// ends with 0, or names the line that does not hold.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vrkit_blocks(size_t *is_kept, size_t *is_used);

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
	free(block(64, 300 * MIB)); // what is free makes room
	MUST(kept() == 300 * MIB);
}

// What is small takes no more from a large block that is free than it needs itself, from its end.
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

static void odd(void) {
	void *p = NULL;
	MUST(posix_memalign(&p, 3, 4 * MIB) != 0);      // no power of two
	MUST(posix_memalign(&p, 64, SIZE_MAX - 1) != 0); // more than there is
	MUST(posix_memalign(&p, 64, (size_t)1 << 60) != 0);
	free(block(8 * MIB, 4 * MIB));
	free(block(64, 100));
	free(NULL);
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
	reused();
	trimmed();
	resized();
	odd();
	pthread_t threads[4];
	for (uintptr_t i = 0; i < 4; i++)
		MUST(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	MUST(used() == 0);
	return 0;
}
