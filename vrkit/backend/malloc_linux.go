package backend

import (
	"os"
	"syscall"
)

// mallocEnv names the variable that glibc reads as a process starts.
const mallocEnv = "GLIBC_TUNABLES"

// keepMemory keeps the memory of one step for the next, in huge pages: XLA asks for some hundred megabytes a
// step, and the kernel would take them back and clear them anew, page by page, a tenth to a third of the
// step's time (docs/performance.md). A step's activations are one aligned block; what glibc trims off its ends it
// would keep aside for small things, and the block's place then is some bytes too small for the next step's, so
// that a run holds two to five of them: hence neither of its caches. The notebooks' kernel has the same.
const keepMemory = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"

// malloc has one arena besides, because the others map whatever is larger than 64 MiB for itself, and give it
// back, whatever is set. It makes compiling slower, and a notebook compiles more than it trains.
const malloc = keepMemory + ":glibc.malloc.arena_max=1"

// TuneMemory restarts the program, as the same process, with the settings of glibc's allocator under which
// XLA is fastest. It is for the first line of a main function: what ran before it runs again. A user's own
// settings stay, and where it can't be done the program goes on as it is, only slower.
func TuneMemory() {
	if _, set := os.LookupEnv(mallocEnv); set {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	_ = syscall.Exec(self, os.Args, append(os.Environ(), mallocEnv+"="+malloc))
}
