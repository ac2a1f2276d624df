package input

import (
	"flag"

	"github.com/vrkit-go/reprogram/vrkit/registry"
)

// methods are the manipulations that a program can name, with their default settings.
var methods = registry.Of[Manipulation]("input manipulation",
	Padding{}, Watermark{Kind: Narrow}, Watermark{Kind: Medium}, Watermark{Kind: Full},
	SMM{}.filled(),
	VPT{Kind: Shallow, Tokens: defaultTokens}, VPT{Kind: Deep, Tokens: defaultTokens}, VPTAdd{}, VPT{Kind: Prefix, Tokens: defaultTokens}, Soft{Tokens: defaultTokens}, Template{Text: Place}, Shots{Shots: defaultShots},
)

// Register makes a manipulation known by its name, so that the runs of its programs can be opened. Its settings are the
// defaults. It panics if the name is taken. Call it from an init function.
func Register(m Manipulation) { methods.Register(m) }

// Names lists the known manipulations.
func Names() []string { return methods.Names() }

// New returns a manipulation by its name, with its default settings. Names joined by "+" give a [Chain].
func New(name string) (Manipulation, error) { return each(name, methods.New) }

// Restore returns a manipulation by its name, with the settings that a run has recorded. A wrong one is a
// [registry.SettingError].
func Restore(name string, settings map[string]any) (Manipulation, error) {
	return each(name, func(one string) (Manipulation, error) {
		if own, ok := settings[one].(map[string]any); ok && one != name {
			return methods.Restore(one, own)
		}
		return methods.Restore(one, settings)
	})
}

// Flags declares the settings of all manipulations as flags. It returns how to make a manipulation from them after they
// are parsed.
func Flags(set *flag.FlagSet) func(name string) (Manipulation, error) {
	one := methods.Flags(set, methods.Names()...)
	return func(name string) (Manipulation, error) { return each(name, one) }
}
