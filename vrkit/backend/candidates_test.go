package backend

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// nothingElse hides all plugins of this machine from the test, except those that it makes.
func nothingElse(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", t.TempDir())
	t.Setenv(fetch.CacheEnv, t.TempDir())
}

// oneLineError asserts that an error is one line without what a user should not see.
func oneLineError(t *testing.T, err error, parts ...string) {
	t.Helper()
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
	for _, part := range parts {
		require.ErrorContains(t, err, part)
	}
}

// library writes only the header of a shared library for a machine.
func library(t *testing.T, machine elf.Machine) (path string) {
	var b bytes.Buffer
	header := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = 2, 1, 1
	require.NoError(t, binary.Write(&b, binary.LittleEndian, header))
	path = filepath.Join(t.TempDir(), "pjrt_c_api_cpu_plugin.so")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func TestOfflineFindsNothing(t *testing.T) {
	nothingElse(t)
	_, err := Locate(t.Context(), Options{Device: "cpu", Offline: true})
	oneLineError(t, err, "no XLA plugin is on this machine", "GOMLX_BACKEND=xla:/")
}

// Plugins on this machine come before those to fetch. The pinned plugins are for one platform; on others go-xla's own
// is tried if it has one.
func TestCandidatesOfPlatforms(t *testing.T) {
	nothingElse(t)
	var names []string
	for _, p := range pinned {
		names = append(names, p.Name)
	}
	const release, knows = "go-xla's release", "plugin that go-xla knows"
	others := []string{release, knows, release}
	for platform, want := range map[string][]string{
		"linux/amd64":  slices.Concat(names, others, names),
		"linux/arm64":  others,
		"darwin/arm64": others,
		"darwin/amd64": others,
	} {
		var got []string
		for _, c := range cpu(platform) {
			got = append(got, c.name)
		}
		require.Equal(t, want, got, platform)
	}
	_, err := installCPU(t.Context(), "darwin/amd64", nil)
	oneLineError(t, err, "there is none for darwin/amd64")
}

func TestUnknownDevice(t *testing.T) {
	_, err := Locate(t.Context(), Options{Device: "tpu"})
	oneLineError(t, err, `"tpu"`, "auto, cpu, gpu")
}

func TestEnvironmentIsObeyed(t *testing.T) {
	nothingElse(t)
	t.Setenv("GOMLX_BACKEND", "go")
	b, info, err := Open(t.Context(), Options{Device: "gpu"})
	require.NoError(t, err)
	require.True(t, info.Pure)
	require.Contains(t, info.String(), "tiny nets")
	b.Finalize()

	text := filepath.Join(t.TempDir(), "plugin.so")
	require.NoError(t, os.WriteFile(text, []byte("not a library"), 0o600))
	for config, part := range map[string]string{
		"nonsense":                             `no backend "nonsense"`,
		"xla:/is/not/there.so":                 "/is/not/there.so is not there",
		"xla:" + t.TempDir():                   "is not a file",
		"xla:" + text + ",tf32=false":          "damaged or no shared library",
		"xla:" + library(t, elf.EM_AARCH64):    "EM_AARCH64",
		"xla:" + library(t, elf.EM_X86_64):     "no PJRT plugin",
		"xla:a_plugin_that_no_one_has":         "does not load",
		"xla:" + filepath.Join(text, "inside"): "not a directory",
	} {
		t.Setenv("GOMLX_BACKEND", config)
		_, _, err := Open(t.Context(), Options{})
		oneLineError(t, err, part, "GOMLX_BACKEND", "unset it")
	}
}

func TestKnownPluginsAreCheckedFirst(t *testing.T) {
	nothingElse(t)
	broken := library(t, elf.EM_S390)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(broken))
	var notes []string
	_, err := Locate(t.Context(), Options{Device: "cpu", Offline: true, Report: func(p fetch.Progress) { notes = append(notes, p.Note) }})
	oneLineError(t, err, broken, "EM_S390", "remove it")
	require.Len(t, notes, 1)
}

func TestFlagsAreTheUsersFirst(t *testing.T) {
	t.Setenv(flagsEnv, "--xla_of_the_user=1")
	for _, p := range pinned {
		require.Equal(t, "--xla_of_the_user=1", flagsFor(p.SHA256))
	}
	require.NoError(t, os.Unsetenv(flagsEnv))
	for _, p := range pinned {
		require.Equal(t, p.flags, flagsFor(p.SHA256))
	}
	require.Empty(t, flagsFor("another"))
}

// A plugin where go-xla's own installer puts it is used, and the line describes it.
func TestKnownPluginIsTaken(t *testing.T) {
	path, ok := pinned[0].Cached()
	if !ok {
		fetchtest.Missing(t, "%s is not cached", pinned[0].Name)
	}
	nothingElse(t)
	link := filepath.Join(t.TempDir(), "pjrt_c_api_cpu_v0.1_plugin.so")
	require.NoError(t, os.Symlink(path, link))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(link))
	info, err := Locate(t.Context(), Options{Device: "cpu", Offline: true})
	require.NoError(t, err)
	require.Equal(t, "xla:"+link, info.Config)
	require.Equal(t, pinned[0].SHA256, info.SHA256)
	require.Regexp(t, `^XLA on the CPU, \d+ threads: .*plugin\.so, sha256 ad1309ac822b`, info.String())

	cut := filepath.Join(t.TempDir(), "pjrt_c_api_cpu_plugin.so")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cut, whole[:len(whole)/2], 0o600))
	require.Error(t, checkPlugin(cut))
}

func TestPinsAreWhole(t *testing.T) {
	t.Setenv(fetch.CacheEnv, t.TempDir())
	for _, a := range Pinned() {
		_, err := a.Path()
		require.NoError(t, err)
		require.Positive(t, a.Size)
		require.Positive(t, a.Download)
		require.NotEmpty(t, a.License)
	}
}

func TestThreads(t *testing.T) {
	t.Setenv("NPROC", "3")
	require.Equal(t, 3, threads())
	t.Setenv("PJRT_NPROC", "5")
	require.Equal(t, 5, threads())
}

func TestForwardStdout(t *testing.T) {
	var said []string
	end := forwardStdout(func(line string) { said = append(said, line) })
	_, err := os.Stdout.WriteString("\x1b[?25l\r⣾ Downloading a (1.0 MB) ...\x1b[K\r⣽ Downloading a (2.0 MB) ...\n")
	require.NoError(t, err)
	end()
	require.Equal(t, []string{"Downloading a (1.0 MB) ..."}, said)
}

// No log of go-xla or the plugin reaches the terminal.
func TestOpeningIsQuiet(t *testing.T) {
	if os.Getenv("VRKIT_TEST_OPEN") != "" {
		_, info, err := Open(t.Context(), Options{Device: "cpu", Offline: true})
		require.NoError(t, err)
		require.NotContains(t, info.String(), "\n")
		return
	}
	if _, ok := pinned[0].Cached(); !ok {
		fetchtest.Missing(t, "%s is not cached", pinned[0].Name)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestOpeningIsQuiet$")
	child.Env = append(os.Environ(), "VRKIT_TEST_OPEN=1")
	out, err := child.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "PASS\n", string(out))
}
