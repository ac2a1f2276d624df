package train

import (
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// seeded returns the program with the run's seed in every part that draws and has no seed of its own. A resumed run
// keeps the seeds of its record, because the draws can't be repeated otherwise: older runs recorded 0 there. record is
// nil if nothing was trained.
func (c Config) seeded(record *runs.Manifest) vrkit.Program {
	var before runs.Manifest
	if record != nil && record.Training.Seed == c.Seed {
		before = *record
	}
	seed := func(part runs.Part, name string) uint64 {
		if recorded, ok := part.Settings["seed"].(float64); ok && part.Name == name {
			return uint64(recorded)
		}
		return c.Seed
	}
	p := c.Program
	if in, ok := p.Input.(input.Seeded); ok {
		p.Input = in.SeedOr(seed(before.Input, in.Name()))
	}
	if out, ok := p.Output.(output.Seeded); ok {
		p.Output = out.SeedOr(seed(before.Output, out.Name()))
	}
	return p
}
