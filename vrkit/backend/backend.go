// Package backend finds or installs the engine that computes, and opens it.
//
// The engine is XLA, through a PJRT plugin: a shared library of some 200 MB which is not part of this repository.
// [Open] takes the first of these that it can use: the one that GOMLX_BACKEND names; with an NVIDIA driver, a CUDA
// plugin; for the CPU a plugin in the project's cache, one that go-xla already knows, go-xla's own release, and one of
// the pinned Python packages that contain one. [Info] describes the engine in one line.
package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the pure-Go backend, for GOMLX_BACKEND=go
	"github.com/gomlx/go-xla/compute/xla"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// Options say what to open.
type Options struct {
	Device  string       // "auto" (or ""), "cpu" or "gpu"
	Report  fetch.Report // progress of fetching, and why a source was not used; may be nil
	Offline bool         // use only what is on this machine
}

// Devices are the values of [Options].Device.
var Devices = []string{"auto", "cpu", "gpu"}

// Info describes the engine.
type Info struct {
	Config   string // GoMLX's configuration: "xla:/path/to/plugin.so"
	Plugin   string // the plugin's path; empty if go-xla looks it up by name, and for pure Go
	SHA256   string // of the plugin
	Source   string // where it comes from, for users
	XLAFlags string // the XLA_FLAGS that the plugin read
	Threads  int    // processors for which XLA makes its thread pool
	Pure     bool   // the pure-Go backend: tiny nets only
}

// String describes the engine in one line.
func (i Info) String() string {
	if i.Pure {
		return "pure Go backend (" + i.Source + "), for tiny nets only"
	}
	engine := fmt.Sprintf("XLA on the CPU, %d threads", i.Threads)
	if i.cuda() {
		engine = "XLA on the GPU"
	}
	line := engine + ": " + i.Source
	if i.SHA256 != "" {
		line += ", sha256 " + i.SHA256[:12]
	}
	if i.XLAFlags != "" {
		line += ", XLA_FLAGS=" + i.XLAFlags
	}
	return line
}

func (i Info) cuda() bool { return strings.Contains(i.Config, "cuda") }

// Open finds or installs a backend and opens it. Call it once a process: a plugin stays loaded, and reads XLA_FLAGS
// when it is loaded.
func Open(ctx context.Context, o Options) (compute.Backend, Info, error) {
	if _, err := LargeBlocks(); err != nil {
		return nil, Info{}, err
	}
	return first(ctx, o, load)
}

// Locate finds or installs what [Open] would open, without loading it.
func Locate(ctx context.Context, o Options) (Info, error) {
	_, info, err := first(ctx, o, func(Info) (compute.Backend, error) { return nil, nil })
	return info, err
}

// first uses the first candidate that can be found and used. The reasons why others could not be used go to the report,
// and into the error if none is left.
func first(ctx context.Context, o Options, use func(Info) (compute.Backend, error)) (compute.Backend, Info, error) {
	if o.Offline {
		ctx = fetch.Offline(ctx)
	}
	list, err := candidates(o)
	if err != nil {
		return nil, Info{}, err
	}
	var reasons []string
	var disk *fetch.DiskError
	for _, c := range list {
		info, err := c.find(ctx, o.Report)
		var b compute.Backend
		if err == nil {
			info.Threads = threads()
			info.XLAFlags = flagsFor(info.SHA256)
			b, err = use(info)
		}
		if err == nil {
			return b, info, nil
		}
		if flag, ok := errors.AsType[*FlagError](err); ok {
			return nil, Info{}, flag
		}
		if ctx.Err() != nil {
			return nil, Info{}, fmt.Errorf("the XLA plugin: stopped: %w", context.Cause(ctx))
		}
		if e, ok := errors.AsType[*fetch.DiskError](err); ok {
			disk, err = e, e
			ctx = fetch.Offline(ctx) // candidates on this machine may still work
		}
		if !isAbsent(err) {
			whys := []string{fmt.Sprintf("%s: %v", c.name, err)}
			if missing, ok := errors.AsType[*fetch.UnavailableError](err); ok {
				whys = missing.Reasons // this package says what to do
			}
			if slices.Contains(reasons, whys[0]) { // looked for on this machine, then to be fetched
				continue
			}
			reasons = append(reasons, whys...)
			if o.Report != nil && len(list) > 1 {
				o.Report(fetch.Progress{What: "XLA plugin", Stage: "asking", Note: "not " + fetch.Grouped(whys)})
			}
		}
	}
	switch {
	case os.Getenv(compute.ConfigEnvVar) != "":
		return nil, Info{}, fmt.Errorf("%s; unset it, and a plugin is found or fetched", reasons[0])
	case disk != nil:
		return nil, Info{}, fmt.Errorf("the XLA plugin: %w", disk)
	case len(reasons) == 0:
		return nil, Info{}, fmt.Errorf("no XLA plugin is on this machine, and fetching is switched off; set %s=xla:/absolute/path.so to one of your own", compute.ConfigEnvVar)
	}
	return nil, Info{}, fmt.Errorf("no XLA plugin can be used: %s; check the network and pip's settings, or set %s=xla:/absolute/path.so to a plugin of your own",
		fetch.Grouped(reasons), compute.ConfigEnvVar)
}

// load opens the backend with its flags. Every failure becomes one line.
func load(info Info) (b compute.Backend, err error) {
	if !info.Pure && info.Plugin != "" {
		if err := errors.Join(checkPlugin(info.Plugin), checkFlags(info.Plugin, os.Getenv(flagsEnv))); err != nil {
			return nil, err
		}
	}
	xla.EnableAutoInstall(false) // this package decides what is installed, and where
	defer quiet()()
	if info.XLAFlags != os.Getenv(flagsEnv) {
		os.Setenv(flagsEnv, info.XLAFlags)
		defer func() {
			if err != nil { // another plugin may not know these flags
				os.Unsetenv(flagsEnv)
			}
		}()
	}
	defer func() {
		if r := recover(); r != nil { // go-xla panics with some damaged plugins
			b, err = nil, oneLine(fmt.Errorf("%v", r))
		}
	}()
	b, err = compute.NewWithConfig(info.Config)
	return b, oneLine(err)
}

// oneLine keeps the first line of an error.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("it does not load: %s", text)
}

// threads is the number of processors that XLA's CPU client uses: those that this process may use, unless the
// environment says otherwise. (Its pool has at least as many threads as the plugin makes devices, which may be more.)
func threads() int {
	for _, name := range []string{"PJRT_NPROC", "NPROC"} {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
			return n
		}
	}
	return runtime.NumCPU()
}
