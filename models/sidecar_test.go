package models

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/internal/onnxnet"
)

// A sidecar with a wrong key or value is refused, and the error says what is right.
func TestSidecar(t *testing.T) {
	for text, want := range map[string]string{
		`{"sdt": [1, 1, 1]}`:               `unknown field "sdt"; the keys are mean, std, labels, features, side, layout and output`,
		`{"mean": [0, 0]}`:                 "mean has 2 values: give one for each of red, green and blue",
		`{"std": [1, 0, 1]}`:               "std has a value that is not positive",
		`{"labels": "cifar"}`:              `labels is "cifar": give a list of names, or "imagenet"`,
		`{"labels": ["a", 3]}`:             "labels has 3, which is no name",
		`{"labels": ["a"], "features": 3}`: "it has both labels and features: outputs with names are labels",
		`{"labels": 3}`:                    `labels is 3: give a list of names, or "imagenet"`,
		`{"side": -1}`:                     "features and side are positive numbers",
		`{"layout": "CHW"}`:                `layout is "CHW": it is NCHW or NHWC`,
		`{"side": 3} {}`:                   "there is more after the JSON object",
		`{"side": 3`:                       "unexpected EOF; the keys are mean, std, labels, features, side, layout and output",
	} {
		_, err := parseSidecar([]byte(text))
		require.EqualError(t, err, want, text)
	}
	s, err := parseSidecar([]byte(`{"labels": ["cat", "dog"]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"cat", "dog"}, s.names())
	require.Equal(t, 2, s.outputs())
	require.Equal(t, []string{"feature 0", "feature 1"}, sidecar{Features: 2}.names())
	require.Equal(t, 1000, sidecar{Labels: imagenetNames}.outputs())
}

// What the ONNX file makes certain need not be in the sidecar, and must not differ from it. The error of a missing key
// gives the JSON to write.
func TestCompleteSidecar(t *testing.T) {
	norm := `"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]`
	for _, c := range []struct {
		input   []int
		outputs int
		text    string
		want    string // the error, or ""
		side    int
		layout  string
	}{
		{[]int{-1, 3, 64, 64}, 2, `{` + norm + `, "labels": ["a", "b"]}`, "", 64, nchw},
		{[]int{-1, 64, 64, 3}, 2, `{` + norm + `, "features": 2}`, "", 64, nhwc},
		{[]int{1, 3, -1, -1}, -1, `{` + norm + `, "features": 2, "side": 96}`, "", 96, nchw},
		{[]int{-1, -1, -1, -1}, -1, `{` + norm + `, "features": 2, "side": 96, "layout": "NHWC"}`, "", 96, nhwc},
		{[]int{-1, -1, 64, 64}, 2, `{` + norm + `, "features": 2}`, "", 64, nchw},
		{[]int{-1, 3, 64, 64}, 1000, `{}`, `dir/f.onnx does not say its mean, std, labels: write dir/f.json, such as {"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"labels":"imagenet"}`, 0, ""},
		{[]int{-1, 3, -1, -1}, 7, `{` + norm + `}`, `dir/f.onnx does not say its side, labels or features: write dir/f.json, such as {"mean":[0.5,0.5,0.5],"std":[1,1,1],"features":7,"side":224}`, 0, ""},
		{[]int{-1, 3, 3, 3}, 2, `{` + norm + `, "features": 2}`, `dir/f.onnx does not say its layout: write dir/f.json, such as {"mean":[0.5,0.5,0.5],"std":[1,1,1],"features":2,"layout":"NCHW"}`, 0, ""},
		{[]int{-1, 1, 28, 28}, 2, `{}`, "dir/f.onnx: its input has the shape [any, 1, 28, 28]: a picture has 3 channels", 0, ""},
		{[]int{-1, 3, 32, 48}, 2, `{}`, "dir/f.onnx takes pictures of 48×32 pixels: only square ones are possible here", 0, ""},
		{[]int{-1, 3, 64, 64}, 2, `{` + norm + `, "features": 3}`, "dir/f.onnx has 2 outputs, and dir/f.json names 3", 0, ""},
		{[]int{-1, 3, 64, 64}, 2, `{"side": 32}`, "dir/f.json: side is 32, but the ONNX file takes pictures of side 64 alone", 0, ""},
		{[]int{-1, 3, 64, 64}, 2, `{"layout": "NHWC"}`, "dir/f.json: layout is NHWC, but the file's input has the shape [any, 3, 64, 64], which is NCHW", 0, ""},
		{[]int{-1, 3, 64, 64}, 2, `{"output": "z"}`, `dir/f.json: output is "z", and those of the ONNX file are y`, 0, ""},
	} {
		s, err := parseSidecar([]byte(c.text))
		require.NoError(t, err)
		f := &onnxFile{path: "dir/f.onnx", sidecar: s, net: &onnxnet.Net{
			Input: onnxnet.Port{Name: "x", Dims: c.input}, Outputs: []onnxnet.Port{{Name: "y", Dims: []int{-1, c.outputs}}},
		}}
		err = f.complete()
		if c.want != "" {
			require.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, c.side, f.sidecar.Side, c.text)
		require.Equal(t, c.layout, f.sidecar.Layout, c.text)
	}
}

// No text makes the reader fail in another way than with an error.
func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1], "labels": ["a", "b"], "side": 64, "layout": "NHWC", "output": "y"}`))
	f.Add([]byte(`{"labels": "imagenet", "features": 1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parseSidecar(data); err == nil {
			require.GreaterOrEqual(t, s.outputs(), 0)
		}
	})
}
