package output

import (
	"flag"

	"github.com/vrkit-go/reprogram/vrkit/registry"
)

// methods are the alignments that a program can name, with their default settings, which are the papers'.
var methods = registry.Of[Alignment]("output alignment",
	RLM{}, FLM{}, ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .15}, Linear{Restrict: NoBias}, Identity{}, Words{}, PETAL{Picks: 1},
)

// Register makes an alignment known by its name, so that the runs of its programs can be opened. Its settings are the
// defaults. It panics if the name is taken. Call it from an init function.
func Register(a Alignment) { methods.Register(a) }

// Names lists the known alignments.
func Names() []string { return methods.Names() }

// New returns an alignment by its name, with its default settings.
func New(name string) (Alignment, error) { return methods.New(name) }

// Restore returns an alignment by its name, with the settings that a run has recorded. A wrong one is a
// [registry.SettingError].
func Restore(name string, settings map[string]any) (Alignment, error) {
	return methods.Restore(name, settings)
}

// Flags declares the settings of the named alignments as flags. It returns how to make an alignment from them after they
// are parsed.
func Flags(set *flag.FlagSet, names ...string) func(name string) (Alignment, error) {
	return methods.Flags(set, names...)
}
