package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sidecar is the JSON file beside an ONNX file. It says how a picture becomes the network's input, and what the outputs
// are. The ONNX file itself says some of this, so that its keys are needed only where it does not.
type sidecar struct {
	// Mean and Std normalise the pixels, RGB in [0,1]: (x − mean) / std, channel by channel. A network of pixels in 0..255
	// has the mean 0 and the std 1/255.
	Mean []float32 `json:"mean,omitempty"`
	Std  []float32 `json:"std,omitempty"`
	// Labels are the names of the source labels, in the order of the outputs, or "imagenet" for the 1000 of ImageNet.
	Labels any `json:"labels,omitempty"`
	// Features is the number of the outputs if they are features, which have no names. It stands in place of Labels.
	Features int    `json:"features,omitempty"`
	Side     int    `json:"side,omitempty"`   // of the input, in pixels
	Layout   string `json:"layout,omitempty"` // NCHW or NHWC, the order of the input's axes
	Output   string `json:"output,omitempty"` // the name of the output, if there are several
}

// imagenetNames is the value of Labels for the names of ImageNet's labels.
const imagenetNames = "imagenet"

// The orders of the axes of a batch of pictures.
const (
	nchw = "NCHW"
	nhwc = "NHWC"
)

// channelsAt is the axis of the channels.
var channelsAt = map[string]int{nchw: 1, nhwc: 3}

// parseSidecar reads a sidecar. It is an error if it has a key that is not known, or a value that is not possible.
func parseSidecar(data []byte) (s sidecar, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("%s; the keys are mean, std, labels, features, side, layout and output", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return s, errors.New("there is more after the JSON object")
	}
	return s, s.check()
}

// check returns an error if a value is not possible.
func (s sidecar) check() error {
	for key, values := range map[string][]float32{"mean": s.Mean, "std": s.Std} {
		if values != nil && len(values) != 3 {
			return fmt.Errorf("%s has %d values: give one for each of red, green and blue", key, len(values))
		}
	}
	switch labels := s.Labels.(type) {
	case nil:
	case string:
		if labels != imagenetNames {
			return fmt.Errorf("labels is %q: give a list of names, or %q", labels, imagenetNames)
		}
	case []any:
		for _, label := range labels {
			if name, ok := label.(string); !ok || name == "" {
				return fmt.Errorf("labels has %v, which is no name", label)
			}
		}
	default:
		return fmt.Errorf("labels is %v: give a list of names, or %q", labels, imagenetNames)
	}
	switch {
	case slices.ContainsFunc(s.Std, func(v float32) bool { return v <= 0 }):
		return errors.New("std has a value that is not positive")
	case s.Labels != nil && s.Features != 0:
		return errors.New("it has both labels and features: outputs with names are labels")
	case s.Features < 0 || s.Side < 0:
		return errors.New("features and side are positive numbers")
	case s.Layout != "" && channelsAt[s.Layout] == 0:
		return fmt.Errorf("layout is %q: it is %s or %s", s.Layout, nchw, nhwc)
	}
	return nil
}

// names are the source labels that it names; nil for those of ImageNet.
func (s sidecar) names() (names []string) {
	labels, _ := s.Labels.([]any)
	for _, label := range labels {
		names = append(names, label.(string))
	}
	return append(names, featureNames(s.Features)...)
}

// outputs is the number of outputs that it names.
func (s sidecar) outputs() int {
	if s.Labels == imagenetNames {
		return sources
	}
	return len(s.names())
}
