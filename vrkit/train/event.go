package train

import (
	"time"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// The stages of a run.
const (
	StageGradient   = "gradient"   // the gradient of a network from an ONNX file is tried, before its first training
	StageEstimate   = "estimate"   // a pass over the training data to estimate ω
	StageStatistics = "statistics" // a pass over the training data to estimate BatchNorm's statistics again
	StageTrain      = "train"      // an epoch of optimiser steps
	StageEvaluate   = "evaluate"   // a pass over validation and test data
	StageEpoch      = "epoch"      // an epoch has ended; the event has Metrics
	StageDone       = "done"       // the run has ended
	StageStopped    = "stopped"    // the run stops early: interrupted, or with an error
)

// Event is one report of a run's progress.
type Event struct {
	Stage            string
	Epoch, Epochs    int     // from 1; 0 is before training
	Step, Steps      int     // batches done, and all batches, of this stage
	Loss             float64 // mean training loss so far in this epoch
	Accuracy         float64 // training accuracy so far in this epoch, 0 to 1
	SamplesPerSecond float64
	Elapsed          time.Duration // since this process started the run
	Remaining        time.Duration // estimated time until the run ends
	Metrics          *runs.Metrics // set at StageEpoch only
}
