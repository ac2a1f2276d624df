package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// The failure matrix of the set-up: the launcher, a real process, ends with one line that says what is wrong and what
// to do. After the failure is removed, the next start makes what was missing.
func TestMatrixOfSetUp(t *testing.T) {
	b := realProcesses(t)
	const jupyter, tools, plugins, weights = "notebooks/jupyter-*", "notebooks/tools-*", "plugins/*", "weights/squeezenet*"
	nobody := []string{"PIP_INDEX_URL=http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL=", "PIP_FIND_LINKS=", "PIP_RETRIES=1",
		"HTTPS_PROXY=http://127.0.0.1:9", "https_proxy=http://127.0.0.1:9"}
	type env = []string
	onlyGo := func(t *testing.T) env { return env{"PATH=" + folderWith(t, "go")} }
	pythonWithout := func(modules ...string) func(*testing.T) env {
		return func(t *testing.T) env {
			return append(nobody, "PATH="+fetchtest.Python(t, modules...)+":"+os.Getenv("PATH"))
		}
	}
	is := func(set ...string) func(*testing.T) env { return func(*testing.T) env { return set } }
	for _, c := range []struct {
		name    string
		missing []string // of the cache
		env     func(*testing.T) env
		bad     func(*testing.T, *day) fetchtest.Bad
		want    string // in the last line; "" if it works
	}{
		{name: "no python3", missing: env{jupyter}, env: onlyGo,
			want: `^JupyterLab needs Python 3.11 or later, and there is none: install it \(Debian, Ubuntu: apt install python3 python3-venv\)$`},
		{name: "no python3 and no plugin", missing: env{plugins}, env: func(t *testing.T) env { return append(onlyGo(t), nobody...) },
			want: `: there is no Python: install Python 3.11 or later with pip \(Debian, Ubuntu: apt install .*\); check the network`},
		{name: "python3 without venv", missing: env{jupyter}, env: pythonWithout("venv"),
			want: `^.*/bin/python3 has no venv with pip: install it \(Debian, Ubuntu: apt install python3-venv\)$`},
		{name: "python3 without ensurepip", missing: env{jupyter}, env: pythonWithout("ensurepip"),
			want: `^.*/bin/python3 has no venv with pip: install it \(Debian, Ubuntu: apt install python3-venv\)$`},
		{name: "python3 without pip", missing: env{plugins}, env: pythonWithout("site-packages", "dist-packages", "ensurepip"),
			want: `: this Python has no pip: install it \(Debian, Ubuntu: apt install python3-pip\); check the network`},
		{name: "pip reaches nobody", missing: env{jupyter}, env: is(nobody...),
			want: `^JupyterLab: pip's package index: the server can't be reached \(connection refused\); check the network and pip's settings, then start again$`},
		{name: "pip finds nothing", missing: env{jupyter}, env: func(t *testing.T) env { return fetchtest.Index(t).Environment() },
			want: `^pip could not install JupyterLab: Could not find a version that satisfies .*; check pip's settings \(pip config list\), then start again$`},
		{name: "pip finds something else", missing: env{jupyter}, env: func(t *testing.T) env {
			return fetchtest.Index(t, fetchtest.Package(t, firstRequirement(t, b), nil)).Environment()
		}, want: `^pip could not install JupyterLab: THESE PACKAGES DO NOT MATCH THE HASHES .*; check pip's settings`},
		{name: "no network and an empty cache", missing: env{"*/*"},
			bad:  func(*testing.T, *day) fetchtest.Bad { return fetchtest.Bad{Offline: true} },
			want: `^no XLA plugin can be used: .*the server can't be reached \(.*\); check the network and pip's settings, or set GOMLX_BACKEND=xla:/absolute/path.so to a plugin of your own$`},
		{name: "no network and no weights", missing: env{weights},
			bad:  func(*testing.T, *day) fetchtest.Bad { return fetchtest.Bad{Offline: true} },
			want: `SqueezeNet.*the server can't be reached.*; check the network`},
		{name: "no network and a full cache",
			bad: func(*testing.T, *day) fetchtest.Bad { return fetchtest.Bad{Offline: true} }},
		{name: "disk full at the plugin", missing: env{plugins},
			env: func(t *testing.T) env {
				zeros := filepath.Join(t.TempDir(), "zeros")
				require.NoError(t, os.WriteFile(zeros, make([]byte, 8<<20), 0o600))
				return fetchtest.Index(t, fetchtest.Package(t, "lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl", map[string]string{"lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so": zeros})).Environment()
			},
			bad:  func(t *testing.T, d *day) fetchtest.Bad { return d.onDisk(t, 6) },
			want: `^the XLA plugin: the disk is full: make room for the cache in .*, or set VRKIT_CACHE to a folder on another disk, then start again \(`},
		{name: "disk full at the kernel", missing: env{tools},
			bad:  func(t *testing.T, d *day) fetchtest.Bad { return d.onDisk(t, 10) },
			want: `^Go kernel \(gonb, goimports\): the disk is full: make room`},
		{name: "disk full at JupyterLab", missing: env{jupyter},
			bad:  func(t *testing.T, d *day) fetchtest.Bad { return d.onDisk(t, 5) },
			want: `^JupyterLab: the disk is full: make room`},
		{name: "read-only cache", missing: env{"*/*"},
			bad:  func(_ *testing.T, d *day) fetchtest.Bad { return fetchtest.Bad{ReadOnly: d.cache} },
			want: `^the cache cannot be written: set VRKIT_CACHE to a folder that can \(.*read-only file system\)$`},
		{name: "wrong GOMLX_BACKEND", env: is("GOMLX_BACKEND=nonsense"),
			want: `^GOMLX_BACKEND=nonsense: there is no backend "nonsense": known are .*; unset it, and a plugin is found or fetched$`},
		{name: "GOMLX_BACKEND without its file", env: is("GOMLX_BACKEND=xla:/is/not/there.so"),
			want: `^GOMLX_BACKEND=xla:/is/not/there.so: /is/not/there.so is not there; unset it, and a plugin is found or fetched$`},
		{name: "plugin for another machine", env: func(t *testing.T) env { return env{"GOMLX_BACKEND=xla:" + foreignPlugin(t)} },
			want: `is ET_DYN for EM_S390, and this program needs a shared library for EM_.*: remove it, or name another; unset it, and a plugin is found or fetched$`},
		{name: "comma in the cache's path", env: is("VRKIT_CACHE=" + filepath.Join(os.TempDir(), "a,b")),
			want: `^the path of the cache \(VRKIT_CACHE\) has a comma, a ':' or a line break in it, which the tools cannot take: move it \(.*a,b\)$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := b.without(t, c.missing...)
			good := d.cache
			if c.env != nil {
				d.env = c.env(t)
			}
			var bad fetchtest.Bad
			if c.bad != nil {
				bad = c.bad(t, d)
			}
			_, last, code := fetchtest.Run(t, d.command(bad, b.launcher, "-setup")(t), 2*time.Minute)
			t.Logf("%d %s", code, last)
			nobodyLeft(t, d.cache)
			if c.want == "" {
				require.Zero(t, code, last)
				return
			}
			require.Equal(t, 1, code, last)
			require.Regexp(t, c.want, last)

			d.env, d.cache = nil, good
			d.link(t, func(string) bool { return true }) // this test does not check where it comes from
			_, last, code = fetchtest.Run(t, d.command(fetchtest.Bad{}, b.launcher, "-setup")(t), 2*time.Minute)
			require.Zero(t, code, last)
		})
	}
}

// folderWith is a folder for PATH with only these commands.
func folderWith(t *testing.T, names ...string) string {
	dir := t.TempDir()
	for _, name := range names {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(dir, name)))
	}
	return dir
}

// firstRequirement is the file name of the wheel that pip requests first.
func firstRequirement(t *testing.T, b built) string {
	text, err := os.ReadFile(filepath.Join(b.root, "notebooks", "jupyter", "requirements.txt"))
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^([a-z0-9-]+)==([0-9.]+)`).FindStringSubmatch(string(text))
	require.NotNil(t, found)
	return strings.ReplaceAll(found[1], "-", "_") + "-" + found[2] + "-py3-none-any.whl"
}

// foreignPlugin is the header of a shared library for another processor.
func foreignPlugin(t *testing.T) string {
	var text bytes.Buffer
	head := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_S390), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(head.Ident[:], elf.ELFMAG)
	head.Ident[elf.EI_CLASS], head.Ident[elf.EI_DATA], head.Ident[elf.EI_VERSION] = 2, 1, 1
	require.NoError(t, binary.Write(&text, binary.LittleEndian, head))
	path := filepath.Join(t.TempDir(), "pjrt_c_api_cpu_plugin.so")
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	return path
}

