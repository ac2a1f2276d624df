//go:build cgo && !noblocks && !asan && !msan

package backend

/*
#cgo LDFLAGS: -ldl -lpthread
#include <stddef.h>
void vrkit_blocks(size_t *is_kept, size_t *is_used);
int vrkit_blocks_on(void);
*/
import "C"

// blocks returns how many bytes of large blocks are held, and how many of them are in use. The allocator is in
// blocks_linux.c, and is part of every program that imports this package.
func blocks() (kept, used int64) {
	var k, u C.size_t
	C.vrkit_blocks(&k, &u)
	return int64(k), int64(u)
}

func servesBlocks() bool { return C.vrkit_blocks_on() != 0 }
