package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vrkit-go/reprogram/vrkit"
)

// firstNotebook is opened at the start.
const firstNotebook = "01_padding.ipynb"

// serve runs JupyterLab until the context ends or the user shuts it down there,
// and prints the address once it answers.
func (l *launcher) serve(ctx context.Context, port int, browser bool) error {
	port, err := freePort(port)
	if err != nil {
		return err
	}
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	s := server{l: l, token: hex.EncodeToString(secret), address: "http://127.0.0.1:" + strconv.Itoa(port)}
	config, err := s.configure(port)
	if err != nil {
		return err
	}
	logPath := filepath.Join(l.scratch, "jupyter.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	lab := command(ctx, l.jupyterEnv(), l.python, "-I", "-m", "jupyterlab", "--config="+config)
	lab.Dir = s.folder()
	lab.Stdout, lab.Stderr = log, log
	if err := lab.Start(); err != nil {
		return fmt.Errorf("JupyterLab cannot be started: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- lab.Wait() }()
	s.trust(ctx)
	if err := s.answers(ctx, ended); err != nil {
		if ctx.Err() != nil { // it is being ended
			<-ended
			return ctx.Err()
		}
		return fmt.Errorf("%w\n%s", err, tail(logPath, 10))
	}
	link := s.address + "/lab/tree/" + firstNotebook + "?token=" + s.token
	fmt.Fprintf(l.out, "JupyterLab's log is %s; Ctrl-C here ends it.\nready: %s\n", logPath, link)
	if browser {
		openBrowser(l.scratch, link)
	}
	err = <-ended
	endMarked(l.scratch)
	if ctx.Err() != nil || err == nil {
		fmt.Fprintln(l.out, "JupyterLab and its kernels have ended.")
		return nil
	}
	return fmt.Errorf("JupyterLab ended unexpectedly (%w)\n%s", err, tail(logPath, 10))
}

// server is one JupyterLab.
type server struct {
	l              *launcher
	token, address string
}

// folder is what JupyterLab shows.
func (s server) folder() string { return filepath.Join(s.l.root, "notebooks") }

// configure writes JupyterLab's settings, the token among them, where only this
// user can read, and returns the file's path.
func (s server) configure(port int) (string, error) {
	code, _ := filepath.Glob(filepath.Join(s.folder(), "*.go"))
	hidden := []string{"__pycache__", "*.pyc", "*~", ".DS_Store", "tools.mod", "tools.sum", "jupyter"}
	for _, path := range code { // the launcher's own; what the reader writes is shown
		hidden = append(hidden, filepath.Base(path))
	}
	type section map[string]any
	config := map[string]section{
		"ServerApp": {
			"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": false,
			"root_dir": s.folder(), "allow_root": os.Geteuid() == 0,
		},
		"IdentityProvider":   {"token": s.token},
		"KernelSpecManager":  {"allowed_kernelspecs": []string{kernelName}, "ensure_native_kernel": false},
		"MultiKernelManager": {"default_kernel_name": kernelName},
		"ContentsManager":    {"hide_globs": hidden},
		// Jupyter's trash is in HOME.
		"FileContentsManager":   {"delete_to_trash": false},
		"LabApp":                {"extension_manager": "readonly"},
		"LanguageServerManager": {"autodetect": false},
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(s.l.scratch, "server.json")
	if err := vrkit.WriteFile(path, text, 0o600); err != nil {
		return "", err
	}
	return path, s.settings()
}

// settings switches off what would ask the network for news of JupyterLab.
// The reader's own settings win over these defaults.
func (s server) settings() error {
	dir := filepath.Join(s.l.cache, "notebooks", "home", "config", "labconfig")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"default_setting_overrides.json": `{
  "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false},
  "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}
}
`,
		"page_config.json": `{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}
`,
	} {
		if err := vrkit.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// trust signs the notebooks of the checkout, so that JupyterLab shows the SVG
// and HTML that they were saved with. It shows the rest if that fails.
func (s server) trust(ctx context.Context) {
	notebooks, _ := filepath.Glob(filepath.Join(s.folder(), "*.ipynb"))
	if len(notebooks) == 0 {
		return
	}
	const sign = "from nbformat.sign import TrustNotebookApp; TrustNotebookApp.launch_instance()"
	_ = command(ctx, s.l.jupyterEnv(), s.l.python, append([]string{"-I", "-c", sign}, notebooks...)...).Run()
}

// answers waits until JupyterLab does and offers the kernel.
func (s server) answers(ctx context.Context, ended chan error) error {
	deadline := time.After(2 * time.Minute)
	for {
		err := s.offersKernel(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			ended <- err
			return errors.New("JupyterLab ended as it started; it said:")
		case <-deadline:
			return fmt.Errorf("JupyterLab does not answer (%w); it said:", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s server) offersKernel(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/api/kernelspecs", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "token "+s.token)
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{Proxy: nil}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	var specs struct {
		Kernelspecs map[string]json.RawMessage `json:"kernelspecs"`
	}
	if err := json.NewDecoder(response.Body).Decode(&specs); err != nil {
		return err
	}
	if _, ok := specs.Kernelspecs[kernelName]; !ok {
		return fmt.Errorf("the kernel %s is not offered", kernelName)
	}
	return nil
}

// freePort returns the port asked for, if it is free, or the first that is.
func freePort(port int) (int, error) {
	try := func(port int) (int, error) {
		listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return 0, err
		}
		defer listener.Close()
		return listener.Addr().(*net.TCPAddr).Port, nil
	}
	if port != 0 {
		port, err := try(port)
		if err != nil {
			return 0, fmt.Errorf("-port is in use or not allowed: choose another, or leave it out (%w)", err)
		}
		return port, nil
	}
	for port := 8888; port < 8988; port++ {
		if port, err := try(port); err == nil {
			return port, nil
		}
	}
	return try(0)
}

// tail returns the last lines of a log.
func tail(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
