package backend

/*
#cgo LDFLAGS: -ldl -lpthread
#include <stddef.h>
void vrkit_blocks(size_t *is_kept, size_t *is_used);
*/
import "C"

// blocks says how many bytes of large blocks are held, and how many of them are in use now. What serves them
// stands in blocks_linux.c, and is part of every program that imports this package.
func blocks() (kept, used int64) {
	var k, u C.size_t
	C.vrkit_blocks(&k, &u)
	return int64(k), int64(u)
}
