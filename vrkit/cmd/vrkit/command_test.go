package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// commandEnv makes the test binary be the command, so that a test can interrupt a real process.
const commandEnv = "VRKIT_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		modeltest.Register(modeltest.TinyText)
		main()
	}
	os.Exit(m.Run())
}

// vrkitIn runs a command in a folder, and returns its exit status and its output.
func vrkitIn(t *testing.T, dir string, arguments ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(dir)
	var out, err bytes.Buffer
	status = run(t.Context(), arguments, &out, &err)
	return status, out.String(), err.String()
}

// refused requires that a command ends with status 1 and one line that names the cause, has no other output, and leaves
// no file in dir.
func refused(t *testing.T, dir, cause string, arguments ...string) {
	t.Helper()
	before := files(t, dir)
	status, stdout, stderr := vrkitIn(t, dir, arguments...)
	require.Equal(t, 1, status, "%q: %s", arguments, stderr)
	require.Empty(t, stdout, "%q", arguments)
	require.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
	require.Contains(t, stderr, cause, "%q", arguments)
	require.Equal(t, before, files(t, dir), "%q leaves something behind", arguments)
}

// files lists the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// Names come from folders and from flags: what they hold can't steer the terminal.
func TestNamesWithControlCharacters(t *testing.T) {
	dir := t.TempDir()
	for _, class := range []string{"a", "red\x1b]0;title\a\u009b31m"} {
		folder := filepath.Join(dir, "own", class)
		require.NoError(t, os.MkdirAll(folder, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "1.txt"), nil, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own", "a", "1.png"), nil, 0o600))
	refused(t, dir, `red\u001b]0;title\u0007\u009b31m`, "train", "-dataset", "folder:own", "-o", "run")
	refused(t, dir, `\u001b[31mrun is no run directory`, "eval", "\x1b[31mrun")
}

// A flag that a command would not look at is refused.
func TestUnusedFlags(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "-dataset is for the masks: give -masks N too, or leave it out", "show", "run", "-dataset", "nonsense")
	refused(t, dir, "-device is for the masks", "show", "run", "-device", "cpu")
	refused(t, dir, "-side and -raw exclude each other", "logits", "-image", "x.png", "-raw", "-side", "64")
}

// A flag of XLA's that the plugin does not know is named in one line of ours: the plugin would end the process.
func TestUnknownXLAFlag(t *testing.T) {
	backendtest.XLA(t)
	command := process(t, t.TempDir(), "doctor")
	command.Env = append(command.Environ(), "XLA_FLAGS=--nonsense", "GOMLX_BACKEND=")
	said, err := command.CombinedOutput()
	require.NoError(t, err, string(said))
	require.Contains(t, string(said), "XLA_FLAGS has --nonsense, which the plugin does not know: correct it, or unset XLA_FLAGS")
}

func TestHelp(t *testing.T) {
	dir := t.TempDir()
	for _, arguments := range [][]string{{}, {"-h"}, {"help"}} {
		status, stdout, stderr := vrkitIn(t, dir, arguments...)
		require.Equal(t, 0, status)
		require.Empty(t, stderr)
		for _, c := range commands {
			require.Contains(t, stdout, "vrkit "+c.name)
		}
	}
	for _, c := range commands {
		status, stdout, stderr := vrkitIn(t, dir, c.name, "-h")
		require.Equal(t, 0, status)
		require.Empty(t, stderr)
		require.Contains(t, stdout, c.summary)
		require.Contains(t, stdout, "-json")
	}
}

func TestUnknownNames(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, c := range commands {
		names = append(names, c.name)
		refused(t, dir, "-bogus; see vrkit "+c.name+" -h", c.name, "-bogus")
	}
	refused(t, dir, `no command is called "trian"; known: `+strings.Join(names, ", "), "trian")
	refused(t, dir, `was given "extra"`, "doctor", "extra")
	refused(t, dir, `no device is called "tpu"; known: auto, cpu, gpu`, "doctor", "-device", "tpu")
	refused(t, dir, `no model is called "resnet"; known: `+models.All()[0].Name, "train", "-o", "run", "-model", "resnet")
	refused(t, dir, `no data set is called "imagenet"; known: `+datasets.All()[0].Name, "train", "-o", "run", "-dataset", "imagenet")
	refused(t, dir, `no input manipulation is called "glue"; known: `+strings.Join(input.Names(), ", "), "train", "-o", "run", "-input", "glue")
	refused(t, dir, `no output alignment is called "glue"; known: `+strings.Join(output.Names(), ", "), "train", "-o", "run", "-output", "glue")
	refused(t, dir, `no device is called "tpu"`, "train", "-o", "run", "-device", "tpu")
	refused(t, dir, `no precision is called "fp8"; known: fp32, bf16`, "train", "-o", "run", "-precision", "fp8")
}

func TestTrainRefuses(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "needs a run directory: -o RUN", "train")
	for flags, cause := range map[string]string{
		"-batch -1":              "a batch has 1 to 16384 samples, not -1",
		"-batch -5":              "not -5",
		"-batch 99999999999":     "not 99999999999",
		"-batch ten":             `invalid value "ten" for flag -batch`,
		"-epochs -1":             "at least one epoch, not -1",
		"-lr -.1":                "from 0 to 1e6, not -0.1",
		"-lr nan":                "from 0 to 1e6, not NaN",
		"-lambda -1":             "λ must be a number of at least 0, not -1",
		"-lambda NaN":            "not NaN",
		"-side 100":              "multiples of 32, not 100",
		"-side -32":              "not -32",
		"-n 128":                 "-n: padding needs an image smaller than the model's input: its side must lie between 1 and 127, not 128",
		"-side 64 -n 64":         "must lie between 1 and 63, not 64",
		"-n -3":                  "-n: padding needs",
		"-lr-mask -1":            "learning rate of the mask generator must be a number from 0 to 1e6, not -1",
		"-lr-output inf":         "learning rate of the output must be",
		"-recipe best":           `no recipe is called "best"; known: course, blm, blm-watermark, smm, smm-vit, clip, vpt`,
		"-schedule slow":         `no ω schedule is called "slow"; known: fast, exact`,
		"-augment yes":           `no augmentation is called "yes"; known: recipe, none, always`,
		"-protocol fair":         `no protocol is called "fair"; known: honest, paper`,
		"-input border":          `no input manipulation is called "border"; known: pad, narrow, medium, full, smm`,
		"-output best":           `no output alignment is called "best"; known: rlm, flm, ilm, blm, blm+, linear, identity`,
		"-input full -width 65":  "-width: a watermark's frame is at least 1 pixel and at most half the model's side wide: its width must lie between 1 and 64, not 65",
		"-input smm -patch 3":    "-patch: SMM's patch size is a power of two, not 3",
		"-input smm -patch 32":   "at most 16 with 5 layers and 32 with 6, not 32 with 5",
		"-input smm -layers 4":   "5 or 6 convolutions, not 4",
		"-input smm -channels 2": "3 channels or 1, not 2",
		"-input smm -ablate all": `SMM has no ablation "all"; known: delta, mask, ones`,
		"-input smm -side 96 -patch 64 -layers 6": "not 64 with 6",
		"-output blm+ -alpha 0":                   "-alpha",
		"-output linear -restrict few":            "-restrict",
		"-seed -1":                                `invalid value "-1" for flag -seed`,
		"-train 60001":                            "-train 60001: mnist has 60000 training samples, too few to take 60001",
		"-train 60000 -val 1":                     "-train 60000 -val 1: mnist has 60000 training samples, too few to take 60000 and 1 for validation",
		"-train 0 -val 60000":                     "-train 0 -val 60000: mnist has 60000 training samples, too few to take 60000 for validation and leave one for training",
		"-test 10001":                             "-test 10001: mnist has 10000 test samples, too few to take 10001",
		"-val -1":                                 "can't be negative",
		"-json=perhaps":                           "perhaps",
		"-train 10 surplus.png":                   `was given "surplus.png"`,
	} {
		refused(t, dir, cause, append([]string{"train", "-o", "run"}, strings.Fields(flags)...)...)
	}
}

