package train

import (
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// chosen returns the configuration in which the input manipulation has taken what it wants from the training samples. The
// others are trained on. It needs the seeds of the program.
func (c Config) chosen() (Config, error) {
	chooser, ok := c.Program.Input.(input.Chooser)
	if !ok {
		return c, nil
	}
	texts, labels := make([]string, len(c.Data.Train)), make([]int32, len(c.Data.Train))
	for i, sample := range c.Data.Train {
		texts[i], labels[i] = sample.Text, sample.Label
	}
	manipulation, taken, err := chooser.Choose(texts, labels, c.answers(), nil)
	if err != nil {
		return c, err
	}
	c.Program.Input = manipulation
	left, data := []datasets.Sample{}, *c.Data
	for i, sample := range c.Data.Train {
		if !slices.Contains(taken, i) {
			left = append(left, sample)
		}
	}
	data.Train = left
	c.Data = &data
	return c, nil
}

// answers are what a worked example answers for each class: the first of the words that the output reads, or the class's
// name.
func (c Config) answers() []string {
	words, ok := c.Program.Output.(output.Words)
	if ok {
		if answers, err := words.Answers(); err == nil && len(answers) == len(c.Data.Classes) {
			return answers
		}
	}
	answers := make([]string, len(c.Data.Classes))
	for i, name := range c.Data.Classes {
		answers[i] = strings.TrimSpace(name)
	}
	return answers
}