// A port in use is reported at once.
func TestMatrixPortTaken(t *testing.T) {
	b := realProcesses(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	d := b.without(t)
	_, last, code := fetchtest.Run(t, d.command(fetchtest.Bad{}, b.launcher, "-no-browser", "-port", port)(t), time.Minute)
	t.Log(last)
	require.Equal(t, 1, code)
	require.Regexp(t, `^-port is in use or not allowed: choose another, or leave it out \(.*address already in use\)$`, last)
}

// If a port is taken between our check and JupyterLab's start, that is distinguished from other failures, so that
// another port is tried.
func TestPortTakenMeanwhile(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	require.ErrorIs(t, l.serveAt(ctx, taken.Addr().(*net.TCPAddr).Port, false), errPortTaken)
	require.Empty(t, printed.String())
}

// Two starts at once: one makes a missing thing and the other waits; both then serve, at different ports, until Ctrl-C.
func TestMatrixTwoAtOnce(t *testing.T) {
	b := realProcesses(t)
	d := b.without(t, "notebooks/tools-*")
	var both []*fetchtest.Process
	for range 2 {
		both = append(both, fetchtest.Start(t, d.command(fetchtest.Bad{}, b.launcher, "-no-browser")(t)))
	}
	var links []string
	for _, p := range both {
		links = append(links, p.Until(t, "ready: http://127.0.0.1:", 5*time.Minute))
	}
	require.NotEqual(t, links[0][:30], links[1][:30], "the same port")
	made, waited := 0, 0
	for _, p := range both {
		p.Signal(syscall.SIGINT)
		all, last, code := p.End(t, 30*time.Second)
		require.Zero(t, code, all)
		require.Equal(t, "JupyterLab and its kernels have ended.", last)
		made += strings.Count(all, "building it from source")
		waited += strings.Count(all, "waiting for process ")
	}
	require.Equal(t, 1, made)
	require.Equal(t, 1, waited)
	nobodyLeft(t, d.cache)
}

// Without a network and with a full cache everything works: doctor, training with files that only the user can read,
// and JupyterLab.
func TestMatrixOfflineWorks(t *testing.T) {
	b := realProcesses(t)
	d := b.without(t)
	offline := fetchtest.Bad{Offline: true}
	all, _, code := fetchtest.Run(t, d.command(offline, b.vrkit, "doctor")(t), time.Minute)
	require.Zero(t, code, all)
	require.Regexp(t, `(?m)^ok +backend +XLA on the CPU`, all)
	require.Regexp(t, `(?m)^ok +model squeezenet1.1 +cached`, all)

	run := filepath.Join(t.TempDir(), "ein Lauf")
	all, _, code = fetchtest.Run(t, d.command(offline, b.vrkit, "train", "-model", "squeezenet1.1", "-dataset", "mnist", "-input", "pad", "-output", "flm",
		"-train", "40", "-val", "0", "-test", "20", "-side", "32", "-n", "16", "-epochs", "1", "-batch", "20", "-o", run)(t), 3*time.Minute)
	require.Zero(t, code, all)
	info, err := os.Stat(run)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	p := fetchtest.Start(t, d.command(offline, b.launcher, "-no-browser")(t))
	p.Until(t, "ready: http://127.0.0.1:", 5*time.Minute)
	p.Signal(syscall.SIGINT)
	_, last, code := p.End(t, 30*time.Second)
	require.Zero(t, code)
	require.Equal(t, "JupyterLab and its kernels have ended.", last)
	nobodyLeft(t, d.cache)
}
