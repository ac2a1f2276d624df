package backend

import (
	"fmt"
	"os"
)

// BlocksEnv names the environment variable that says who serves the large blocks of memory that XLA asks for. On Linux
// this package defines posix_memalign, free and the functions beside them for the whole program, keeps such blocks from
// step to step, and so saves the time that the kernel takes to clear them anew. The value "off" leaves every block to
// the C library or to whichever allocator is loaded; the build tag noblocks leaves the definitions out of the program.
const BlocksEnv = "VRKIT_BLOCKS"

// LargeBlocks says in a few words who serves large blocks in this process. A value of [BlocksEnv] that says nothing is
// an error: a misspelt "off" would leave it on.
func LargeBlocks() (string, error) {
	if value := os.Getenv(BlocksEnv); value != "" && value != "on" && value != "off" {
		return "", fmt.Errorf("%s=%s says nothing: set it to off, or leave it out", BlocksEnv, value)
	}
	if servesBlocks() {
		return "kept by this program from step to step", nil
	}
	return "left to the system's allocator", nil
}
