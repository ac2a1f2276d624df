package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// firstNotebook is the notebook that is opened first.
const firstNotebook = "01_padding.ipynb"

// serve runs JupyterLab until the context ends or the user shuts it down there, and prints the address after it
// answers. If no port was requested and another process takes the port between our check and JupyterLab's start, it
// tries another one, because two launchers may start at once.
func (l *launcher) serve(ctx context.Context, port int, browser bool) error {
	for try := 1; ; try++ {
		chosen, err := freePort(port)
		if err != nil {
			return err
		}
		err = l.serveAt(ctx, chosen, browser)
		if !errors.Is(err, errPortTaken) || port != 0 || try == 5 {
			return err
		}
	}
}

func (l *launcher) serveAt(ctx context.Context, port int, browser bool) error {
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	s := server{l: l, token: hex.EncodeToString(secret), address: "http://127.0.0.1:" + strconv.Itoa(port)}
	config, err := s.configure(port)
	if err != nil {
		return err
	}
	logPath := filepath.Join(l.scratch, "jupyter.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	running, end := context.WithCancel(ctx)
	defer end()
	lab := command(running, l.jupyterEnv(), l.python, "-I", "-m", "jupyterlab", "--config="+config)
	lab.Dir = s.folder()
	wait, err := follow(lab, func(line string) { // the line may contain the link
		fmt.Fprintln(log, strings.ReplaceAll(line, s.token, "[secret]"))
	})
	if err != nil {
		return fmt.Errorf("JupyterLab cannot be started: %w", err)
	}
	var result error
	ended := make(chan struct{})
	go func() { result = wait(); end(); close(ended) }()
	s.trust(ctx)
	if err := s.answers(running); err != nil {
		end()
		<-ended
		if ctx.Err() != nil { // it is being ended
			return ctx.Err()
		}
		said := tail(logPath, 10)
		if strings.Contains(said, "already in use") {
			return errPortTaken
		}
		fmt.Fprintln(l.out, said)
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("JupyterLab ended as it started (%v): its last words are above; if they don't help, delete notebooks/ in the cache and start again", result)
		}
		return err
	}
	link := s.address + "/lab/tree/" + firstNotebook + "?token=" + s.token
	if _, err := exec.LookPath("gopls"); err != nil {
		fmt.Fprintln(l.out, "Tab completes nothing in the cells, because gopls is not on the PATH: docs/editors.md says how to have it.")
	}
	fmt.Fprintf(l.out, "JupyterLab's log is %s; Ctrl-C here ends it.\nready: %s\n", logPath, link)
	if browser {
		openBrowser(l.scratch, link)
	}
	<-ended
	endMarked(l.scratch)
	if ctx.Err() != nil || result == nil || errors.Is(result, exec.ErrWaitDelay) {
		fmt.Fprintln(l.out, "JupyterLab and its kernels have ended.")
		return nil
	}
	fmt.Fprintln(l.out, tail(logPath, 10))
	return fmt.Errorf("JupyterLab ended unexpectedly (%w): its last words are above; start again", result)
}

// answers waits until JupyterLab answers and offers the kernel. running is the context in which JupyterLab runs.
func (s server) answers(running context.Context) error {
	deadline := time.After(2 * time.Minute)
	for {
		err := s.offersKernel(running)
		select {
		case <-running.Done():
			return running.Err()
		case <-deadline:
			return fmt.Errorf("JupyterLab does not answer within 2 minutes (%w): start again when the machine is less busy", err)
		case <-time.After(100 * time.Millisecond):
			if err == nil { // and it still runs: so the answer is ours
				return nil
			}
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

// tail returns the last n lines of a log.
func tail(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
