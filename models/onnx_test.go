package models_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"

	. "github.com/gomlx/gomlx/core/graph"
)

// onnxGolden holds onnxruntime's logits of the two images of noise, and the slopes of their weighted sum along two random
// directions (testdata/onnx_golden.py).
type onnxGolden struct {
	Logits []float32
	Slopes []float64
}

const (
	onnxSide    = 64
	onnxSidecar = `{"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "features": 40}`
)

// TestONNXGolden compares networks from ONNX files with onnxruntime.
func TestONNXGolden(t *testing.T) {
	var nets map[string]onnxGolden
	readGolden(t, "onnx_golden.json", &nets)
	for name, golden := range nets {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "layers" {
				t.Skip("-short: compiling takes seconds")
			}
			m, err := models.Open(t.Context(), onnxModel(t, name, onnxSidecar), nil)
			require.NoError(t, err)
			require.Equal(t, "feature 39", m.Labels[39])
			size := 2 * onnxSide * onnxSide * 3
			pixels := tensors.FromFlatDataAndDimensions(models.Uniform("pixels", size, 0, 1), 2, onnxSide, onnxSide, 3)
			exec := model.MustNewExec(backendtest.XLA(t), model.NewStore(), func(root *model.Scope, pixels *Node) (*Node, *Node) {
				logits := m.Logits(root, m.Normalisation.Apply(pixels))
				return logits, Gradient(readout(logits), pixels)[0]
			})
			logits, gradient, err := exec.Call2(pixels)
			require.NoError(t, err)
			apart := relativeError(tensors.MustCopyFlatData[float32](logits), golden.Logits)
			require.LessOrEqual(t, apart, 1e-4, "max|Δ|/max|logit|")
			t.Logf("logits %.1e apart", apart)
			values := tensors.MustCopyFlatData[float32](gradient)
			for number, want := range golden.Slopes {
				direction := models.Uniform(fmt.Sprintf("direction %d", number), size, -.5, .5)
				typical := math.Sqrt(dot(values, values) * dot(direction, direction) / float64(size))
				t.Logf("slope %d: %.6g, want %.6g; %.2g is typical", number, dot(values, direction), want, typical)
				require.InDelta(t, want, dot(values, direction), 3e-3*typical, "a ReLU may change its side by rounding")
			}
			if name == "layers" {
				require.NoError(t, m.CheckGradient(backendtest.XLA(t)))
			}
		})
	}
}

// Programs train on networks from ONNX files, and the frozen weights stay as they are.
func TestONNXTrains(t *testing.T) {
	for name, in := range map[string]input.Manipulation{
		"layers": input.Padding{Image: onnxSide / 2}, "vit": input.Watermark{Width: onnxSide / 2}, "squeezenet1_1": input.SMM{Patch: 8, Layers: 5, Seed: 1},
	} {
		t.Run(name+" "+in.Name(), func(t *testing.T) {
			if testing.Short() {
				t.Skip("-short: compiling takes seconds")
			}
			m, err := models.Open(t.Context(), onnxModel(t, name, onnxSidecar), nil)
			require.NoError(t, err)
			trainBriefly(t, vrkit.Program{Input: in, Model: m, Output: output.RLM{Seed: 1}, Side: onnxSide})
		})
	}
}

// A file that can't be opened is refused with one line that says why. The names of networks with other prefixes are too.
func TestONNXRefused(t *testing.T) {
	whole := onnxContents(t, "vit")
	dir := t.TempDir()
	path := filepath.Join(dir, "f.onnx")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "f.json"), []byte(onnxSidecar), 0o600))
	for want, data := range map[string][]byte{
		path + ": the file is empty":                    {},
		path + ": it is no ONNX file, or it is cut off": whole[:len(whole)/2],
		path + ": it is no ONNX file: it has no graph":  {8, 7},
	} {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := models.Open(t.Context(), "onnx:"+path, nil)
		require.EqualError(t, err, want)
		_, err = models.Named("onnx:" + path)
		require.EqualError(t, err, want)
	}
	for name, want := range map[string]string{
		"onnx:nosuch.onnx":       "nosuch.onnx: onnx:FILE takes the path of an ONNX file",
		"onnx:" + dir:            "is a directory",
		"features:onnx:x":        "features:onnx:x: write onnx:x: the JSON file beside an ONNX file says whether its outputs are features",
		"random:onnx:x":          "export your network with random weights, and open that file",
		"features:random:onnx:x": "export your network with random weights, and open that file",
	} {
		_, err := models.Open(t.Context(), name, nil)
		require.ErrorContains(t, err, want, name)
		require.NotContains(t, err.Error(), "\n")
	}
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	_, err := models.OpenWeights(t.Context(), "onnx:"+path, path, nil)
	require.ErrorContains(t, err, "takes no weight file: an ONNX file has its weights")
}

