package models

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// saveTensors writes a .safetensors file.
func saveTensors(t *testing.T, tensors Weights) string {
	type entry struct {
		Type    string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	header, values := map[string]entry{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		start := len(values)
		var err error
		values, err = binary.Append(values, binary.LittleEndian, tensors[name].Data)
		require.NoError(t, err)
		header[name] = entry{"F32", tensors[name].Shape, [2]int{start, len(values)}}
	}
	text, err := json.Marshal(header)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	file := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, values)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	return path
}

// The first bytes of a file tell its format, whatever its name is.
func TestReadsEveryFormat(t *testing.T) {
	for path, want := range map[string]string{
		filepath.Join("internal", "torchpickle", "testdata", "tiny_zip.pth"):    "plain",
		filepath.Join("internal", "torchpickle", "testdata", "tiny_legacy.pth"): "plain",
		filepath.Join("..", "vrkit", "npy", "testdata", "tiny.npz"):             "a.b",
		saveTensors(t, Weights{"w": MadeUpTensor("w", 2, 3)}):                   "w",
	} {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		renamed := filepath.Join(t.TempDir(), "weights")
		require.NoError(t, os.WriteFile(renamed, data, 0o600))
		dicts, err := readDicts(renamed)
		require.NoError(t, err)
		require.Len(t, dicts, 1)
		require.Equal(t, []int{2, 3}, dicts[0].shapes[want], path)
		tensor, err := dicts[0].read(want)
		require.NoError(t, err)
		require.Equal(t, []int{2, 3}, tensor.Shape, path)
		require.Len(t, tensor.Data, 6)
	}
	for name, data := range map[string][]byte{"empty": nil, "text": bytes.Repeat([]byte("not found "), 9)} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := readDicts(path)
		require.ErrorContains(t, err, "not a file of PyTorch's")
	}
	_, err := readDicts(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A .npz file's values of every type become float32, in row-major order; of other types, an error says what to do.
func TestReadsNpz(t *testing.T) {
	array := func(descr, fortran, shape, values string) string {
		header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, fortran, shape)
		return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + values
	}
	npz := func(member string) string {
		path := filepath.Join(t.TempDir(), "weights.npz")
		file, err := os.Create(path)
		require.NoError(t, err)
		archive := zip.NewWriter(file)
		w, err := archive.CreateHeader(&zip.FileHeader{Name: "w.npy", Method: zip.Store})
		require.NoError(t, err)
		_, err = io.WriteString(w, member)
		require.NoError(t, errors.Join(err, archive.Close(), file.Close()))
		return path
	}
	for member, want := range map[string]Tensor{
		array("<f4", "False", "(2,)", "\x00\x00\x80?\x00\x00\x00?"):     {[]int{2}, []float32{1, .5}},
		array("<f8", "False", "(1,)", "\x00\x00\x00\x00\x00\x00\xe0?"):  {[]int{1}, []float32{.5}},
		array("<f2", "False", "(1, 1)", "\x00>"):                        {[]int{1, 1}, []float32{1.5}},
		array("<i8", "False", "()", "\xf9\xff\xff\xff\xff\xff\xff\xff"): {nil, []float32{-7}},
		array("<i4", "False", "(1,)", "\xff\xff\xff\xff"):               {[]int{1}, []float32{-1}},
		array("|u1", "True", "(2, 2)", "\x01\x03\x02\x04"):              {[]int{2, 2}, []float32{1, 2, 3, 4}},
		array("|b1", "False", "(2,)", "\x00\x01"):                       {[]int{2}, []float32{0, 1}},
		array("|i1", "False", "(1,)", "\xfe"):                           {[]int{1}, []float32{-2}},
	} {
		dicts, err := readDicts(npz(member))
		require.NoError(t, err)
		got, err := dicts[0].read("w")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for descr, kind := range map[string]string{">f4": "big-endian float32", "<c8": "complex64", "<U2": "<U2"} {
		path := npz(array(descr, "False", "(1,)", strings.Repeat("\x00", int(descr[2]-'0'))))
		_, err := readDicts(path)
		require.EqualError(t, err, path+`: the array "w" has the type `+kind+", which no weights have: save it as float32")
	}
}

// A file's tensors become the weights. The error of a file with other tensors says how they differ.
func TestReadsStateDict(t *testing.T) {
	made := func() Weights {
		tensors := Weights{}
		for name, shape := range squeezenetTorchvision.dict.shapes {
			tensors[name] = MadeUpTensor(name, shape...)
		}
		return tensors
	}
	weights, err := squeezenetTorchvision.read(saveTensors(t, made()))
	require.NoError(t, err)
	require.Equal(t, squeezenetTorchvision.dict.of(made()).Hash(), weights.Hash())
	require.Equal(t, 1235496, weights.Count(), "as torchvision counts them")

	other := made()
	delete(other, "features.0.bias")
	other["features.3.squeeze.weight"] = MadeUpTensor("", 64, 16, 1, 1)
	other["classifier.2.weight"] = MadeUpTensor("", 3)
	_, err = squeezenetTorchvision.read(saveTensors(t, other))
	require.ErrorContains(t, err, "its tensors are not those of SqueezeNet 1.1 (torchvision): 1 missing (features.0.bias); "+
		"1 of another shape (features.3.squeeze.weight [64 16 1 1] where it has [16 64 1 1]); 1 not of this architecture (classifier.2.weight)")
}

// A file of a ViT with the names that torchvision had before 0.14 is read like one with today's names.
func TestReadsOlderNames(t *testing.T) {
	const older, newer = "encoder.layers.encoder_layer_0.mlp.linear_%d.weight", "encoder.layers.encoder_layer_0.mlp.%d.weight"
	expand, project := MadeUpTensor("expand", 3, 2), MadeUpTensor("project", 2, 3)
	part := stateDict{
		shapes: map[string][]int{fmt.Sprintf(newer, 0): {3, 2}, fmt.Sprintf(newer, 3): {2, 3}},
		older:  vitB32Torchvision.dict.older,
		convert: func(take func(string) []float32) Weights {
			return Weights{"expand": {[]int{3, 2}, take(fmt.Sprintf(newer, 0))}, "project": {[]int{2, 3}, take(fmt.Sprintf(newer, 3))}}
		},
	}
	for name, file := range map[string]Weights{
		"older": {fmt.Sprintf(older, 1): expand, fmt.Sprintf(older, 2): project},
		"newer": {fmt.Sprintf(newer, 0): expand, fmt.Sprintf(newer, 3): project},
	} {
		weights, err := part.reader("a part")(saveTensors(t, file))
		require.NoError(t, err, name)
		require.Equal(t, Weights{"expand": expand, "project": project}, weights, name)
	}
	_, err := part.reader("a part")(saveTensors(t, Weights{fmt.Sprintf(older, 1): expand, fmt.Sprintf(newer, 0): expand, fmt.Sprintf(newer, 3): project}))
	require.ErrorContains(t, err, "1 not of this architecture (encoder.layers.encoder_layer_0.mlp.linear_1.weight)")
}

// The files have the number of parameters that torchvision and timm state; at side 384 a ViT has 95 more position
// embeddings. DINOv2's file also has a mask token, which its features do not need.
func TestParameters(t *testing.T) {
	for name, want := range map[string]int{
		"resnet18": 11689512, "resnet34": 21797672, "resnet50": 25557032, "resnet101": 44549160, "resnext101-32x8d": 88791336,
		"squeezenet1.1-torchvision": 1235496, "vit-b32": 88224232, "vit-b32-384": 88297192,
		"vit-b16": 86567656, "vit-b16-timm": 86567656, "vit-b32-timm": 88224232, "deit-tiny": 5717416, "deit-small": 22050664, "dinov2-s14": 22056192,
	} {
		a, err := find(name)
		require.NoError(t, err)
		total := 0
		for tensor, shape := range a.dict.shapes {
			if shape == nil || filepath.Ext(tensor) == ".running_mean" || filepath.Ext(tensor) == ".running_var" {
				continue
			}
			size := 1
			for _, n := range shape {
				size *= n
			}
			total += size
		}
		require.Equal(t, want, total, name)
	}
}

// The SHA-256 of a weight file begins with the digits in torchvision's name of it.
func TestSums(t *testing.T) {
	for _, a := range architectures {
		if name, ok := strings.CutSuffix(a.weights.File, ".pth"); ok && a.weights.Homepage == resnet18.weights.Homepage {
			require.Equal(t, name[len(name)-9:], "-"+a.weights.SHA256[:8], a.Name)
		}
	}
}

// The error of a model that takes only one side names that side.
func TestOneSide(t *testing.T) {
	require.NoError(t, vitB32Torchvision.Sides.Check(vitB32Torchvision.Name, 224))
	require.EqualError(t, vitB32Torchvision.Sides.Check(vitB32Torchvision.Name, 256), "vit-b32 takes images of side 224 alone, which it was trained at, not 256")
	require.Equal(t, "224 alone", vitB32Torchvision.Sides.String())
	require.Equal(t, "multiples of 32, from 32", resnet18.Sides.String())
}
