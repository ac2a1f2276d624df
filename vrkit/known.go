package vrkit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Known returns an error if a part of the recorded program can't be opened by its name, because it is the user's own.
// The error says how to open such a program.
func (m Manifest) Known() error {
	var frozen []string
	for _, info := range models.All() {
		frozen = append(frozen, info.Name)
	}
	if _, err := models.Named(m.Model.Name); err == nil {
		frozen = append(frozen, m.Model.Name) // such as one with random weights
	}
	for _, part := range []struct {
		what, name string
		known      []string
	}{{"model", m.Model.Name, frozen}, {"input manipulation", m.Input.Name, input.Names()}, {"output alignment", m.Output.Name, output.Names()}} {
		if !slices.Contains(part.known, part.name) {
			return fmt.Errorf("no %s is called %q; known: %s; if it is your own, open the run in Go, with vrkit.Compile of your Program, and Use of what vrkit.ReadArtefact reads",
				part.what, part.name, strings.Join(part.known, ", "))
		}
	}
	return nil
}