// The hash covers the file and its sidecar, and the model finds that they have changed when it reads the weights again.
func TestONNXHash(t *testing.T) {
	name := onnxModel(t, "vit", onnxSidecar)
	path := strings.TrimPrefix(name, models.ONNXPrefix)
	open := func() *models.Model {
		m, err := models.Open(t.Context(), name, nil)
		require.NoError(t, err)
		require.Equal(t, name, m.Name)
		return m
	}
	first := open()
	require.Equal(t, first.Weights.Hash(), open().Weights.Hash())
	sidecar := strings.TrimSuffix(path, ".onnx") + ".json"
	require.NoError(t, os.WriteFile(sidecar, []byte(strings.Replace(onnxSidecar, "0.5", "0.6", 1)), 0o600))
	require.NotEqual(t, first.Weights.Hash(), open().Weights.Hash())

	logits := func() error {
		_, err := model.CallOnce(backendtest.XLA(t), model.NewStore(), first.Logits, tensors.FromShape(shapes.Make(dtypes.Float32, 1, onnxSide, onnxSide, 3)))
		return err
	}
	require.NoError(t, logits(), "the weights that were read first")
	require.ErrorContains(t, logits(), "the weight file has changed since the model was opened")

	there, err := os.Getwd()
	require.NoError(t, err)
	relative, err := filepath.Rel(there, path)
	require.NoError(t, err)
	require.Equal(t, name, models.Absolute(models.ONNXPrefix+relative))
	require.Equal(t, "resnet18", models.Absolute("resnet18"))
}

// onnxModel writes the ONNX file of that name in testdata, with its weights made up, and a sidecar, and returns the
// model's name.
func onnxModel(t *testing.T, name, sidecar string) string {
	path := filepath.Join(t.TempDir(), name+".onnx")
	require.NoError(t, os.WriteFile(path, onnxContents(t, name), 0o600))
	require.NoError(t, os.WriteFile(strings.TrimSuffix(path, ".onnx")+".json", []byte(sidecar), 0o600))
	return models.ONNXPrefix + path
}

func onnxContents(t *testing.T, name string) []byte {
	file, err := os.ReadFile("testdata/onnx/" + name + ".onnx.gz")
	require.NoError(t, err)
	reader, err := gzip.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	data, err := io.ReadAll(reader)
	require.NoError(t, err)
	kind, err := protoregistry.GlobalTypes.FindMessageByName("protos.ModelProto")
	require.NoError(t, err)
	m := kind.New()
	require.NoError(t, proto.Unmarshal(data, m.Interface()))
	get := func(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
		return m.Get(m.Descriptor().Fields().ByName(name))
	}
	list := get(get(m, "graph").Message(), "initializer").List()
	for i := range list.Len() {
		weight := list.Get(i).Message()
		if get(weight, "data_type").Int() != 1 {
			continue
		}
		var shape []int
		for d := range get(weight, "dims").List().Len() {
			shape = append(shape, int(get(weight, "dims").List().Get(d).Int()))
		}
		values := tensors.FromFlatDataAndDimensions(models.MadeUpONNX(get(weight, "name").String(), shape), shape...)
		require.NoError(t, values.ConstBytes(func(data []byte) {
			weight.Set(weight.Descriptor().Fields().ByName("raw_data"), protoreflect.ValueOfBytes(bytes.Clone(data)))
		}))
	}
	data, err = proto.Marshal(m.Interface())
	require.NoError(t, err)
	return data
}
