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

	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// victimEnv makes this test binary train the run that it names, to be killed meanwhile.
const victimEnv = "VRKIT_TEST_VICTIM"

// TestVictim is not a test by itself: it is the process that TestKilledRun kills.
func TestVictim(t *testing.T) {
	run := os.Getenv(victimEnv)
	if run == "" {
		return
	}
	c := config(t, run, output.BLM{Lambda: 1})
	c.Epochs = 30 * wanted(t) // four steps each, of which no process lives to take more than 80
	c.Events = func(e train.Event) {
		if e.Stage == train.StageTrain && e.Step > 0 { // compiled, and computing
			fmt.Println("under way")
		}
	}
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
}

// killsEnv says how often the run is to be killed at least; .ci/run -full sets it.
const killsEnv = "VRKIT_TEST_KILLS"

func wanted(t *testing.T) int {
	text := os.Getenv(killsEnv)
	if text == "" {
		return 3
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, killsEnv)
	return n
}

// TestKilledRun kills a training process, SIGKILL, again and again at moments drawn by chance, and
// holds what the run comes to against one that was left in peace.
func TestKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a short test starts no processes")
	}
	dir := t.TempDir()
	peaceful, killed := filepath.Join(dir, "peaceful"), filepath.Join(dir, "killed")
	output, err := victim(t, peaceful).CombinedOutput()
	require.NoError(t, err, string(output))

	kills := 0
	for {
		process := victim(t, killed)
		stdout, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		lines := bufio.NewScanner(stdout)
		for left := rand.IntN(80); left >= 0 && lines.Scan(); {
			if strings.Contains(lines.Text(), "under way") {
				left--
			}
		}
		timer := time.AfterFunc(rand.N(5*time.Millisecond), func() { process.Process.Kill() })
		rest, _ := io.ReadAll(stdout)
		if err := process.Wait(); err == nil || timer.Stop() { // it came to its end
			require.NoError(t, err, string(rest))
			break
		}
		kills++
		require.Less(t, kills, 200, "the run does not get on")
	}
	t.Logf("killed %d times", kills)
	require.GreaterOrEqual(t, kills, wanted(t))
	require.Equal(t, contents(t, peaceful), contents(t, killed))
}

func victim(t *testing.T, run string) *exec.Cmd {
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVictim$", "-test.v")
	process.Env = append(os.Environ(), victimEnv+"="+run)
	return process
}
