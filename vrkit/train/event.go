package train

import "time"

// The stages of a run.
const (
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
	Stage           string
	Epoch, Epochs   int     // from 1; 0 is before training
	Step, Steps     int     // batches done, and all batches, of this stage
	Loss            float64 // mean training loss so far in this epoch
	Accuracy        float64 // training accuracy so far in this epoch, 0 to 1
	ImagesPerSecond float64
	Elapsed         time.Duration // since this process started the run
	Remaining       time.Duration // estimated time until the run ends
	Metrics         *Metrics      // set at StageEpoch only
}

// Metrics are the results of an epoch. Epoch 0 is the program before training: its ω is estimated with the initial
// prompt. Accuracies are shares, 0 to 1.
type Metrics struct {
	Epoch         int     `json:"epoch"`
	Loss          float64 `json:"loss"`           // mean training loss of the epoch, each batch before its step; 0 at epoch 0
	TrainAccuracy float64 `json:"train_accuracy"` // of the same logits
	ValAccuracy   float64 `json:"val_accuracy"`   // −1 without a validation set
	TestAccuracy  float64 `json:"test_accuracy"`  // −1 without a test set
	Seconds       float64 `json:"seconds"`        // of the epoch, with what was evaluated in it; −1 where [ReadMetrics] finds none
}
