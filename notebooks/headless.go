package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// notebooks resolves what -run names: "all", beginnings of names ("01"), or
// paths, separated by commas.
func (l *launcher) notebooks(names string) ([]string, error) {
	known := filesIn(filepath.Join(l.root, "notebooks"), "*.ipynb")
	if names == "all" {
		if len(known) == 0 {
			return nil, fmt.Errorf("there is no notebook in %s", filepath.Join(l.root, "notebooks"))
		}
		return known, nil
	}
	var chosen []string
	for _, name := range strings.Split(names, ",") {
		if strings.HasSuffix(name, ".ipynb") {
			if path, err := filepath.Abs(name); err == nil {
				if _, err := os.Stat(path); err == nil {
					chosen = append(chosen, path)
					continue
				}
			}
		}
		before := len(chosen)
		all := []string{"all"}
		for _, path := range known {
			all = append(all, filepath.Base(path))
			if name != "" && strings.HasPrefix(filepath.Base(path), name) {
				chosen = append(chosen, path)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("there is no notebook %q: there are %s", name, strings.Join(all, ", "))
		}
	}
	return chosen, nil
}

// execute runs notebooks one after the other and stops at the first that fails.
func (l *launcher) execute(ctx context.Context, paths []string, out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := l.executeOne(ctx, path, out); err != nil {
			return err
		}
	}
	return nil
}

// news is what execute.py tells; see there.
type news struct {
	Event       string `json:"event"`
	Cell, Cells int    // code cells, from 1
	At, Line    int    // where a failure is; Line 0: not known
	Code, Error string
	Seconds     float64
	Images      int
	Path        string
	Bytes       int64
}

// executeOne writes the executed notebook and its page to out. The cells run in
// a fresh folder there, name.run, so that no earlier result is taken for this
// run's.
func (l *launcher) executeOne(ctx context.Context, path, out string) error {
	name := filepath.Base(path)
	work := filepath.Join(out, strings.TrimSuffix(name, ".ipynb")+".run")
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return fmt.Errorf("-out cannot be written: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(l.scratch, "headless.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	script := filepath.Join(l.root, "notebooks", "jupyter", "execute.py")
	env := append(l.jupyterEnv(), "GONB_FLAGS=-raw_error")
	cmd := command(ctx, env, l.python, "-E", "-s", "-B", script, path, out, work)
	fmt.Fprintln(l.out, name)
	p := newCellPrinter(l.out)
	var failed *news
	var said []string
	begun := time.Now()
	err = lines(cmd, func(line string) {
		var n news
		if json.Unmarshal([]byte(line), &n) != nil || n.Event == "" {
			fmt.Fprintln(log, line) // the kernel's log, or a Python error
			said = append(said, line)
			return
		}
		if n.Event == "failed" {
			failed = &n
		}
		p.print(n)
	})
	p.end()
	endMarked(l.scratch)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil:
		return failed.failure(name)
	case err != nil:
		fmt.Fprintln(l.out, strings.Join(said[max(0, len(said)-10):], "\n"))
		return fmt.Errorf("%s: it could not be executed (%w): the last words of the kernel are above", name, err)
	}
	fmt.Fprintf(l.out, "%s: done in %s\n", name, time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// failure tells where a notebook failed, with the source line and the error.
func (n news) failure(name string) error {
	if n.Cell == 0 {
		return fmt.Errorf("%s: %s", name, n.Error)
	}
	where := fmt.Sprintf("%s: cell %d", name, n.Cell)
	switch {
	case n.Line > 0 && n.At != n.Cell:
		where += fmt.Sprintf(" failed in line %d of cell %d", n.Line, n.At)
	case n.Line > 0:
		where += fmt.Sprintf(", line %d, failed", n.Line)
	default:
		where += " failed"
	}
	first := max(n.Line, 1)
	var code []string
	for i, line := range strings.Split(n.Code, "\n") {
		code = append(code, fmt.Sprintf("%5d | %s", first+i, line))
	}
	return fmt.Errorf("%s:\n%s\n%s", where, strings.Join(code, "\n"), n.Error)
}
