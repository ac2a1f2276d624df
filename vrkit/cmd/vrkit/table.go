package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// table trains a grid of runs and compares their results.
func table(ctx context.Context, c *call) error {
	dir := c.String("o", "", "the folder for the runs and the tables: created, or continued (required)")
	plan := c.String("plan", "", "a file with a grid on each line, as the flags of this command; they are then not given here")
	jobs := c.Int("jobs", 1, "runs at a time, each a process with its share of the processors")
	g := c.gridFlags()
	if err := c.parse(); err != nil {
		return err
	}
	switch {
	case *dir == "":
		return errors.New("needs a folder for the runs: -o DIR")
	case *jobs < 1 || *jobs > 64:
		return fmt.Errorf("-jobs must lie between 1 and 64, not %d", *jobs)
	}
	var cells []cell
	var err error
	if *plan == "" {
		cells, err = g.cells(c, *dir)
	} else {
		cells, err = planned(c, *plan, *dir)
	}
	if err != nil {
		return err
	}
	if err := fetchAll(ctx, cells, fetch.Terminal(c.stderr)); err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return fmt.Errorf("can't make the folder: %w", err)
	}
	results, failed := runCells(ctx, cells, *jobs, c.stderr)
	results = slices.DeleteFunc(results, func(o outcome) bool { return len(o.metrics) == 0 })
	rows := summarise(results)
	if len(rows) > 0 {
		if err := writeReport(*dir, results, rows); err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	return c.print(rows, func(w io.Writer) { fmt.Fprint(w, markdown(rows), "\nsaved in ", *dir, "\n") })
}

// The flags of a table that train does not have: those of one grid, and those of the whole command.
var (
	gridNames  = []string{"models", "datasets", "inputs", "outputs", "seeds", "label"}
	tableNames = []string{"o", "plan", "jobs", "json"}
)

// grid has the values of one grid's flags.
type grid struct {
	*spec
	models, datasets, inputs, outputs, seeds, label string
}

func (c *call) gridFlags() *grid {
	g := &grid{}
	c.StringVar(&g.models, "models", "squeezenet1.1", "the frozen models, separated by commas")
	c.StringVar(&g.datasets, "datasets", "mnist", "the data sets; one that has a comma in its name in double quotes")
	c.StringVar(&g.inputs, "inputs", "pad", "the input manipulations, each of which may be several joined by +: "+strings.Join(input.Names(), ", "))
	c.StringVar(&g.outputs, "outputs", "blm", "the output alignments: "+strings.Join(output.Names(), ", "))
	c.StringVar(&g.seeds, "seeds", "0,1,2", "the seeds")
	c.StringVar(&g.label, "label", "", "a name that distinguishes these runs from others with the same names in the folder, such as exact")
	g.spec = c.specFlags()
	return g
}

// cell is one run of a grid.
type cell struct {
	parts
	Label string
	Run   string   // its directory
	flags []string // of train, except those for its parts
	spec  *spec    // the values of flags
	hash  string   // of the weights, after they are fetched
	data  string   // the hash of the run's images, after they are fetched
}

// String names a cell in progress.
func (c cell) String() string {
	return strings.Join(strings.Fields(fmt.Sprint(c.Dataset, " ", c.Model, " ", c.Input, " ", c.Output, " ", c.Label, " seed ", c.Seed)), " ")
}

