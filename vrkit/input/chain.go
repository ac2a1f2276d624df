package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Chain is several manipulations of one program, such as a watermark and prompt tokens: "full+vpt". Each acts at its own
// sites. At a site that two of them change, the second gets what the first returns. The variables of each are in a scope
// of its name.
type Chain []Manipulation

// chained joins the names of a chain's parts.
const chained = "+"

// Name is the names of the parts, joined by "+".
func (c Chain) Name() string {
	names := make([]string, len(c))
	for i, m := range c {
		names[i] = m.Name()
	}
	return strings.Join(names, chained)
}

// Coordinates have each value of the parts once. The format is learnable if that of one part is.
func (c Chain) Coordinates() taxonomy.Coordinates {
	var locations []taxonomy.Location
	var operators []taxonomy.Operator
	all := taxonomy.Coordinates{Format: taxonomy.Fixed}
	for _, m := range c {
		one := m.Coordinates()
		if one.Format == taxonomy.Learnable {
			all.Format = taxonomy.Learnable
		}
		locations, operators = append(locations, taxonomy.Each(one.Location)...), append(operators, taxonomy.Each(one.Operator)...)
	}
	order := []taxonomy.Location{taxonomy.Input, taxonomy.Embedding, taxonomy.Hidden}
	slices.SortStableFunc(locations, func(a, b taxonomy.Location) int { return slices.Index(order, a) - slices.Index(order, b) })
	all.Location, all.Operator = taxonomy.Several(unique(locations)...), taxonomy.Several(unique(operators)...)
	return all
}

// unique keeps the first of equal values.
func unique[T comparable](values []T) (once []T) {
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// Fit fits each part to the model. Only one part may take images of another side than the model's. The parts compose a text
// one after the other.
func (c Chain) Fit(m models.Info) (Fitted, error) {
	fitted := Fitted{Side: m.Side, Hooks: Hooks{}}
	var resizing string
	for _, part := range c {
		one, err := part.Fit(m)
		if err != nil {
			return fitted, err
		}
		fitted.Compose = after(fitted.Compose, one.Compose)
		if one.Side != m.Side && m.Modality == taxonomy.Picture {
			if resizing != "" {
				return fitted, fmt.Errorf("%s and %s both take images of a size of their own: take one of them", resizing, part.Name())
			}
			resizing, fitted.Side = part.Name(), one.Side
		}
		for site, hook := range one.Hooks {
			before := fitted.Hooks[site]
			fitted.Hooks[site] = func(scope *model.Scope, v models.Value) models.Value {
				if before != nil {
					v = before(scope, v)
				}
				return hook(scope.At("%s", part.Name()), v)
			}
		}
	}
	return fitted, c.Check()
}

// after composes a text by one function and then by the next; each may be nil.
func after(one, next func(string) string) func(string) string {
	switch {
	case one == nil:
		return next
	case next == nil:
		return one
	}
	return func(text string) string { return next(one(text)) }
}

// Check returns an error if a part occurs twice, or a setting of one is wrong.
func (c Chain) Check() error {
	var seen []string
	for _, part := range c {
		if slices.Contains(seen, part.Name()) {
			return fmt.Errorf("%s has %s twice: write it once", c.Name(), part.Name())
		}
		seen = append(seen, part.Name())
		if checked, ok := part.(registry.Checked); ok {
			if err := checked.Check(); err != nil {
				return err
			}
		}
	}
	if len(c) < 2 {
		return errors.New("a chain has at least two manipulations")
	}
	return nil
}

// SeedOr gives the seed to each part that has none.
func (c Chain) SeedOr(seed uint64) Manipulation {
	c = slices.Clone(c)
	for i, part := range c {
		if seeded, ok := part.(Seeded); ok {
			c[i] = seeded.SeedOr(seed)
		}
	}
	return c
}

// RunningStatistics tells whether a part has them.
func (c Chain) RunningStatistics() bool {
	return slices.ContainsFunc(c, func(m Manipulation) bool {
		normed, ok := m.(Normed)
		return ok && normed.RunningStatistics()
	})
}

// Draws tells whether a part draws.
func (c Chain) Draws() bool {
	return slices.ContainsFunc(c, func(m Manipulation) bool {
		drawing, ok := m.(Drawing)
		return ok && drawing.Draws()
	})
}

// Trainable is the sum over the parts.
func (c Chain) Trainable(m models.Info) (sum int) {
	for _, part := range c {
		if counted, ok := part.(Trainables); ok {
			sum += counted.Trainable(m)
		}
	}
	return sum
}

// Choose lets each part choose, from the samples that the parts before have left. The part gets the text as those parts
// compose it.
func (c Chain) Choose(texts []string, labels []int32, answers []string, compose func(string) string) (Manipulation, []int, error) {
	c = slices.Clone(c)
	var taken []int
	for i, part := range c {
		if chooser, ok := part.(Chooser); ok {
			chosen, took, err := chooser.Choose(texts, labels, answers, compose)
			if err != nil {
				return nil, nil, err
			}
			c[i], taken = chosen, append(taken, took...)
		}
		fitted, err := part.Fit(models.Info{Modality: taxonomy.Text})
		if err == nil {
			compose = after(compose, fitted.Compose)
		}
	}
	return c, taken, nil
}

// Bind binds each part to the model.
func (c Chain) Bind(m *models.Model, read Reader) (Manipulation, error) {
	c = slices.Clone(c)
	for i, part := range c {
		bound, ok := part.(Bound)
		if !ok {
			continue
		}
		var err error
		if c[i], err = bound.Bind(m, read); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// MarshalJSON records the settings of each part under its name.
func (c Chain) MarshalJSON() ([]byte, error) {
	parts := map[string]Manipulation{}
	for _, part := range c {
		parts[part.Name()] = part
	}
	return json.Marshal(parts)
}

// each makes the manipulation of a name, or of each name of a chain.
func each(name string, one func(name string) (Manipulation, error)) (Manipulation, error) {
	names := strings.Split(name, chained)
	if len(names) == 1 {
		return one(name)
	}
	chain := make(Chain, len(names))
	for i, part := range names {
		var err error
		if chain[i], err = one(part); err != nil {
			return nil, err
		}
	}
	return chain, chain.Check()
}
