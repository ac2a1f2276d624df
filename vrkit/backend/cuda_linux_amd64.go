package backend

import (
	"context"
	"path/filepath"

	"github.com/gomlx/go-xla/installer"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// cuda lists the places of CUDA plugins.
func cuda() []candidate {
	return []candidate{
		{"CUDA plugin that go-xla knows", known("cuda")},
		{"go-xla's CUDA installer", installCUDA},
	}
}

// installCUDA lets go-xla's installer put the CUDA plugin and NVIDIA's libraries, some gigabytes of Python packages,
// into our cache.
func installCUDA(ctx context.Context, r fetch.Report) (Info, error) {
	const name = "plugins/cuda"
	dir, err := fetch.Once(ctx, name, "13", r, func(dir string) error {
		defer quiet()()
		defer forwardStdout(func(line string) {
			if r != nil {
				r(fetch.Progress{What: name, Stage: "running", Note: line})
			}
		})()
		return installer.CudaInstall("cuda13", "latest", cudaFolder(dir), false, installer.Quiet)
	})
	if err != nil {
		return Info{}, err
	}
	info, err := describe(filepath.Join(cudaFolder(dir), "nvidia", installer.NVIDIAPJRTPluginFileName), "go-xla's CUDA installer")
	return info.forKind("cuda"), err
}

// cudaFolder has the name that the plugin's own search for its libraries needs.
func cudaFolder(dir string) string { return filepath.Join(dir, "lib", "go-xla") }