// cells lists the grid's runs below dir. It checks all that can be checked before anything is fetched.
func (g *grid) cells(c *call, dir string) ([]cell, error) {
	if err := g.parsed(c); err != nil {
		return nil, err
	}
	if strings.ContainsAny(g.label, `/\.`) {
		return nil, fmt.Errorf("-label %q is part of a folder's name: take letters, digits and hyphens", g.label)
	}
	flags := c.given(slices.Concat(gridNames, tableNames))
	var lists [5][]string
	for i, from := range []struct {
		flag, text string
		identity   func(string) string
	}{{"datasets", g.datasets, dataIdentity}, {"models", g.models, models.Absolute}, {"inputs", g.inputs, itself}, {"outputs", g.outputs, itself}, {"seeds", g.seeds, seedIdentity}} {
		var err error
		if lists[i], err = names(from.flag, from.text, from.identity); err != nil {
			return nil, err
		}
	}
	if several := lists[1]; *g.weights != "" && len(several) > 1 {
		return nil, fmt.Errorf("-weights %s is a file of one model, but -models names %d: give each a table of its own, or a line of a -plan", *g.weights, len(several))
	}
	var seeds []uint64
	for _, text := range lists[4] {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("-seeds: %q is no seed: give integers, separated by commas", text)
		}
		seeds = append(seeds, seed)
	}
	var all []cell
	for _, dataset := range lists[0] {
		for _, model := range lists[1] {
			for _, in := range lists[2] {
				for _, out := range lists[3] {
					for _, seed := range seeds {
						one := cell{parts: parts{models.Absolute(model), dataset, in, out, seed}, Label: g.label, flags: flags, spec: g.spec}
						name := in + "-" + out
						if g.label != "" {
							name += "-" + g.label
						}
						one.Run = filepath.Join(dir, folderOf(model), folderOf(dataset), name, fmt.Sprint("seed-", seed))
						_, data, err := g.config(one.parts, one.Run)
						if err != nil {
							return nil, fmt.Errorf("%s: %w", one, err)
						}
						if g.protocol != "paper" && g.sizes.Val == 0 && data.ValSize == 0 && !g.asked["end-tests"] {
							one.flags = append(slices.Clone(flags), "-end-tests") // the table needs no other test accuracy
						}
						all = append(all, one)
					}
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the grid is empty: every list needs at least one name")
	}
	in := map[string]cell{}
	for _, one := range all {
		if other, taken := in[one.Run]; taken {
			return nil, fmt.Errorf("the runs of %s and of %s would be in the same folder, %s: give one of them another name, or a table of its own", other.Dataset, one.Dataset, one.Run)
		}
		in[one.Run] = one
	}
	return all, nil
}

// planned reads a plan: a grid a line, as flags with a shell's quotes; a # starts a comment, and empty lines are skipped.
func planned(c *call, path, dir string) ([]cell, error) {
	var misplaced string
	c.Visit(func(f *flag.Flag) {
		if slices.Contains(gridNames, f.Name) {
			misplaced = f.Name
		}
	})
	if misplaced != "" {
		return nil, fmt.Errorf("-%s belongs into the lines of the plan, not beside -plan", misplaced)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []cell
	at := map[any]int{} // the line of each run
	for number, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		flags, err := words(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number+1, err)
		}
		if len(flags) == 0 {
			continue
		}
		one := &call{FlagSet: newFlags("plan"), command: c.command, arguments: append(c.given(tableNames), flags...), stderr: c.stderr, json: new(bool)}
		one.command.arguments = ""
		g := one.gridFlags()
		err = one.parse()
		var cells []cell
		if err == nil {
			cells, err = g.cells(one, dir)
		}
		if errors.Is(err, flag.ErrHelp) {
			err = errors.New("-h is no flag of a line of a plan")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number+1, err)
		}
		for _, cell := range cells {
			identity := cell.parts
			identity.Dataset = dataIdentity(cell.Dataset)
			for _, key := range []any{cell.Run, [2]any{identity, cell.Label}} { // its folder, and its identity
				if before, twice := at[key]; twice && before != number+1 {
					return nil, fmt.Errorf("%s:%d: %s is in line %d too: give one of them a -label", path, number+1, cell, before)
				}
				at[key] = number + 1
			}
		}
		all = append(all, cells...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no grid: write the flags of vrkit table on a line", path)
	}
	return all, nil
}

// given lists the given flags, except some.
func (c *call) given(but []string) (flags []string) {
	c.Visit(func(f *flag.Flag) {
		if !slices.Contains(but, f.Name) {
			flags = append(flags, "-"+f.Name+"="+f.Value.String())
		}
	})
	return flags
}

// folderOf names the folder of the runs of a data set or a model: for a user's own data or an ONNX file after the last
// part of its path, so that the runs are found after it has moved.
func folderOf(name string) string {
	if prefix, path, own := datasets.Own(datasets.Absolute(name)); own {
		return fileName(prefix + filepath.Base(path))
	}
	if path, ok := strings.CutPrefix(models.Absolute(name), models.ONNXPrefix); ok {
		return fileName(models.ONNXPrefix + filepath.Base(path))
	}
	return fileName(name)
}

// fileName replaces the characters of a name that a file's name can't have.
func fileName(name string) string { return strings.NewReplacer(":", "_", "/", "_").Replace(name) }

// seedIdentity is a seed's number, however it is written.
func seedIdentity(text string) string {
	if seed, err := strconv.ParseUint(text, 10, 64); err == nil {
		return fmt.Sprint(seed)
	}
	return text
}

// fetchAll fetches every model and data set of the cells before the first run begins. It checks that each data set has
// enough images that can be read, and stores the hashes of each cell's weights and images.
func fetchAll(ctx context.Context, cells []cell, report fetch.Report) error {
	hashes := map[[2]string]string{}
	of := map[string][]*cell{} // by data set
	var names []string
	for i := range cells {
		c := &cells[i]
		weights := [2]string{c.Model, *c.spec.weights}
		if hashes[weights] == "" {
			frozen, err := models.OpenWeights(ctx, c.Model, *c.spec.weights, report)
			if err != nil {
				return err
			}
			hashes[weights] = frozen.Weights.Hash()
		}
		c.hash = hashes[weights]
		if of[c.Dataset] == nil {
			names = append(names, c.Dataset)
		}
		of[c.Dataset] = append(of[c.Dataset], c)
	}
	for _, name := range names {
		if err := fetchImages(ctx, of[name], report); err != nil {
			return err
		}
	}
	return nil
}

// fetchImages keeps the hash of the images of each of the cells, which are of one data set.
func fetchImages(ctx context.Context, cells []*cell, report fetch.Report) error {
	whole, err := datasets.Open(ctx, cells[0].Dataset, report)
	if err != nil {
		return fmt.Errorf("%s: %w", cells[0], err)
	}
	hashes := map[datasets.Sizes]string{}
	for _, c := range cells {
		sizes := c.spec.dataSizes()
		if hashes[sizes] == "" {
			data, err := whole.Take(sizes)
			if err != nil {
				return fmt.Errorf("%s: %w", c, c.spec.inFlags(err))
			}
			hashes[sizes] = data.SHA256
		}
		c.data = hashes[sizes]
	}
	return nil
}
