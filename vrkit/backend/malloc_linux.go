package backend

import (
	"os"
	"syscall"
)

// mallocEnv names the variable that glibc reads as a process starts.
const mallocEnv = "GLIBC_TUNABLES"

// keepMemory keeps the memory of one step for the next, in huge pages: XLA asks for some hundred megabytes a
// step, and the kernel would take them back and clear them anew, page by page, a tenth to a third of the
// step's time (docs/performance.md). What is larger than 32 MB, the most that glibc takes for this bound, comes and
// goes: that is a step's one block of activations, which glibc would often fail to put where the last one was, so
// that a run would hold two to five of them. The notebooks' kernel has the same.
const keepMemory = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=17179869184"

// malloc has one arena besides, because the others give memory back whatever is set. It makes compiling slower, and
// a notebook compiles more than it trains.
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
