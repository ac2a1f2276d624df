package models

import (
	"context"
	"fmt"

	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// FeaturesPrefix begins the name of a network that is read at its features, the input of its classifier, instead of its
// logits: "features:resnet18". Its source labels are "feature 0" to "feature S−1". A linear output on them is a linear
// probe, and the head of visual prompt tuning.
const FeaturesPrefix = "features:"

// bindFeatures is the architecture, read at its features.
func (a architecture) bindFeatures() architecture {
	a.Info.Name = FeaturesPrefix + a.Info.Name
	a.Info.Title += "'s features"
	a.Info.Top1 = 0
	a.forward, a.bound = a.features, true
	return a
}

// labels are the names of the source labels.
func (a architecture) labels(ctx context.Context, report fetch.Report) ([]string, error) {
	if !a.bound {
		return readLabels(ctx, report)
	}
	return featureNames(a.width), nil
}

// featureNames are the names of that many features; nil of none.
func featureNames(count int) (names []string) {
	for i := range count {
		names = append(names, fmt.Sprintf("feature %d", i))
	}
	return names
}

// classified is a linear classifier of features, [B,width] to [B,S].
func classified(weight layer.Weight, features *Node) *Node {
	return Add(DotProduct(features, weight("classifier/kernel")), ExpandAxes(weight("classifier/bias"), 0))
}
