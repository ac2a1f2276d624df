package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// server is a running JupyterLab.
type server struct {
	l              *launcher
	token, address string
}

// folder is the folder that JupyterLab shows.
func (s server) folder() string { return filepath.Join(s.l.root, "notebooks") }

// configure writes JupyterLab's settings, with the token, into a file that only this user can read, and returns its
// path.
func (s server) configure(port int) (string, error) {
	hidden := []string{"__pycache__", "*.pyc", "*~", ".DS_Store", "tools.mod", "tools.sum", "jupyter"}
	for _, path := range filesIn(s.folder(), "*.go") { // hides the launcher's own files; the reader's files are shown
		hidden = append(hidden, filepath.Base(path))
	}
	type section map[string]any
	token := section{"token": s.token}
	config := map[string]section{
		// Settings of the machine, or of another Jupyter, may differ. So all settings that keep strangers out are
		// written here; they are read last and override others.
		"ServerApp": {
			"ip": "127.0.0.1", "sock": "", "port": port, "port_retries": 0, "open_browser": false,
			"root_dir": s.folder(), "allow_root": os.Geteuid() == 0,
			"allow_remote_access": false, "allow_unauthenticated_access": false, "disable_check_xsrf": false,
			"allow_origin": "", "allow_origin_pat": "", "allow_credentials": false, "trust_xheaders": false,
			"identity_provider_class": "jupyter_server.auth.identity.IdentityProvider",
			"authorizer_class":        "jupyter_server.auth.authorizer.AllowAllAuthorizer", // everybody with the token
		},
		"IdentityProvider":   token,
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
	if err := runs.WriteFile(path, text, 0o600); err != nil {
		return "", err
	}
	return path, s.settings()
}

// settings switches off requests to the network for news of JupyterLab. The reader's own settings override these
// defaults.
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
		if err := runs.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// trust signs the notebooks of the checkout, so that JupyterLab shows their saved SVG and HTML. If that fails, it shows
// the rest.
func (s server) trust(ctx context.Context) {
	notebooks := filesIn(s.folder(), "*.ipynb")
	if len(notebooks) == 0 {
		return
	}
	const sign = "from nbformat.sign import TrustNotebookApp; TrustNotebookApp.launch_instance()"
	_ = command(ctx, s.l.jupyterEnv(), s.l.python, append([]string{"-I", "-c", sign}, notebooks...)...).Run()
}
