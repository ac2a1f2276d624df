package train

import "time"

// The stages of a run, as events name them.
const (
	StageEstimate   = "estimate"   // a pass over the training data to estimate ω
	StageStatistics = "statistics" // a pass over the training data to estimate the statistics of a batch normalisation anew
	StageTrain      = "train"      // an epoch of optimiser steps
	StageEvaluate   = "evaluate"   // a pass over validation and test data
	StageEpoch      = "epoch"      // an epoch has ended: Metrics are there
	StageDone       = "done"       // the run has ended
	StageStopped    = "stopped"    // the run ends before its time: interrupted, or with an error
)

// Event is one report of a run's progress.
type Event struct {
	Stage           string
	Epoch, Epochs   int     // from 1; 0 is before anything is learned
	Step, Steps     int     // batches done, and to do, in this stage
	Loss            float64 // mean training loss so far in this epoch
	Accuracy        float64 // training accuracy so far in this epoch, 0 to 1
	ImagesPerSecond float64
	Elapsed         time.Duration // since this process began the run
	Remaining       time.Duration // until the run ends, as far as can be told
	Metrics         *Metrics      // at StageEpoch
}

// Metrics are what an epoch achieved. Epoch 0 is the program before anything is learned: its mapping
// estimated with the initial prompt. Accuracies are shares, 0 to 1.
type Metrics struct {
	Epoch         int     `json:"epoch"`
	Loss          float64 `json:"loss"`           // mean training loss over the epoch, each batch before its step; 0 at epoch 0
	TrainAccuracy float64 `json:"train_accuracy"` // likewise
	ValAccuracy   float64 `json:"val_accuracy"`   // −1 without a validation set
	TestAccuracy  float64 `json:"test_accuracy"`  // −1 without a test set
	Seconds       float64 `json:"seconds"`
}
