package runs

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
