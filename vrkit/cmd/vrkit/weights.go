package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// weightsFlag declares the flag for a user's own weight file.
func (c *call) weightsFlag() *string {
	return c.String("weights", "", "a weight file of your own, instead of the published one: in the published format, or .safetensors or .npz")
}

// openRun opens a run, with the published weights of its model or with the user's own file.
func openRun(ctx context.Context, dir, which, weights string, report fetch.Report) (*runs.Run, error) {
	run, err := runs.OpenWeights(ctx, dir, runs.Which(which), weights, report)
	return run, askForWeights(err, weights)
}

// askForWeights adds what to do to the error of a run that was trained with other weights. given is the user's file, or
// "" for the published weights.
func askForWeights(err error, given string) error {
	other, ok := errors.AsType[*runs.OtherWeightsError](err)
	if !ok {
		return err
	}
	if models.IsONNX(other.Name) {
		return fmt.Errorf("%w: put back the ONNX file and its JSON file as they were", err)
	}
	if given == "" {
		return fmt.Errorf("%w: give them with -weights FILE", err)
	}
	return fmt.Errorf("%w: %s has others; give the right file with -weights, or leave -weights out if they were the published ones", err, given)
}
