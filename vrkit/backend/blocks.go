package backend

import (
	"fmt"
	"os"
)

// BlocksEnv names the environment variable that decides which allocator serves XLA's large blocks of memory. On Linux
// this package defines posix_memalign, free and the functions beside them for the whole program. It keeps large blocks
// from step to step, which saves the time in which the kernel would clear them again. The value "off" leaves every
// block to the C library or to another loaded allocator; the build tag noblocks leaves the definitions out of the
// program.
const BlocksEnv = "VRKIT_BLOCKS"

// LargeBlocks says which allocator serves large blocks in this process. An unknown value of [BlocksEnv] is an error,
// because a misspelt "off" would leave it on.
func LargeBlocks() (string, error) {
	if value := os.Getenv(BlocksEnv); value != "" && value != "on" && value != "off" {
		return "", fmt.Errorf("%s=%s is not known: set it to off, or leave it out", BlocksEnv, value)
	}
	if servesBlocks() {
		return "kept by this program from step to step", nil
	}
	return "left to the system's allocator", nil
}
