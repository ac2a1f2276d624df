package train

import (
	"errors"
	"iter"
	"os"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// artefact returns the program's learned variables and ω at this time as the artefact of an epoch, with the digest of
// this run's program.
func (t *trainer) artefact(epoch int) (runs.Artefact, error) {
	learned, err := t.program.Learned()
	return runs.Artefact{Learned: learned, Program: t.digest, Epoch: epoch}, err
}

// keeps yields the artefacts that a run in this state should have, each with its epoch.
func (t *trainer) keeps() iter.Seq2[runs.Which, int] {
	return func(yield func(runs.Which, int) bool) {
		s := t.state
		last := len(s.Metrics) - 1
		if !yield(runs.Last, last) {
			return
		}
		if s.Metrics[s.Best].ValAccuracy >= 0 && !yield(runs.Best, s.Best) {
			return
		}
		for epoch := 0; t.History && epoch <= last; epoch++ {
			if !yield(runs.Epoch(epoch), epoch) {
				return
			}
		}
	}
}

// mend writes again each artefact that is damaged, missing or of another run, from the state or from another artefact of
// the same epoch. An artefact that neither has is lost, or was never kept if its epoch was trained without History.
func (t *trainer) mend() error {
	intact, bad, never := map[int]runs.Artefact{}, map[runs.Which]int{}, map[runs.Which]bool{}
	for which, epoch := range t.keeps() {
		a, err := runs.ReadArtefact(t.Run, which)
		switch {
		case err != nil || a.Program != "" && a.Epoch != epoch:
			bad[which] = epoch
			never[which] = which == runs.Epoch(epoch) && errors.Is(err, os.ErrNotExist) && !slices.Contains(t.state.Kept, epoch)
		case a.Program != "":
			intact[epoch] = a
		}
	}
	last := len(t.state.Metrics) - 1
	if _, ok := intact[last]; !ok && len(bad) > 0 && t.state.Step == 0 { // at the end of an epoch the state has that epoch's values
		if err := t.program.Initialise(); err != nil {
			return err
		}
		a, err := t.artefact(last)
		if err != nil {
			return err
		}
		a.Mapping = t.before // the ω of that epoch's evaluation: the state may have the next epoch's already
		intact[last] = a
	}
	for which, epoch := range t.keeps() {
		if _, ok := bad[which]; !ok {
			continue
		}
		switch a, ok := intact[epoch]; {
		case ok:
			if err := a.Save(t.Run, which); err != nil {
				return err
			}
		case never[which]:
			t.unkept = append(t.unkept, epoch)
		default:
			t.lost = append(t.lost, which)
		}
	}
	return nil
}
