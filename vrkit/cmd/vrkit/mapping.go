package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
)

// mapping computes ω, for most methods from logits and labels that any framework saved as .npy. It needs no backend.
func mapping(_ context.Context, c *call) error {
	var (
		method  = c.String("method", "blm", "the output alignment: "+strings.Join(unlearned(), ", "))
		logits  = c.String("logits", "", "source logits, float32 [n,S], a .npy file (required)")
		labels  = c.String("labels", "", "target labels, int64 [n], a .npy file (required, but for rlm and identity, which take no samples)")
		classes = c.Int("classes", 0, "K, the number of target labels (required)")
		to      = c.String("o", "", "write ω to this .npy file, float32 [S,K] (required)")
	)
	seed := c.Uint64("seed", 0, "of rlm's draw")
	chosen := output.Flags(c.FlagSet, unlearned()...)
	if err := c.parse(); err != nil {
		return err
	}
	alignment, err := chosen(*method)
	if err != nil {
		return flagged(err)
	}
	if drawn, ok := alignment.(output.Seeded); ok {
		alignment = drawn.SeedOr(*seed)
	}
	if err := registry.CheckSeed(*seed); err != nil {
		return flagged(err)
	}
	_, isFixed := alignment.(output.Constant)
	_, isEstimator := alignment.(output.Estimator)
	switch {
	case !isFixed && !isEstimator:
		return fmt.Errorf("%s has no ω to compute from logits: vrkit train -output %s learns it; here -method takes %s", *method, *method, strings.Join(unlearned(), ", "))
	case isFixed && (*logits == "" || *to == ""):
		return errors.New("needs -logits Z.npy and -o OMEGA.npy")
	case isEstimator && (*logits == "" || *labels == "" || *to == ""):
		return errors.New("needs -logits Z.npy, -labels Y.npy and -o OMEGA.npy")
	case *classes < 1:
		return fmt.Errorf("needs the number of target labels: -classes K, at least 1, not %d", *classes)
	}
	for _, from := range []string{*logits, *labels} {
		if same(from, *to) {
			return fmt.Errorf("-o %s would overwrite what it is computed from: take another file", *to)
		}
	}
	z, n, sources, err := readLogits(*logits)
	if err != nil {
		return err
	}
	if isEstimator && *classes > n {
		return fmt.Errorf("-classes %d needs a sample of each at least, but %s has %d", *classes, *logits, n)
	}
	var y []int32
	if *labels != "" {
		if y, err = readLabels(*labels, n, *classes); err != nil {
			return err
		}
	}
	omega, err := output.Answers{Sources: sources, Targets: *classes, Logits: z, Labels: y}.Omega(alignment)
	if err != nil && isEstimator {
		err = fmt.Errorf("%s: %w", *logits, err)
	}
	if err != nil {
		return err
	}
	if isFixed {
		n = 0 // it needs no samples
	}
	if err := saveArray(*to, omega.Weights, sources, *classes); err != nil {
		return err
	}
	voting := 0
	for source := range sources {
		if slices.ContainsFunc(omega.Weights[source**classes:(source+1)**classes], func(w float32) bool { return w != 0 }) {
			voting++
		}
	}
	summary := struct {
		Method  string `json:"method"`
		Samples int    `json:"samples"`
		Sources int    `json:"sources"`
		Targets int    `json:"targets"`
		Voting  int    `json:"sources_that_vote"`
		File    string `json:"file"`
	}{*method, n, sources, *classes, voting, *to}
	return c.print(summary, func(w io.Writer) {
		from := fmt.Sprintf(" from %d samples", n)
		if isFixed {
			from = ""
		}
		fmt.Fprintf(w, "%s: ω [%d,%d]%s, %d source labels vote: %s\n", *method, sources, *classes, from, voting, *to)
	})
}

// unlearned lists the alignments whose ω is not trained.
func unlearned() []string {
	return slices.DeleteFunc(output.Names(), func(name string) bool {
		alignment, err := output.New(name)
		_, learned := alignment.(output.Learned)
		_, words := alignment.(output.Words) // it looks for the names of the source labels, which a file of logits has not
		return err != nil || learned || words
	})
}

// readLogits reads float32 [n,S].
func readLogits(path string) (values []float32, n, sources int, err error) {
	values, shape, err := readArray[float32](path, "source logits are float32 [n,S]", 2)
	if err != nil {
		return nil, 0, 0, err
	}
	if len(values) == 0 {
		return nil, 0, 0, fmt.Errorf("%s is empty: it has the shape %v", path, shape)
	}
	return values, shape[0], shape[1], nil
}

// readLabels reads int64 [n], each in 0 to classes−1.
func readLabels(path string, n, classes int) ([]int32, error) {
	wide, _, err := readArray[int64](path, "target labels are int64 [n]", 1)
	if err != nil {
		return nil, err
	}
	if len(wide) != n {
		return nil, fmt.Errorf("%s has %d labels for %d rows of logits", path, len(wide), n)
	}
	labels := make([]int32, n)
	for i, label := range wide {
		if label < 0 || label >= int64(classes) {
			return nil, fmt.Errorf("%s: label %d of sample %d lies outside 0 to %d", path, label, i, classes-1)
		}
		labels[i] = int32(label)
	}
	return labels, nil
}

// same tells whether two paths are the same existing file.
func same(a, b string) bool {
	one, errA := os.Stat(a)
	other, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(one, other)
}
