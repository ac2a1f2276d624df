package train_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// victimEnv names the run that this test binary trains until it is killed; caseEnv names the victim's case.
const (
	victimEnv = "VRKIT_TEST_VICTIM"
	caseEnv   = "VRKIT_TEST_VICTIM_CASE"
)

// victims are what runs are killed: the plainest, on XLA; and on the pure-Go backend, because XLA would compile them in
// every process, the one with most to remember, and one that draws in every step.
var victims = map[string]func(t *testing.T, c *train.Config){
	"pad blm": func(*testing.T, *train.Config) {},
	"smm blm+": func(t *testing.T, c *train.Config) {
		newest(c)
		c.Program.Input, c.Backend = input.SMM{Patch: 4, Multiplier: .25}, train.PureGo(t)
	},
	"vpt dropout": func(t *testing.T, c *train.Config) {
		dropout(c)
		c.Backend = train.PureGo(t)
	},
}

// TestVictim is no test of its own: it is the process that TestKilledRun kills.
func TestVictim(t *testing.T) {
	run := os.Getenv(victimEnv)
	if run == "" {
		return
	}
	c := config(t, run, output.BLM{Lambda: 1})
	require.Contains(t, victims, os.Getenv(caseEnv))
	victims[os.Getenv(caseEnv)](t, &c)
	train.CheckpointEvery(time.Millisecond)       // after every step, so that kills fall into writing too
	c.Epochs = 15 * wanted(t, os.Getenv(caseEnv)) // four steps each, of which a process takes 20, or few more
	c.Events = func(e train.Event) {
		if e.Stage == train.StageTrain && e.Step > 0 { // it has compiled and computes
			fmt.Println("under way")
		}
	}
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
}

// killsEnv is the least number of kills of a run; .ci/run -full sets it.
const killsEnv = "VRKIT_TEST_KILLS"

// wanted is the least number of kills of a case: a third for the one that compiles for seconds each time.
func wanted(t *testing.T, name string) int {
	n := 3
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err, killsEnv)
	}
	if name != "pad blm" {
		n = max(1, n/3)
	}
	return n
}

// TestKilledRun kills a training process with SIGKILL at random times, again and again, and compares the run with one
// that was never killed.
func TestKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: processes are started")
	}
	for name := range victims {
		t.Run(name, func(t *testing.T) { killAndCompare(t, name) })
	}
}

func killAndCompare(t *testing.T, name string) {
	dir := t.TempDir()
	peaceful, killed := filepath.Join(dir, "peaceful"), filepath.Join(dir, "killed")
	output, err := victim(t, name, peaceful).CombinedOutput()
	require.NoError(t, err, string(output))

	kills := 0
	for {
		process := victim(t, name, killed)
		stdout, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		lines := bufio.NewScanner(stdout)
		for left := rand.IntN(20); left >= 0 && lines.Scan(); {
			if strings.Contains(lines.Text(), "under way") {
				left--
			}
		}
		timer := time.AfterFunc(rand.N(5*time.Millisecond), func() { process.Process.Kill() })
		rest, _ := io.ReadAll(stdout)
		if err := process.Wait(); err == nil || timer.Stop() { // the run has ended
			require.NoError(t, err, string(rest))
			break
		}
		kills++
		require.Less(t, kills, 200, "the run does not get on")
	}
	t.Logf("killed %d times", kills)
	require.GreaterOrEqual(t, kills, wanted(t, name))
	require.Equal(t, contents(t, peaceful), contents(t, killed))
	requireAll(t, peaceful)
}

func victim(t *testing.T, name, run string) *exec.Cmd {
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$", "-test.v")
	process.Env = append(os.Environ(), victimEnv+"="+run, caseEnv+"="+name)
	return process
}

// requireAll checks that the comparison covers all that a run learns: the artefact has every variable that the program
// counts, and the running statistics.
func requireAll(t *testing.T, run string) {
	artefact, err := runs.ReadArtefact(run, runs.Last)
	require.NoError(t, err)
	manifest, err := runs.ReadManifest(run)
	require.NoError(t, err)
	if manifest.Input.Name != "smm" {
		require.Len(t, artefact.Variables, 1)
		return
	}
	size, statistics := 0, 0
	for name, value := range artefact.Variables {
		if strings.HasSuffix(name, "mean") || strings.HasSuffix(name, "variance") {
			statistics++
		} else {
			size += value.Shape().Size()
		}
	}
	require.Equal(t, manifest.Model.Trainables, size, "δ and φ")
	require.Equal(t, 2*4, statistics, "of four BatchNorms")
}
