package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/vrkit-go/reprogram/models/internal/onnxnet"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// ONNXPrefix begins the name of a user's own network: onnx:FILE. FILE is an ONNX file of an image classifier, or of a
// network that gives features. A JSON file beside it, FILE with .json in place of .onnx, says what the ONNX file does not:
//
//	mean, std  of the pixels, RGB in [0,1], three numbers each; 0 and 1/255 for a network of pixels in 0..255
//	labels     the names of the outputs, or "imagenet"
//	features   the number of outputs if they are features, in place of labels
//	side       of the input in pixels, if the ONNX file takes several
//	layout     NCHW or NHWC, if the input's shape does not tell
//	output     the name of the output, if there are several
//
// The error of a missing key gives the JSON to write.
const ONNXPrefix = "onnx:"

// onnxFile is an ONNX file with its sidecar.
type onnxFile struct {
	Info
	path    string
	sidecar sidecar
	net     *onnxnet.Net
	labels  []string // nil for ImageNet's
}

// Absolute is the name of a model as it is from every working directory: an ONNX file's path begins at the root. Other names
// stay as they are.
func Absolute(name string) string {
	if file, ok := strings.CutPrefix(name, ONNXPrefix); ok {
		if path, err := filepath.Abs(file); err == nil {
			return ONNXPrefix + path
		}
	}
	return name
}

// IsONNX tells whether a name is one of an ONNX file.
func IsONNX(name string) bool { return strings.HasPrefix(name, ONNXPrefix) }

// refuseONNX returns an error if a name puts a prefix before that of an ONNX file.
func refuseONNX(name string) error {
	before, file, ok := strings.Cut(name, ONNXPrefix)
	switch {
	case !ok || before != FeaturesPrefix && before != RandomPrefix && before != FeaturesPrefix+RandomPrefix:
		return nil
	case before == FeaturesPrefix:
		return fmt.Errorf("%s: write %s%s: the JSON file beside an ONNX file says whether its outputs are features", name, ONNXPrefix, file)
	}
	return fmt.Errorf("%s: random weights need a network of the list: export your network with random weights, and open that file", name)
}

// readONNX opens the ONNX file of that name, with its sidecar. The model's name has the file's absolute path.
func readONNX(name string) (*onnxFile, Weights, error) {
	path := strings.TrimPrefix(Absolute(name), ONNXPrefix)
	if !utf8.ValidString(path) {
		return nil, nil, fmt.Errorf("the path %q is not UTF-8, so that no run can record it: rename the file", path)
	}
	f := &onnxFile{path: path}
	weights, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	if err := f.complete(); err != nil {
		return nil, nil, err
	}
	f.labels = f.sidecar.names()
	f.Info = Info{
		Name:          ONNXPrefix + path,
		Title:         strings.TrimSuffix(filepath.Base(path), ".onnx"),
		Sides:         SideRule{Min: f.sidecar.Side, Max: f.sidecar.Side, Multiple: 1},
		Side:          f.sidecar.Side,
		Normalisation: Normalisation{Mean: [3]float32(f.sidecar.Mean), Std: [3]float32(f.sidecar.Std)},
		License:       "your own",
	}
	return f, weights, nil
}

// sidecarPath is the path of the JSON file beside the ONNX file.
func (f *onnxFile) sidecarPath() string { return strings.TrimSuffix(f.path, ".onnx") + ".json" }

// read reads both files.
func (f *onnxFile) read() (Weights, error) {
	net, read, err := onnxnet.Read(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: %sFILE takes the path of an ONNX file", f.path, ONNXPrefix)
	}
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(f.sidecarPath())
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	if f.sidecar, err = parseSidecar(data); err != nil {
		return nil, fmt.Errorf("%s: %w", f.sidecarPath(), err)
	}
	f.net = net
	weights := Weights{}
	for name, t := range read {
		weights[name] = Tensor(t)
	}
	// The weights do not tell which operators use them, nor how the input is normalised. The name of an empty weight does,
	// so that the hash of the weights covers all that a run depends on.
	settings, err := json.Marshal(f.sidecar)
	weights[fmt.Sprintf("file %s %s", net.SHA256, settings)] = Tensor{Shape: []int{0}}
	return weights, err
}

