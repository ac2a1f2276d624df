package models_test

import (
	"encoding/json"
	"image"
	_ "image/png"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// golden holds PyTorch's results for the made-up image of one side: the logits, and some values of the gradient of their
// weighted sum.
type golden struct {
	Side     int
	Logits   []float32
	Norm     float64 `json:"gradient_norm"`
	Gradient []float32
}

// readGolden reads testdata/FILE, made by the script of the same name.
func readGolden(t *testing.T, file string, into any) {
	data, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

// requireGolden compares a model's logits and input gradient with PyTorch's.
func requireGolden(t *testing.T, name string, golden []golden) {
	m, backend := open(t, name), backendtest.XLA(t)
	exec := model.MustNewExec(backend, model.NewStore(), func(root *model.Scope, pixels *Node) (*Node, *Node) {
		logits := m.Logits(root, m.Normalisation.Apply(pixels))
		readout := make([]float32, m.Sources())
		for k := range readout {
			readout[k] = float32((37*k)%11-5) / 5
		}
		return logits, Gradient(ReduceAllSum(Mul(logits, ExpandAxes(Const(pixels.Graph(), readout), 0))), pixels)[0]
	})
	if testing.Short() {
		golden = golden[:1] // compiling each side takes seconds
	}
	for _, want := range golden {
		logitsTensor, gradientTensor, err := exec.Call2(tensors.FromFlatDataAndDimensions(madeUp(want.Side), 1, want.Side, want.Side, 3))
		require.NoError(t, err)
		logits := tensors.MustCopyFlatData[float32](logitsTensor)
		gradient := tensors.MustCopyFlatData[float32](gradientTensor)

		require.Equal(t, top(want.Logits, 5), top(logits, 5))
		require.LessOrEqual(t, relativeError(logits, want.Logits), 1e-3, "%s, side %d: max|Δ|/max|logit|", name, want.Side)

		every := 7
		if want.Side >= 200 {
			every = 49
		}
		var samples []float32
		for i := 0; i < len(gradient); i += every {
			samples = append(samples, gradient[i])
		}
		norm := math.Sqrt(dot(gradient, gradient))
		require.GreaterOrEqual(t, cosine(samples, want.Gradient), .9999, "%s, side %d: cosine of the input gradient", name, want.Side)
		require.InEpsilon(t, want.Norm, norm, 1e-3, "%s, side %d: norm of the input gradient", name, want.Side)
		t.Logf("%s, side %d: logits %.1e, cosine %.7f, norm %.1e apart", name, want.Side,
			relativeError(logits, want.Logits), cosine(samples, want.Gradient), math.Abs(norm/want.Norm-1))
	}
}

// open opens the model; in a short test only from the cache.
func open(t testing.TB, name string) *models.Model {
	ctx := t.Context()
	if testing.Short() {
		ctx = fetch.Offline(ctx)
	}
	m, err := models.Open(ctx, name, fetch.Terminal(os.Stderr))
	if testing.Short() && err != nil {
		t.Skipf("-short: the weights of %s are not cached, and nothing is fetched: %v", name, err)
	}
	require.NoError(t, err)
	return m
}

// madeUp is the picture of testdata/squeezenet_golden.py, [side,side,3] in [0,1].
func madeUp(side int) []float32 {
	pixels := make([]float32, 0, side*side*3)
	for y := range side {
		for x := range side {
			for c := range 3 {
				pixels = append(pixels, float32((2*y+x*(c+1)+(x*y)/17)%256)/255)
			}
		}
	}
	return pixels
}

// run returns the logits of one picture, uint8 [1,side,side,3].
func run(t *testing.T, backend compute.Backend, m *models.Model, pixels *tensors.Tensor) []float32 {
	logits, err := model.CallOnce(backend, model.NewStore(), func(root *model.Scope, pixels *Node) *Node {
		x := DivScalar(ConvertDType(pixels, dtypes.Float32), 255)
		return m.Logits(root, m.Normalisation.Apply(x))
	}, pixels)
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float32](logits)
}

// photo fetches one of the project's photos and crops it.
func photo(t *testing.T, name string, crop image.Rectangle) datasets.Image {
	ctx := t.Context()
	if testing.Short() {
		ctx = fetch.Offline(ctx)
	}
	picture, err := datasets.Photo(ctx, name, nil)
	if testing.Short() && err != nil {
		t.Skipf("-short: the photo %s is not cached, and nothing is fetched: %v", name, err)
	}
	require.NoError(t, err)
	return picture.Crop(crop)
}

func sum(pixels []uint8) (total int) {
	for _, p := range pixels {
		total += int(p)
	}
	return total
}

// top lists the k largest logits, the largest first.
func top(logits []float32, k int) []int {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, float64(logits[b]-logits[a]))) })
	return order[:k]
}

func relativeError(got, want []float32) float64 {
	worst, scale := 0., 0.
	for i, w := range want {
		worst = max(worst, math.Abs(float64(got[i]-w)))
		scale = max(scale, math.Abs(float64(w)))
	}
	return worst / scale
}

func dot(a, b []float32) (total float64) {
	for i := range a {
		total += float64(a[i]) * float64(b[i])
	}
	return total
}

func cosine(a, b []float32) float64 { return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b)) }
