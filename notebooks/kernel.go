package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// kernelName is the folder of the kernelspec, and the kernel's name in the notebooks.
const kernelName = "gonb"

// launchScript starts the kernel of this checkout.
func (l *launcher) launchScript() string {
	return filepath.Join(l.root, "notebooks", "jupyter", "kernels", kernelName, "launch.sh")
}

// kernelVariables tell launch.sh where the tools are, and cells where the cache is.
func (l *launcher) kernelVariables() map[string]string {
	variables := map[string]string{"VRKIT_TOOLS": l.tools, fetch.CacheEnv: l.cache}
	if path, err := exec.LookPath("go"); err == nil {
		variables["VRKIT_GO"] = filepath.Dir(path)
	}
	return variables
}

// jupyterEnv is the environment of Jupyter and its kernels: all that Jupyter reads or writes is in the cache or in the
// scratch folder, and the user's own kernels and settings are not used.
func (l *launcher) jupyterEnv() []string {
	home := filepath.Join(l.cache, "notebooks", "home")
	set := []string{
		"JUPYTER_PATH=" + filepath.Join(l.root, "notebooks", "jupyter"),
		"JUPYTER_DATA_DIR=" + filepath.Join(home, "data"),
		"JUPYTER_CONFIG_DIR=" + filepath.Join(home, "config"),
		"JUPYTER_RUNTIME_DIR=" + filepath.Join(l.scratch, "runtime"),
		"IPYTHONDIR=" + filepath.Join(home, "ipython"),
		"JUPYTER_PLATFORM_DIRS=0",
	}
	for name, value := range l.kernelVariables() {
		set = append(set, name+"="+value)
	}
	own := slices.DeleteFunc(l.pythonEnv(), func(variable string) bool { return strings.HasPrefix(variable, "JUPYTER") })
	return append(own, set...)
}

// kernelspec is Jupyter's kernel.json.
type kernelspec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env,omitempty"`
}

// install writes a kernelspec for this checkout into the user's Jupyter folder, where every Jupyter and VS Code find
// it.
func (l *launcher) install() error {
	script := l.launchScript()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(script), "kernel.json"))
	if err != nil {
		return err
	}
	var spec kernelspec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("kernel.json: %w", err)
	}
	spec.Argv = []string{"/bin/sh", script, "{connection_file}"}
	spec.Env = l.kernelVariables()
	data, err := userJupyter()
	if err != nil {
		return err
	}
	// A kernel of this name that is not ours is GoNB's own, and is kept.
	name := kernelName
	if other, err := readSpec(filepath.Join(data, "kernels", name)); err == nil && other.DisplayName != spec.DisplayName {
		name = "reprogram"
	}
	dir := filepath.Join(data, "kernels", name)
	if err := writeSpec(dir, spec); err != nil {
		return fmt.Errorf("the kernel could not be installed: %w", err)
	}
	fmt.Fprintf(l.out, "installed the kernel %q as %s\nA notebook anywhere can now import %s as it is in %s.\n",
		spec.DisplayName, filepath.Join(dir, "kernel.json"), module, l.root)
	return nil
}

func readSpec(dir string) (spec kernelspec, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		return spec, err
	}
	return spec, json.Unmarshal(text, &spec)
}

func writeSpec(dir string, spec kernelspec) error {
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return runs.WriteFile(filepath.Join(dir, "kernel.json"), append(text, '\n'), 0o644)
}

// userJupyter is the folder of the user's Jupyter data, found as Jupyter finds it.
func userJupyter() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home directory: set JUPYTER_DATA_DIR to the folder where Jupyter keeps its data (%w)", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}
