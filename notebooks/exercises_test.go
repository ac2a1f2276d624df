package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An exercise is what a notebook asks of a learner, done as a learner does it: in the kernel that has run the set-up,
// cells are changed and run again, or the code of the answer is run.
type exercise struct {
	asks    string   // the number of the question, "1"; "" if the text offers it elsewhere
	changes []change // each in a cell, which is then run
	runs    []string // the ids of cells that are then run; "answer" is the code in the answer
	want    string   // a regular expression for their output
}

// A change replaces a text that the cell has exactly once.
type change struct{ cell, from, to string }

// exercises are those of each notebook, in the order in which they are done in one kernel. Questions to think about
// have none.
var exercises = map[string]struct {
	declares []string // the cells whose declarations are run first
	begins   []string // the cells that are then run, complete
	thinking []string // the numbers of the questions to think about
	done     []exercise
}{
	"01_padding.ipynb": { // at half the side, so that 48 pixels here are 96 there
		declares: []string{"c01", "c02", "c04", "c04a", "c10", "c12", "c14"},
		done: []exercise{
			{"1", []change{{"c04", `"01"`, `"01-n96"`}, {"c04", `size = 32`, `size = 48`}}, []string{"c10a", "c12a", "c15", "c19"}, `same as before: true(?s:.*)mapping alone: `},
			{"2", []change{{"c04", `"01"`, `"01-flm"`}, {"c10", "output.BLM{Lambda: 1}", "output.FLM{}"}}, []string{"c12a", "c17"}, `100.0 %  `},
			{"2", []change{{"c04", `"01"`, `"01-ilm"`}, {"c04", "images = 100", "images = 150"}, {"c10", "output.BLM{Lambda: 1}", "output.ILM{}"}}, []string{"c12a"}, `test accuracy: `},
		},
	},
	"02_watermark.ipynb": {
		declares: []string{"c01", "c02", "c04", "c04a", "c08", "c12"},
		thinking: []string{"2", "3"},
		done: []exercise{
			{"1", nil, []string{"answer"}, `\d % before, .* % after`},
			{"", []change{{"c04", `"02"`, `"02-96"`}, {"c04", "side = 64", "side = 96"}, {"c04", "images = 100", "images = 150"}}, []string{"c06", "c09", "c12", "c14", "c16", "c18"}, `full +27648 `},
		},
	},
	"03_smm.ipynb": {
		declares: []string{"c01", "c02", "c04", "c04a", "c08", "c10", "c15", "c30", "c32"},
		done: []exercise{
			{"1", []change{{"c04", `"03"`, `"03-fast"`}, {"c04", "maskRate = .001", "maskRate = .01"}}, []string{"c24", "c10a", "c17", "c26", "c27", "c30", "c32a", "c34", "c36"}, `equal: true(?s:.*)smm, seed 1(?s:.*)short (?s:.*)precise `},
			{"2", nil, []string{"answer"}, `\d % before, .* % after`},
			{"3", nil, []string{"answer"}, ``},
		},
	},
	"04_label_mapping.ipynb": {
		declares: []string{"c01", "c02", "c04", "c04a", "c08", "c11", "c13", "c15", "c17", "c22", "c25"},
		begins:   []string{"c08"},
		done: []exercise{
			{"1", []change{{"c17", `smallω(1).show("$\\omega$, $\\lambda = 1$")`, `smallω(10).show("ω")`}}, nil, `0.444`},
			{"2", nil, []string{"answer"}, `\[0 1\] \[1 0\]`},
			{"3", []change{{"c25", `saved("train").Omega(o)`, `saved("train").First(100).Omega(o)`}}, nil, `blm\+`},
			{"", []change{{"c04", `"04"`, `"04-more"`}, {"c04", "images = 100", "images = 150"}}, []string{"c08", "c25", "c33", "c35", "c39"}, `blm\+`},
		},
	},
	"05_one_frame.ipynb": {
		declares: []string{"c01", "c02", "c04", "c04a", "c06", "c18", "c20"},
		done: []exercise{
			{"1", []change{{"c18", `"pad", "blm"`, `"full", "blm+"`}}, []string{"c18a", "c20"}, `values learned: 12288 `},
			{"2", nil, []string{"answer"}, `\d % before, .* % after`},
			{"3", nil, []string{"answer"}, `\d % before, .* % after`},
			{"", []change{{"c04", `"05"`, `"05-64"`}, {"c04", "side = 64", "side = 96"}}, []string{"c08", "c11", "c18", "c18a", "c20"}, `values learned: 20736 `},
		},
	},
}

