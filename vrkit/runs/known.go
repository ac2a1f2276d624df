package runs

import (
	"cmp"
	"fmt"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Known returns an error if a part of the recorded program can't be opened by its name, because it is the user's own and
// not registered.
func (m Manifest) Known() error {
	var model error
	if !models.IsONNX(m.Model.Name) { // a file, which is known even if it is gone
		_, model = models.Named(m.Model.Name)
	}
	_, in := input.New(m.Input.Name)
	_, out := output.New(m.Output.Name)
	if err := cmp.Or(model, in, out); err != nil {
		return fmt.Errorf("%w; if it is your own, register it: see docs/contributing.md", err)
	}
	return nil
}