func TestRunDirectoryRefused(t *testing.T) {
	dir := t.TempDir()
	for _, command := range []string{"eval", "show"} {
		refused(t, dir, "needs RUN", command)
		refused(t, dir, "nowhere is no run directory: it has no program.json", command, "nowhere")
		refused(t, dir, ". is no run directory", command, ".")
		refused(t, dir, `no epoch is called "first"; known: last, best`, command, ".", "-epoch", "first")
	}
	refused(t, dir, "a batch has 1 to 16384 samples, not 0", "eval", ".", "-batch", "0")
	refused(t, dir, `no part is called "exam"; known: test, val, train`, "eval", ".", "-part", "exam")

	require.NoError(t, os.WriteFile("program.json", []byte(`{"input":`), 0o600))
	refused(t, dir, "program.json is damaged: unexpected end of JSON", "eval", ".")
	require.NoError(t, os.WriteFile("program.json", []byte(`{"model":{"name":"resnet"}}`), 0o600))
	refused(t, dir, `no model is called "resnet"`, "show", ".")
}

func TestDoctor(t *testing.T) {
	status, stdout, stderr := vrkitIn(t, t.TempDir(), "doctor", "-json")
	require.Equal(t, 0, status, stderr)
	require.Empty(t, stderr)
	var findings []finding
	require.NoError(t, json.Unmarshal([]byte(stdout), &findings))
	var what []string
	for _, f := range findings {
		what = append(what, f.What)
		require.True(t, f.OK || f.Remedy != "", "what is missing can be had: %+v", f)
	}
	require.Subset(t, what, []string{"versions", "cache", "backend", "python3", "model squeezenet1.1", "data set mnist"})
}

// If the output can't be written, the command fails.
func TestOutputThatCantBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("this system has no /dev/full: %v", err)
	}
	defer full.Close()
	var stderr strings.Builder
	for _, arguments := range [][]string{{"models"}, {"models", "-json"}, {"train", "-h"}, {}} {
		stderr.Reset()
		require.Equal(t, 1, run(t.Context(), arguments, full, &stderr), "%q", arguments)
		require.Contains(t, stderr.String(), "vrkit: the output can't be written: ")
		require.Contains(t, stderr.String(), "no space left on device")
	}
}

// A number that is far too large is one line of error, and takes no memory.
func TestTooLarge(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "a batch of 50 pictures of side 100000 takes more memory than can be", "train", "-side", "100000", "-o", "run")
	refused(t, dir, "a batch of 16384 pictures of side 1024 takes more memory", "train", "-side", "1024", "-batch", "16384", "-o", "run")
	refused(t, dir, "must be a number from 0 to 1e6, not 1e+300", "train", "-lr", "1e300", "-o", "run")
	refused(t, dir, "-voters must be at least 0, not -1", "predict", "run", "a.png", "-voters", "-1")
}
