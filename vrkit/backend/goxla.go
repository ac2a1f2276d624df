package backend

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// known finds a plugin of a kind, "cpu" or "cuda", where go-xla looks for plugins: in $PJRT_PLUGIN_LIBRARY_PATH, else
// where its installer puts them and in $LD_LIBRARY_PATH. It checks the files itself, because go-xla's own search loads
// every candidate into the process, and a damaged one ends it.
func known(kind string) func(context.Context, fetch.Report) (Info, error) {
	return func(context.Context, fetch.Report) (Info, error) {
		err := errAbsent
		for _, dir := range searchPath() {
			found, _ := fs.Glob(os.DirFS(dir), "pjrt?*"+kind+"*")
			for _, name := range found {
				path := filepath.Join(dir, name)
				if !slices.Contains([]string{".so", ".dylib", ".dll"}, filepath.Ext(path)) {
					continue
				}
				var info Info
				if info, err = describe(path, path); err == nil {
					return info.forKind(kind), nil
				}
			}
		}
		return Info{}, err
	}
}

// searchPath lists go-xla's folders, as in its documentation.
func searchPath() []string {
	if paths, set := os.LookupEnv(pjrt.PJRTPluginPathsEnv); set {
		return filepath.SplitList(paths)
	}
	var dirs []string
	if lib, err := installer.DefaultHomeLibPath(); err == nil {
		dirs = append(dirs, filepath.Join(lib, "go-xla"), filepath.Join(lib, "go-xla", "nvidia"))
	}
	dirs = append(dirs, "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia")
	libraries := []string{"LD_LIBRARY_PATH"}
	if runtime.GOOS == "darwin" {
		libraries = []string{"DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH"}
	}
	for _, name := range libraries {
		for _, dir := range filepath.SplitList(os.Getenv(name)) {
			if filepath.IsAbs(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// forKind adds what a CUDA plugin needs to the configuration: tf32 would round the product with ω to 10 bits; shared
// buffers, which go-xla switches on if a path contains "cpu", are for the CPU.
func (i Info) forKind(kind string) Info {
	if kind == "cuda" {
		i.Config += ",tf32=false,shared_buffers=false"
	}
	return i
}

// questionTime is how long go-xla's installer may take to find its release, so that a machine without a network does
// not wait long.
const questionTime = 4 * time.Second

// installCPU installs the CPU plugin for a platform, of the release that this go-xla was tested with. Its installer
// knows the address; we fetch it into our cache.
func installCPU(ctx context.Context, platform string, r fetch.Report) (Info, error) {
	const file = "pjrt_c_api_cpu_plugin.so"
	version := pjrt.DefaultCPUVersion
	dir, err := fetch.Once(ctx, "plugins/go-xla-cpu", version, r, func(dir string) error {
		from, err := askRelease(ctx, platform, version)
		if err != nil {
			return err
		}
		release := fetch.Asset{Name: "XLA CPU plugin (go-xla " + version + ")"}
		source := fetch.URL{URL: from, Member: "pjrt_c_api_cpu_*plugin.*"}
		got, err := source.Fetch(ctx, release, dir, r)
		if err != nil {
			return err
		}
		return os.Rename(got, filepath.Join(dir, file))
	})
	if err != nil {
		return Info{}, err
	}
	return describe(filepath.Join(dir, file), "go-xla's release "+version)
}

// askRelease returns the address of the release for a platform. The installer's request can't be cancelled: after
// questionTime nothing waits for it.
func askRelease(ctx context.Context, platform, version string) (address string, err error) {
	name := strings.Replace(platform, "/", "_", 1)
	if !slices.Contains(installer.CPUSupportedPlatforms, name) {
		return "", fmt.Errorf("there is none for %s", platform)
	}
	type answer struct {
		address string
		err     error
	}
	answers := make(chan answer, 1)
	go func() {
		address, err := installer.CPUGetDownloadURL(name, version)
		answers <- answer{address, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return "", &fetch.NetworkError{Reason: lastReason(a.err)}
		}
		return a.address, nil
	case <-time.After(questionTime):
		return "", &fetch.NetworkError{Reason: fmt.Sprint("no answer in ", questionTime)}
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// lastReason returns the innermost reason of an error, which says what happened: "no such host".
func lastReason(err error) string {
	parts := strings.Split(err.Error(), ": ")
	return parts[len(parts)-1]
}
