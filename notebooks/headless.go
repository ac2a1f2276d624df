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

// notebooks returns the paths for -run: "all", beginnings of names ("01"), or paths, separated by commas. A notebook
// that is named twice is executed twice.
func (l *launcher) notebooks(names string) ([]string, error) {
	known := filesIn(filepath.Join(l.root, "notebooks"), "*.ipynb")
	if len(known) == 0 {
		return nil, fmt.Errorf("there is no notebook in %s", filepath.Join(l.root, "notebooks"))
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
			if name == "all" || name != "" && strings.HasPrefix(filepath.Base(path), name) {
				chosen = append(chosen, path)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("there is no notebook %q: there are %s", name, strings.Join(all, ", "))
		}
	}
	return chosen, nil
}

// The environment variable that makes -run quick, and its values.
const (
	scaleEnv   = "VRKIT_SCALE"
	fullScale  = "full"
	smallScale = "small"
)

// scaleAsked is the scale of -run.
func scaleAsked() (string, error) {
	switch scale := os.Getenv(scaleEnv); scale {
	case "", fullScale:
		return fullScale, nil
	case smallScale:
		return smallScale, nil
	default:
		return "", fmt.Errorf("%s=%s is no scale: set it to %s or %s, or unset it", scaleEnv, scale, smallScale, fullScale)
	}
}

// headless does the work of -run and -gallery. It reports what is wrong with the flags before the set-up, which takes
// minutes.
func (l *launcher) headless(ctx context.Context, o options) error {
	if o.run == "" {
		o.run = "all"
	}
	paths, err := l.notebooks(o.run)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if _, err := readNotebook(path); err != nil {
			return err
		}
	}
	scale, err := scaleAsked()
	if err != nil {
		return err
	}
	if o.gallery && scale != fullScale {
		return fmt.Errorf("-gallery executes at full scale: unset %s", scaleEnv)
	}
	if err := l.setUp(ctx, l.allSteps()); err != nil {
		return err
	}
	out := filepath.Join(l.root, "notebooks", "out")
	switch {
	case o.gallery && o.out == "":
		return l.gallery(ctx, paths, out, filepath.Join(l.root, "docs", "gallery"))
	case o.gallery:
		return l.gallery(ctx, paths, out, o.out)
	case o.out != "":
		out = o.out
	}
	return l.execute(ctx, paths, out)
}

// execute runs notebooks one after the other, at the requested scale, and stops at the first that fails.
func (l *launcher) execute(ctx context.Context, paths []string, out string) error {
	scale, err := scaleAsked()
	if err != nil {
		return err
	}
	return l.executeAt(ctx, scale, paths, out)
}

func (l *launcher) executeAt(ctx context.Context, scale string, paths []string, out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	// One folder for all notebooks, as a user has them, and a fresh one, so that no result of an earlier execution is
	// used.
	work := filepath.Join(out, "run")
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	if err := os.MkdirAll(work, 0o755); err != nil {
		return fmt.Errorf("-out cannot be written: %w", err)
	}
	for _, path := range paths {
		if err := l.executeOne(ctx, scale, path, out, work); err != nil {
			return err
		}
	}
	return nil
}

// news is what the scripts print; see jupyter/news.py.
type news struct {
	Event       string `json:"event"`
	Cell, Cells int    // code cells, from 1
	At, Line    int    // where a failure is; Line 0 if unknown
	Code, Error string
	Seconds     float64
	Images      int
	Path        string
	Bytes       int64
}

// executeOne writes the executed notebook to out, checks its figures, and writes its page. Its cells are executed in
// the folder work.
func (l *launcher) executeOne(ctx context.Context, scale, path, out, work string) error {
	name := filepath.Base(path)
	page, executed := filepath.Join(out, strings.TrimSuffix(name, ".ipynb")+".html"), filepath.Join(out, name)
	if err := os.RemoveAll(page); err != nil { // an old page must not stay beside a new failure
		return err
	}
	if _, err := readNotebook(path); err != nil { // before it is executed, which may take long
		return err
	}
	fmt.Fprintln(l.out, name)
	begun := time.Now()
	if err := l.script(ctx, name, "execute.py", path, executed, work, scale); err != nil {
		return err
	}
	if err := checkFigures(executed); err != nil {
		return err
	}
	if err := l.script(ctx, name, "page.py", executed, page, filepath.Dir(path)); err != nil {
		return err
	}
	fmt.Fprintf(l.out, "%s: done in %s\n", name, time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// script runs one of jupyter's scripts for a notebook and prints its news.
func (l *launcher) script(ctx context.Context, name, script string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(l.scratch, "headless.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args = append([]string{"-E", "-s", "-B", filepath.Join(l.root, "notebooks", "jupyter", script)}, args...)
	cmd := command(ctx, append(l.jupyterEnv(), "GONB_FLAGS=-raw_error"), l.python, args...)
	p := newCellPrinter(l.out)
	var failed *news
	var said []string
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
		return fmt.Errorf("%s: %s ended badly (%w): its last words are above", name, script, err)
	}
	return nil
}

// failure describes where a notebook failed, with the source line and the error.
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
