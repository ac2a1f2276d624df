package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/vrkit-go/reprogram/vrkit"
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
	z, n, sources, err := readLogits(*logits)
	if err != nil {
		return err
	}
	y, err := readLabels(*labels, n, *classes)
	if err != nil {
		return err
	}
	statistics := output.NewStatistics(sources, *classes)
	if err := alignment.Observe(statistics, z, y); err != nil {
		return err
	}
	omega, err := alignment.Estimate(statistics)
	if err != nil {
		return err
	}
	var file strings.Builder
	if err := numpy.ToNpyWriter(tensors.FromFlatDataAndDimensions(omega.Weights, sources, *classes), &file); err != nil {
		return err
	}
	if err := vrkit.WriteFile(*to, []byte(file.String()), 0o644); err != nil {
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
	array, err := numpy.FromNpyFile(path)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	shape := array.Shape()
	if shape.DType != dtypes.Float32 || shape.Rank() != 2 || shape.Dim(1) == 0 {
		return nil, 0, 0, fmt.Errorf("%s holds %s where source logits are float32 [n,S]", path, shape)
	}
	values, err = tensors.CopyFlatData[float32](array)
	return values, shape.Dim(0), shape.Dim(1), err
}

// readLabels reads int64 [n], each in 0 to classes−1.
func readLabels(path string, n, classes int) ([]int32, error) {
	array, err := numpy.FromNpyFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	shape := array.Shape()
	if shape.DType != dtypes.Int64 || shape.Rank() != 1 {
		return nil, fmt.Errorf("%s holds %s where target labels are int64 [n]", path, shape)
	}
	if shape.Dim(0) != n {
		return nil, fmt.Errorf("%s has %d labels for %d rows of logits", path, shape.Dim(0), n)
	}
	wide, err := tensors.CopyFlatData[int64](array)
	if err != nil {
		return nil, err
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