// complete adds to the sidecar what the ONNX file makes certain, and checks that both agree. The error of missing keys
// gives the JSON to write.
func (f *onnxFile) complete() error {
	s, write := &f.sidecar, f.sidecar // write is the sidecar to write
	var missing []string
	if s.Mean == nil {
		missing, write.Mean = append(missing, "mean"), []float32{.485, .456, .406}
	}
	if s.Std == nil {
		missing, write.Std = append(missing, "std"), []float32{.229, .224, .225}
	}
	given := s.Layout
	if err := f.findLayout(); err != nil {
		return err
	}
	if s.Layout == "" {
		missing, write.Layout = append(missing, "layout"), nchw
	}
	if given != "" && given != s.Layout {
		return fmt.Errorf("%s: layout is %s, but the file's input has the shape %s, which is %s", f.sidecarPath(), given, shapeText(f.net.Input.Dims), s.Layout)
	}
	if err := f.findSide(); err != nil {
		return err
	}
	if s.Side == 0 {
		missing, write.Side = append(missing, "side"), 224
	}
	output, err := f.output()
	if err != nil {
		return err
	}
	if output.Name == "" {
		missing, write.Output = append(missing, "output"), f.net.Outputs[0].Name
	}
	s.Output = output.Name
	have := 0 // outputs, if the file says how many
	for axis, d := range output.Dims {
		if axis == 1 {
			have = max(d, 0)
		} else if axis > 1 && d > 1 {
			return fmt.Errorf("%s: its output %s has the shape %s, where a network gives one number for each label", f.path, output.Name, shapeText(output.Dims))
		}
	}
	switch {
	case s.outputs() > 0:
	case have == 0 || have == sources:
		missing, write.Labels = append(missing, "labels"), imagenetNames
	default:
		missing, write.Features = append(missing, "labels or features"), have
	}
	if len(missing) > 0 {
		data, err := json.Marshal(write)
		if err != nil {
			return err
		}
		return fmt.Errorf("%s does not say its %s: write %s, such as %s", f.path, strings.Join(missing, ", "), f.sidecarPath(), data)
	}
	if have > 0 && have != s.outputs() {
		return fmt.Errorf("%s has %d outputs, and %s names %d", f.path, have, f.sidecarPath(), s.outputs())
	}
	return nil
}

// findLayout sets the layout if the input's shape tells it.
func (f *onnxFile) findLayout() error {
	dims := f.net.Input.Dims
	first, last := dims[channelsAt[nchw]], dims[channelsAt[nhwc]]
	switch {
	case first > 0 && last > 0 && first != 3 && last != 3:
		return fmt.Errorf("%s: its input has the shape %s: a picture has 3 channels", f.path, shapeText(dims))
	case first == 3 && last != 3 || last > 0 && last != 3:
		f.sidecar.Layout = nchw
	case last == 3 && first != 3 || first > 0 && first != 3:
		f.sidecar.Layout = nhwc
	}
	return nil
}

// findSide sets the side if the input's shape fixes it.
func (f *onnxFile) findSide() error {
	dims := f.net.Input.Dims
	rows, columns := dims[2], dims[3]
	if f.sidecar.Layout == nhwc {
		rows, columns = dims[1], dims[2]
	}
	side := max(rows, columns)
	switch {
	case rows > 0 && columns > 0 && rows != columns:
		return fmt.Errorf("%s takes pictures of %d×%d pixels: only square ones are possible here", f.path, columns, rows)
	case side > 0 && f.sidecar.Side > 0 && f.sidecar.Side != side:
		return fmt.Errorf("%s: side is %d, but the ONNX file takes pictures of side %d alone", f.sidecarPath(), f.sidecar.Side, side)
	case side > 0:
		f.sidecar.Side = side
	}
	return nil
}

// output is the output that the sidecar names, or the only one; its name is empty if there are several.
func (f *onnxFile) output() (onnxnet.Port, error) {
	if f.sidecar.Output == "" {
		if len(f.net.Outputs) > 1 {
			return onnxnet.Port{}, nil
		}
		return f.net.Outputs[0], nil
	}
	var names []string
	for _, out := range f.net.Outputs {
		if out.Name == f.sidecar.Output {
			return out, nil
		}
		names = append(names, out.Name)
	}
	return onnxnet.Port{}, fmt.Errorf("%s: output is %q, and those of the ONNX file are %s", f.sidecarPath(), f.sidecar.Output, strings.Join(names, ", "))
}

// shapeText is a shape in words.
func shapeText(dims []int) string {
	var words []string
	for _, d := range dims {
		if d < 0 {
			words = append(words, "any")
			continue
		}
		words = append(words, fmt.Sprint(d))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// onnxAssets is [Assets] of an ONNX file.
func onnxAssets(name string) ([]fetch.Asset, error) {
	f, _, err := readONNX(name)
	if err != nil || f.labels != nil {
		return nil, err
	}
	return []fetch.Asset{imagenetLabels}, nil
}

// openONNX is [OpenWeights] of an ONNX file.
func openONNX(ctx context.Context, name, weights string, report fetch.Report) (*Model, error) {
	if weights != "" {
		return nil, fmt.Errorf("%s takes no weight file: an ONNX file has its weights", name)
	}
	f, values, err := readONNX(name)
	if err != nil {
		return nil, err
	}
	frozen, err := Freeze(func() (Weights, error) {
		if first := values; first != nil {
			values = nil
			return first, first.checkFinite(f.path)
		}
		again := &onnxFile{path: f.path}
		return again.read()
	})
	if err != nil {
		return nil, err
	}
	if f.labels == nil {
		if f.labels, err = readLabels(ctx, report); err != nil {
			return nil, err
		}
	}
	return &Model{Info: f.Info, Labels: f.labels, Weights: frozen, Forward: f.forward}, nil
}

// forward is the network's [Forward].
func (f *onnxFile) forward(weight layer.Weight, in Value, _ Hook) *Node {
	y := f.net.Build(weight, in.Sum(), f.sidecar.Layout == nchw, f.sidecar.Output)
	if y.Shape().Dim(1) != len(f.labels) {
		panic(fmt.Errorf("%s has %d outputs, and %s names %d", f.path, y.Shape().Dim(1), f.sidecarPath(), len(f.labels)))
	}
	return y
}
