package train

import (
	"iter"

	"github.com/vrkit-go/reprogram/vrkit"
)

// artefact is what the program has learned as it is now, marked as this run's, of an epoch.
func (t *trainer) artefact(epoch int) (vrkit.Artefact, error) {
	a, err := t.program.Artefact()
	a.Program, a.Epoch = t.digest, epoch
	return a, err
}

// keeps yields the artefacts that a run of this state has, each with the epoch after which it was kept.
func (t *trainer) keeps() iter.Seq2[vrkit.Which, int] {
	return func(yield func(vrkit.Which, int) bool) {
		s := t.state
		last := len(s.Metrics) - 1
		if !yield(vrkit.Last, last) {
			return
		}
		if s.Metrics[s.Best].ValAccuracy >= 0 && !yield(vrkit.Best, s.Best) {
			return
		}
		for epoch := 0; t.History && epoch <= last; epoch++ {
			if !yield(vrkit.Epoch(epoch), epoch) {
				return
			}
		}
	}
}

// mend writes anew each artefact that is damaged, gone or not this run's, from the state, or from another artefact of
// the same epoch. What neither holds is lost.
func (t *trainer) mend() error {
	intact, bad := map[int]vrkit.Artefact{}, map[vrkit.Which]int{}
	for which, epoch := range t.keeps() {
		a, err := vrkit.ReadArtefact(t.Run, which)
		switch {
		case err != nil || a.Program != "" && a.Epoch != epoch:
			bad[which] = epoch
		case a.Program != "":
			intact[epoch] = a
		}
	}
	last := len(t.state.Metrics) - 1
	if _, ok := intact[last]; !ok && len(bad) > 0 && t.state.Step == 0 { // the state is of the end of that epoch
		if err := t.program.Initialise(); err != nil {
			return err
		}
		a, err := t.artefact(last)
		if err != nil {
			return err
		}
		a.Mapping = t.before // the one that was measured: that of the next epoch may be there already
		intact[last] = a
	}
	for which, epoch := range t.keeps() {
		if _, ok := bad[which]; !ok {
			continue
		}
		a, ok := intact[epoch]
		if !ok {
			t.lost = append(t.lost, which)
		} else if err := a.Save(t.Run, which); err != nil {
			return err
		}
	}
	return nil
}
