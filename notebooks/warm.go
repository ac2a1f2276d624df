package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// warmUp builds the imports of the notebooks' cells as the kernel does, so that the first cell finds them in Go's build
// cache.
func (l *launcher) warmUp(ctx context.Context) error {
	imports, err := importsOf(filesIn(filepath.Join(l.root, "notebooks"), "*.ipynb"))
	if err != nil {
		return err
	}
	var pins []string
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(l.root, name))
		if err != nil {
			return err
		}
		pins = append(pins, string(text))
	}
	mark := stamp(append(pins, l.root, runtime.Version(), os.Getenv("GOFLAGS"), os.Getenv("GOCACHE"), os.Getenv("CGO_ENABLED"),
		strings.Join(imports, " "))...)
	m := &making{l: l, what: "build cache for the cells"}
	_, err = fetch.Once(ctx, "notebooks/warm", mark, m.report(""), func(string) error {
		m.begin("compiling the library and what it uses, once, about a minute")
		return l.buildCell(ctx, m, imports)
	})
	return err
}

// buildCell compiles a program with these imports in a workspace with the checkout, as GoNB compiles a cell.
func (l *launcher) buildCell(ctx context.Context, m *making, imports []string) error {
	dir, err := os.MkdirTemp(l.scratch, "cell-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var code strings.Builder
	code.WriteString("package main\n\nimport (\n")
	for _, path := range append(imports, "flag", "fmt") {
		fmt.Fprintf(&code, "\t_ %q\n", path)
	}
	code.WriteString(")\n\nfunc main() {}\n")
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(code.String()), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"mod", "init", "cell"},
		{"work", "init", ".", l.root},
		{"build", "-v", "-o", filepath.Join(dir, "cell"), "."},
	} {
		cmd := command(ctx, l.goEnv(), "go", args...)
		cmd.Dir = dir
		if err := l.goBuild(cmd, m); err != nil {
			return err
		}
	}
	return nil
}

var (
	importBlock = regexp.MustCompile(`(?m)^\s*import\s*(\([^)]*\)|[^\n]*)`)
	importPath  = regexp.MustCompile(`"([^"\s]+)"`)
)

// importsOf lists the imports of notebooks' cells, without the standard library: sorted, each once.
func importsOf(notebooks []string) ([]string, error) {
	var paths []string
	for _, path := range notebooks {
		cells, err := codeCells(path)
		if err != nil {
			return nil, err
		}
		for _, cell := range cells {
			for _, block := range importBlock.FindAllString(cell, -1) {
				for _, found := range importPath.FindAllStringSubmatch(block, -1) {
					if first, _, _ := strings.Cut(found[1], "/"); strings.Contains(first, ".") {
						paths = append(paths, found[1])
					}
				}
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// codeCells reads the sources of a notebook's code cells.
func codeCells(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var notebook struct {
		Cells []struct {
			Type   string          `json:"cell_type"`
			Source json.RawMessage `json:"source"` // a string, or a list of lines
		} `json:"cells"`
	}
	if err := json.Unmarshal(text, &notebook); err != nil {
		return nil, fmt.Errorf("%s is no notebook: %w", path, err)
	}
	var cells []string
	for _, cell := range notebook.Cells {
		if cell.Type != "code" {
			continue
		}
		var list []string
		if json.Unmarshal(cell.Source, &list) != nil {
			list = make([]string, 1)
			if err := json.Unmarshal(cell.Source, &list[0]); err != nil {
				return nil, fmt.Errorf("%s is no notebook: %w", path, err)
			}
		}
		cells = append(cells, strings.Join(list, ""))
	}
	return cells, nil
}
