package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// ownWeights writes a .safetensors file with random weights of torchvision's SqueezeNet, as a network wrapped by
// DataParallel has them.
func ownWeights(t *testing.T, path string, seed uint64) {
	t.Helper()
	type entry struct {
		Type    string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	header, values, random := map[string]entry{}, []byte{}, rand.New(rand.NewPCG(seed, 0))
	tensor := func(name string, bound float64, shape ...int) {
		size, start := 1, len(values)
		for _, n := range shape {
			size *= n
		}
		for range size {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(bound*(2*random.Float64()-1))))
		}
		header["module."+name] = entry{"F32", shape, [2]int{start, len(values)}}
	}
	convolution := func(name string, out, in, kernel int) {
		tensor(name+".weight", math.Sqrt(6/float64(in*kernel*kernel)), out, in, kernel, kernel)
		tensor(name+".bias", .1, out)
	}
	convolution("features.0", 64, 3, 3)
	in := 64
	for i, place := range []int{3, 4, 6, 7, 9, 10, 11, 12} {
		squeeze, name := []int{16, 16, 32, 32, 48, 48, 64, 64}[i], fmt.Sprintf("features.%d.", place)
		convolution(name+"squeeze", squeeze, in, 1)
		convolution(name+"expand1x1", 4*squeeze, squeeze, 1)
		convolution(name+"expand3x3", 4*squeeze, squeeze, 3)
		in = 8 * squeeze
	}
	convolution("classifier.1", 1000, in, 1)
	text, err := json.Marshal(header)
	require.NoError(t, err)
	file := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, values)
	require.NoError(t, os.WriteFile(path, file, 0o600))
}

// A weight file that can't be used is an error of every command that takes one, before anything is fetched.
func TestOwnWeightsRefused(t *testing.T) {
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "a.png"), image.NewGray(image.Rect(0, 0, 40, 32)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "page.pth"), []byte("<html>not found</html>"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "run"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run", "program.json"), []byte(`{"input":{"name":"pad"},"output":{"name":"flm"},"model":{"name":"resnet18"}}`), 0o600))
	for _, command := range []string{
		"logits -model resnet18 -image a.png", "train -model resnet18 -o new", "table -models resnet18 -o new", "eval run", "predict run a.png", "show run",
	} {
		arguments := strings.Fields(command)
		refused(t, dir, "nowhere.pth: no such file", append(arguments, "-weights", "nowhere.pth")...)
		refused(t, dir, "page.pth: not a file of PyTorch's", append(arguments, "-weights", "page.pth")...)
	}
	refused(t, dir, "-weights page.pth is a file of one model, but -models names 2", "table", "-o", "new", "-models", "resnet18,resnet34", "-weights", "page.pth")

	other := fmt.Errorf("run: %w", &runs.OtherWeightsError{Name: "resnet18", Recorded: strings.Repeat("a", 64), Now: strings.Repeat("b", 64)})
	require.EqualError(t, askForWeights(other, ""), "run: it was trained with other weights of resnet18 (sha256 aaaaaaaaaaaa…, now bbbbbbbbbbbb…): give them with -weights FILE")
	require.NoError(t, askForWeights(nil, ""))
	require.Equal(t, os.ErrNotExist, askForWeights(os.ErrNotExist, "a"))
	require.ErrorContains(t, askForWeights(errors.Join(other), "a.pth"), "a.pth has others; give the right file with -weights")
}

// TestOwnWeights trains, resumes and opens runs with a user's own weight file: they need that file, wherever it is, and
// no other.
func TestOwnWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t)
	t.Setenv(commandEnv, "1") // the table starts this test binary as the command
	dir := t.TempDir()
	ownWeights(t, filepath.Join(dir, "own.safetensors"), 1)
	ownWeights(t, filepath.Join(dir, "other.safetensors"), 2)
	savePNG(t, filepath.Join(dir, "a.png"), image.NewGray(image.Rect(0, 0, 28, 28)))
	moved := []string{"-weights", "moved"}
	ends := func(want string, arguments ...string) {
		t.Helper()
		status, stdout, stderr := vrkitIn(t, dir, arguments...)
		require.Equal(t, 0, status, stderr)
		require.Contains(t, stdout, want)
	}
	small := []string{"-side", "32", "-train", "40", "-test", "30", "-batch", "20", "-epochs", "1"}
	train := slices.Concat([]string{"train", "-model", "squeezenet1.1-torchvision", "-o", "run"}, small)
	ends("after 1 epochs", append(train, "-weights", "own.safetensors")...)
	require.NoError(t, os.Rename("own.safetensors", "moved"))
	ends("after 1 epochs", append(train, moved...)...)
	ends("30 samples", append([]string{"eval", "run"}, moved...)...)
	ends("a.png: ", append([]string{"predict", "run", "a.png"}, moved...)...)
	ends("run/figures/prompt.png", append([]string{"show", "run"}, moved...)...)

	const not = "it was trained with other weights of squeezenet1.1-torchvision (sha256 "
	for _, arguments := range [][]string{{"eval", "run"}, {"predict", "run", "a.png"}, {"show", "run"}} {
		refused(t, dir, "run: "+not, append(arguments, "-weights", "other.safetensors")...)
	}
	status, _, stderr := vrkitIn(t, dir, append(train, "-weights", "other.safetensors")...)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "run is another run: "+not)
	require.Contains(t, stderr, "other.safetensors has others; give the right file with -weights")

	table := slices.Concat([]string{"table", "-models", "squeezenet1.1-torchvision", "-seeds", "0", "-o", "grid", "-weights", "moved"}, small)
	ends("| pad | blm |", table...)
	ends("| pad | blm |", table...)
	require.NoError(t, os.Rename("other.safetensors", "moved"))
	status, _, stderr = vrkitIn(t, dir, table...)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "grid/squeezenet1.1-torchvision/mnist/pad-blm/seed-0: "+not)
	require.Contains(t, stderr, "moved has others")
}
