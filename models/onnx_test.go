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

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

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
		})
	}
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
