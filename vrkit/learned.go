package vrkit

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Learned has what a program has learned: all that is needed to predict, except the frozen model.
type Learned struct {
	Variables map[string]*tensors.Tensor // of the manipulation, by name, and of a learned ω; the prompt is input.PromptVariable
	Mapping   output.Mapping             // ω
}

// Learned copies the learned variables and ω from the store. It is an error if two variables, such as a/b and a_b, would
// have the same name.
func (c *Compiled) Learned() (Learned, error) {
	l := Learned{Variables: map[string]*tensors.Tensor{}}
	for _, variable := range c.learned() {
		value, err := variable.Value()
		if err == nil {
			value, err = value.LocalClone()
		}
		if err != nil {
			return l, err
		}
		name := learnedName(variable)
		if l.Variables[name] != nil {
			return l, fmt.Errorf("two learned variables are kept by the same name, %s, one of them %s: give one another name", name, variable.Path())
		}
		l.Variables[name] = value
	}
	var err error
	l.Mapping, err = c.Mapping()
	return l, err
}

// learnedName is a variable's path below the input scope, or, in the output scope, its path with that scope.
func learnedName(v *model.Variable) string {
	return model.EscapeScopeName(strings.TrimPrefix(strings.TrimPrefix(v.Path(), "/"), inputScope+"/"))
}

// Use sets the learned variables and ω.
func (c *Compiled) Use(l Learned) error {
	if err := c.Initialise(); err != nil {
		return err
	}
	for _, variable := range c.learned() {
		value, ok := l.Variables[learnedName(variable)]
		if !ok || !value.Shape().Equal(variable.Shape()) {
			return fmt.Errorf("what was learned does not hold the program's %s of shape %s", variable.Name(), variable.Shape())
		}
		clone, err := value.LocalClone()
		if err != nil {
			return err
		}
		if err := variable.SetValue(clone); err != nil {
			return err
		}
	}
	if _, ok := c.Output.(output.Learned); ok {
		return nil // its ω follows from the variables
	}
	return c.SetMapping(l.Mapping)
}