// Every question of a notebook has an exercise, or is one to think about; all code in an answer is run.
func TestExercisesAreAll(t *testing.T) {
	for _, path := range filesIn(".", "*.ipynb") {
		name := filepath.Base(path)
		n := readCells(t, path)
		e, ok := exercises[name]
		require.True(t, ok, name)
		done := map[string]bool{}
		answers := 0
		for _, number := range e.thinking {
			done[number] = true
		}
		for _, x := range e.done {
			done[x.asks] = true
			for _, cell := range x.runs {
				if cell == "answer" {
					answers += len(n.answers(x.asks))
				}
			}
		}
		for _, asked := range question.FindAllStringSubmatch(n.text, -1) {
			assert.True(t, done[asked[1]], "%s: exercise %s is not done by a test", name, asked[1])
		}
		assert.Equal(t, len(codeFence.FindAllString(n.text, -1)), answers, "%s: a code in an answer is not run", name)
	}
}

// The exercises are done at the small scale, those of a notebook in one kernel. They take as long as all other tests of
// the notebooks, which execute every cell that an exercise changes.
func TestExercises(t *testing.T) {
	if os.Getenv("VRKIT_TEST_EXERCISES") == "" {
		t.Skip("minutes of training: VRKIT_TEST_EXERCISES=1 and .ci/run -full do the exercises")
	}
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	for name, e := range exercises {
		t.Run(name, func(t *testing.T) {
			small := filepath.Join(t.TempDir(), name)
			require.NoError(t, l.copySmall(filepath.Join(l.root, "notebooks", name), small))
			n := readCells(t, small)
			var declared []string
			for _, id := range e.declares {
				source, _, _ := strings.Cut("\n"+n.code(t, id), "\n%%\n")
				declared = append(declared, source)
			}
			cells := []string{strings.Join(declared, "\n")} // one cell, because linking takes most of the time
			for _, id := range e.begins {
				cells = append(cells, n.code(t, id))
			}
			ends := map[int]exercise{} // the last cell of each exercise
			for _, x := range e.done {
				cells = append(cells, n.does(t, x)...)
				ends[len(cells)] = x
			}
			work, executed := t.TempDir(), filepath.Join(t.TempDir(), "executed.ipynb")
			require.NoError(t, l.script(ctx, name, "execute.py", writeNotebook(t, name, cells...), executed, work, fullScale), printed.String())
			said := ""
			for i, cell := range readCells(t, executed).cells {
				said += cell.said()
				if x, ok := ends[i+1]; ok {
					assert.Regexp(t, x.want, said, "%s, exercise %s", name, x.asks)
					said = ""
				}
			}
		})
	}
}

// cells are a notebook's cells with their outputs.
type cells struct {
	cells []cell
	text  string // all Markdown
}

type cell struct {
	ID      string    `json:"id"`
	Type    string    `json:"cell_type"`
	Source  multiline `json:"source"`
	Outputs []struct {
		Text multiline                  `json:"text"`
		Data map[string]json.RawMessage `json:"data"`
	} `json:"outputs"`
}

func readCells(t *testing.T, path string) (n cells) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var notebook struct{ Cells []cell }
	require.NoError(t, json.Unmarshal(text, &notebook))
	for _, c := range notebook.Cells {
		if c.Type == "markdown" {
			n.text += string(c.Source) + "\n"
		}
	}
	n.cells = notebook.Cells
	return n
}

// said is what a cell printed, with its Markdown.
func (c cell) said() (text string) {
	for _, output := range c.Outputs {
		text += string(output.Text) + string(output.Data["text/markdown"])
	}
	return text
}

func (n cells) code(t *testing.T, id string) string {
	t.Helper()
	for _, c := range n.cells {
		if c.ID == id {
			return string(c.Source)
		}
	}
	t.Fatalf("there is no cell %s", id)
	return ""
}

var (
	question  = regexp.MustCompile(`(?m)^\*\*(\d)\.\*\* `)
	codeFence = regexp.MustCompile("(?s)```go\n(.*?)```")
)

// answers returns the code in the answer to a question.
func (n cells) answers(asks string) (codes []string) {
	_, tail, _ := strings.Cut(n.text, "\n**"+asks+".** ")
	answer, _, _ := strings.Cut(tail, "</details>")
	for _, code := range codeFence.FindAllStringSubmatch(answer, -1) {
		codes = append(codes, strings.TrimSpace(code[1]))
	}
	return codes
}

// does returns the cells that a learner runs for an exercise.
func (n cells) does(t *testing.T, x exercise) (run []string) {
	t.Helper()
	changed := ""
	for i, c := range x.changes {
		source := n.code(t, c.cell)
		if i > 0 && x.changes[i-1].cell == c.cell {
			source, run = changed, run[:len(run)-1]
		}
		if c.from != "" {
			require.Equal(t, 1, strings.Count(source, c.from), "%s: %q in\n%s", c.cell, c.from, source)
		}
		changed = strings.Replace(source, c.from, c.to, 1)
		run = append(run, changed)
	}
	for _, id := range x.runs {
		if id == "answer" {
			run = append(run, n.answers(x.asks)...)
		} else {
			run = append(run, n.code(t, id))
		}
	}
	require.NotEmpty(t, run, fmt.Sprint(x))
	return run
}
