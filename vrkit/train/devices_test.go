package train_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// devicesEnv tells the child process that it has virtual devices.
const devicesEnv = "VRKIT_TEST_DEVICES"

// TestDevices starts itself as a process in which XLA makes four devices of the CPU. There it runs each case on one,
// two and four devices.
func TestDevices(t *testing.T) {
	if os.Getenv(devicesEnv) != "" {
		for name, vary := range shared {
			t.Run(name, func(t *testing.T) { shareAndCompare(t, vary) })
		}
		return
	}
	if testing.Short() {
		t.Skip("-short: processes are started")
	}
	backendtest.XLA(t)
	info, err := backend.Locate(t.Context(), backend.Options{Device: "cpu"})
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDevices$", "-test.v")
	child.Env = append(os.Environ(), devicesEnv+"=1", "XLA_FLAGS="+info.XLAFlags+" --xla_force_host_platform_device_count=4")
	said, err := child.CombinedOutput()
	require.NoError(t, err, string(said))
	for name := range shared {
		require.Contains(t, string(said), "--- PASS: TestDevices/"+name)
	}
}

// shared are the programs that devices share: ω from the training passes, from separate passes, and learned; SMM,
// whose BatchNorm takes the statistics of the whole batch; and dropout, which draws for the whole batch.
var shared = map[string]func(c *train.Config){
	"pad_ilm_fast":  func(c *train.Config) { c.Program.Output = output.ILM{} },
	"pad_flm_exact": func(c *train.Config) { c.Program.Output, c.Schedule = output.FLM{}, train.Exact },
	"pad_linear":    func(c *train.Config) { c.Program.Output = output.Linear{} },
	"smm_blm+_fast": newest,
	"vpt_dropout":   dropout,
}

func shareAndCompare(t *testing.T, vary func(c *train.Config)) {
	dir := t.TempDir()
	trained := func(devices int, epochs ...int) (train.Result, map[string][]float32) {
		var result train.Result
		run := filepath.Join(dir, fmt.Sprintf("%d devices, %v", devices, epochs))
		for _, until := range epochs {
			c := config(t, run, output.BLM{Lambda: 1})
			vary(&c)
			// Adam would amplify the rounding of gradients that are close to 0, and so would SGD at rates that make
			// the loss rise: a linear output at .05 ends 1e-5 away after one rounding error at its start. At these
			// rates it ends less than 3e-7 away.
			c.Recipe.Optimiser, c.Recipe.Momentum = train.SGD, .9
			c.Epochs, c.Devices = until, devices
			c.Recipe.Prompt = train.Group{Rate: .1, LRSchedule: train.Constant}
			c.Recipe.Output.Rate = .01
			var err error
			result, err = train.Train(t.Context(), c)
			require.NoError(t, err)
		}
		artefact, err := runs.ReadArtefact(run, runs.Last)
		require.NoError(t, err)
		values := map[string][]float32{"ω": artefact.Mapping.Weights}
		for name, value := range artefact.Variables {
			values[name], err = tensors.CopyFlatData[float32](value)
			require.NoError(t, err)
		}
		return result, values
	}
	one, learned := trained(1, 4)
	two, whole := trained(2, 4)
	four, quarters := trained(4, 4)
	for devices, several := range map[int]train.Result{2: two, 4: four} {
		same := map[int]map[string][]float32{2: whole, 4: quarters}[devices]
		for i, m := range one.Metrics {
			require.InDelta(t, m.Loss, several.Metrics[i].Loss, 1e-5*max(1, m.Loss), "loss of epoch %d on %d devices", i, devices)
			require.Equal(t, m.TestAccuracy, several.Metrics[i].TestAccuracy)
		}
		require.Len(t, same, len(learned))
		for name, values := range learned {
			require.InDeltaSlice(t, values, same[name], 1e-4, "%s on %d devices", name, devices)
		}
	}
	_, parts := trained(2, 1, 4)
	require.Equal(t, whole, parts, "resumed")
	require.Less(t, one.Last().Loss, .97*one.Metrics[1].Loss, "something is learned")
}

// Asking for too many devices, or for a batch that they can't share equally, is an error before anything is computed.
func TestDevicesThatCannotShare(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.FLM{})
	c.Devices = 3
	_, err := train.Train(t.Context(), c)
	require.EqualError(t, err, "3 devices can't share a batch of 8 equally: take a batch that is a multiple of 3")
	c.Devices, c.Batch = 1000, 1000
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "1000 devices are asked for")
	c.Devices = -1
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "not -1")
}
