package show

import (
	"fmt"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Confusion shows an evaluation's predictions for the images of each class.
func Confusion(e train.Evaluation, classes []string) error {
	return drawn(confusionFigure(e, classes))("confusion")
}

func confusionFigure(e train.Evaluation, classes []string) (figure.Figure, error) {
	counts, err := confusion(e, len(classes))
	if err != nil {
		return figure.Figure{}, err
	}
	return figure.Confusion(counts, classes, fmt.Sprintf("%.1f %% of %d images are predicted right: those on the diagonal.", 100*e.Accuracy(), len(e.Labels)))
}

// confusion counts the predictions for each true class, [K,K] row-major.
func confusion(e train.Evaluation, classes int) ([]int, error) {
	if len(e.Labels) == 0 || len(e.Predictions) != len(e.Labels) {
		return nil, fmt.Errorf("show: an evaluation needs images and a prediction for each, not %d predictions for %d images", len(e.Predictions), len(e.Labels))
	}
	counts := make([]int, classes*classes)
	for i, truth := range e.Labels {
		said := e.Predictions[i]
		if min(truth, said) < 0 || int(max(truth, said)) >= classes {
			return nil, fmt.Errorf("show: the evaluation predicts %d for class %d, but there are names for only %d classes", said, truth, classes)
		}
		counts[int(truth)*classes+int(said)]++
	}
	return counts, nil
}
