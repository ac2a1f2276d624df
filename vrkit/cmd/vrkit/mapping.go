package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// mapping estimates ω from logits and labels that any framework saved as .npy. It needs no backend.
func mapping(_ context.Context, c *call) error {
	var (
		method  = c.String("method", "blm", "the output alignment: "+strings.Join(output.Names(), ", "))
		logits  = c.String("logits", "", "source logits, float32 [n,S], a .npy file (required)")
		labels  = c.String("labels", "", "target labels, int64 [n], a .npy file (required)")
		classes = c.Int("classes", 0, "K, the number of target labels (required)")
		to      = c.String("o", "", "where ω goes, float32 [S,K], a .npy file (required)")
		options output.Options
	)
	c.Float64Var(&options.Lambda, "lambda", 1, "BLM's smoothing λ")
	if err := c.parse(); err != nil {
		return err
	}
	switch {
	case *logits == "" || *labels == "" || *to == "":
		return errors.New("needs -logits Z.npy, -labels Y.npy and -o OMEGA.npy")
	case *classes < 1:
		return fmt.Errorf("needs the number of target labels: -classes K, at least 1, not %d", *classes)
	}
	alignment, err := output.New(*method, options)
	if err != nil {
		return err
	}
	estimator, ok := alignment.(output.Estimator)
	if !ok {
		return fmt.Errorf("%s has no ω to estimate from logits", *method)
	}
	z, n, sources, err := readLogits(*logits)
	if err != nil {
		return err
	}
	if *classes > n {
		return fmt.Errorf("-classes %d needs a sample of each at least, but %s has %d", *classes, *logits, n)
	}
	y, err := readLabels(*labels, n, *classes)
	if err != nil {
		return err
	}
	statistics := output.NewStatistics(sources, *classes)
	if err := estimator.Observe(statistics, z, y); err != nil {
		return fmt.Errorf("%s: %w", *logits, err)
	}
	omega, err := estimator.Estimate(statistics)
	if err != nil {
		return err
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
		fmt.Fprintf(w, "%s: ω [%d,%d] from %d samples, %d source labels vote: %s\n", *method, sources, *classes, n, voting, *to)
	})
}

// readLogits reads float32 [n,S].
func readLogits(path string) (values []float32, n, sources int, err error) {
	values, shape, err := readArray[float32](path, `source logits are float32 [n,S]; in NumPy: z.astype("float32")`, 2)
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
	wide, _, err := readArray[int64](path, `target labels are int64 [n]; in NumPy: y.astype("int64")`, 1)
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
