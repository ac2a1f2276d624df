package models

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/go-huggingface/models/gguf"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// tinyLlama is a network with a layer, two heads of two values, keys and values of one head, and five tokens.
var tinyLlama = Llama{Tokens: Tokens{Width: 4, Layers: 1, Keys: 2}, Heads: 2, Hidden: 6, Vocabulary: 5, Base: 10000, Epsilon: 1e-5}

// ggufFile is a GGUF file that a test writes: its settings, and its tensors.
type ggufFile struct {
	keys    map[string]any // uint32, float32, string, []string or []int32
	tensors map[string]ggufTensor
	version uint32
}

type ggufTensor struct {
	kind   gguf.TensorType
	shape  []uint64 // as the file has it: the columns first
	values []float32
	offset uint64 // added to the place of the values
}

// tinyGGUF is the file of tinyLlama. Its values are exact in every type.
func tinyGGUF() ggufFile {
	f := ggufFile{version: 3, tensors: map[string]ggufTensor{}, keys: map[string]any{
		"general.architecture": "llama", "llama.embedding_length": uint32(4), "llama.block_count": uint32(1), "llama.attention.head_count": uint32(2),
		"llama.attention.head_count_kv": uint32(1), "llama.feed_forward_length": uint32(6), "llama.rope.freq_base": float32(10000),
		"llama.attention.layer_norm_rms_epsilon": float32(1e-5), "llama.rope.dimension_count": uint32(2),
		"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", "tokenizer.ggml.tokens": []string{"a", "b", "Ġ", "ab", "<end>"},
		"tokenizer.ggml.merges": []string{"a b"}, "tokenizer.ggml.token_type": []int32{1, 1, 1, 1, 3}, "tokenizer.ggml.eos_token_id": uint32(4),
	}}
	shapes, kinds := tinyLlama.layout(), []gguf.TensorType{gguf.TensorTypeF32, gguf.TensorTypeF16, gguf.TensorTypeBF16}
	for i, to := range slices.Sorted(maps.Keys(shapes)) {
		shape := []uint64{}
		for _, n := range shapes[to] {
			shape = append(shape, uint64(n))
		}
		if to == wordsWeight {
			slices.Reverse(shape)
		}
		t := ggufTensor{kind: kinds[i%3], shape: shape}
		for j := range product(shapes[to]) {
			t.values = append(t.values, float32((i+j*j)%13-6)/4)
		}
		f.tensors[tinyLlama.ggufNames()[to]] = t
	}
	return f
}

// bytes is the file.
func (f ggufFile) bytes(t testing.TB) []byte {
	var file bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			if text, ok := v.(string); ok {
				v = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
			}
			require.NoError(t, binary.Write(&file, binary.LittleEndian, v))
		}
	}
	put([]byte("GGUF"), f.version, uint64(len(f.tensors)), uint64(len(f.keys)))
	for _, key := range slices.Sorted(maps.Keys(f.keys)) {
		put(key)
		switch v := f.keys[key].(type) {
		case uint32:
			put(uint32(4), v)
		case float32:
			put(uint32(6), v)
		case string:
			put(uint32(8), v)
		case []string:
			put(uint32(9), uint32(8), uint64(len(v)))
			for _, text := range v {
				put(text)
			}
		case []int32:
			put(uint32(9), uint32(5), uint64(len(v)), v)
		}
	}
	var data []byte
	for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
		tensor := f.tensors[name]
		put(name, uint32(len(tensor.shape)), tensor.shape, uint32(tensor.kind), uint64(len(data))+tensor.offset)
		for _, v := range tensor.values {
			switch bits := math.Float32bits(v); tensor.kind {
			case gguf.TensorTypeBF16:
				data = binary.LittleEndian.AppendUint16(data, uint16(bits>>16))
			case gguf.TensorTypeF16:
				half := uint16(bits>>16)&0x8000 | (uint16(bits>>23)-127+15)&31<<10 | uint16(bits>>13)&1023
				if v == 0 {
					half = 0
				}
				data = binary.LittleEndian.AppendUint16(data, half)
			default:
				data = binary.LittleEndian.AppendUint32(data, bits)
			}
		}
		data = append(data, make([]byte, -len(data)&31)...)
	}
	file.Write(make([]byte, -file.Len()&31))
	return append(file.Bytes(), data...)
}

// write writes a file of these contents.
func write(t testing.TB, contents []byte) string {
	path := filepath.Join(t.TempDir(), "model.gguf")
	require.NoError(t, os.WriteFile(path, contents, 0o600))
	return path
}

// readLanguage reads a file of tinyLlama as OpenWeights does.
func readLanguage(path string) (Weights, *vocabulary, error) {
	weights, err := readGGUF(path, "Tiny", tinyLlama)
	if err != nil {
		return nil, nil, err
	}
	if err := weights.checkFinite(path); err != nil {
		return nil, nil, err
	}
	words, err := readVocabulary(path)
	return weights, words, err
}

// A file's weights have the shapes of the graph, and its queries and keys the order of Rotated.
func TestReadsGGUF(t *testing.T) {
	file := tinyGGUF()
	weights, words, err := readLanguage(write(t, file.bytes(t)))
	require.NoError(t, err)
	for name, shape := range tinyLlama.layout() {
		require.Equal(t, shape, weights[name].Shape, name)
		require.Len(t, weights[name].Data, product(shape), name)
	}
	require.Len(t, weights, len(tinyLlama.layout()))
	for to, from := range tinyLlama.ggufNames() {
		stored, shape := file.tensors[from].values, weights[to].Shape
		if len(shape) == 1 || to == wordsWeight {
			require.Equal(t, stored, weights[to].Data, to)
			continue
		}
		for in := range shape[0] {
			for out := range shape[1] {
				require.Equal(t, stored[out*shape[0]+in], weights[to].Data[in*shape[1]+out], "%s: a head of two values has one pair in both orders", to)
			}
		}
	}
	require.Equal(t, []string{"a", "b", " ", "ab", "<end>"}, words.labels)
	require.EqualValues(t, 4, words.end)
	ids, err := words.encode("ab b<end>")
	require.NoError(t, err)
	require.Equal(t, []int32{3, 2, 1, 4}, ids)
	require.Equal(t, "ab b<end>", words.decode(ids))

	four := Tensor{[]int{8, 1}, []float32{0, 1, 2, 3, 4, 5, 6, 7}}
	require.Equal(t, []float32{0, 2, 1, 3, 4, 6, 5, 7}, halves(four, 4).Data)
	wide := Tensor{[]int{35, 70}, nil}
	for i := range product(wide.Shape) {
		wide.Data = append(wide.Data, float32(i))
	}
	require.Equal(t, []int{70, 35}, transposed(wide).Shape)
	require.EqualValues(t, 33*70+68, transposed(wide).Data[68*35+33])
	require.Equal(t, wide, transposed(transposed(wide)))
}

// The ids of SmolLM2's tokenizer are those of the package tokenizers (internal/bpe/testdata/golden.py).
func TestTokensAreThoseOfTheReference(t *testing.T) {
	ctx := t.Context()
	if testing.Short() {
		ctx = fetch.Offline(ctx)
	}
	path, err := smollm2Small.weights.Get(ctx, fetch.Terminal(os.Stderr))
	if testing.Short() && err != nil {
		t.Skipf("-short: the weights are not cached, and nothing is fetched: %v", err)
	}
	require.NoError(t, err)
	words, err := readVocabulary(path)
	require.NoError(t, err)
	require.Len(t, words.labels, 49152)
	require.EqualValues(t, 2, words.end)
	require.Equal(t, " Paris", words.labels[7042])

	var golden []struct {
		Text string
		IDs  []int32
	}
	contents, err := os.ReadFile("testdata/smollm2-tokens.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(contents, &golden))
	require.Greater(t, len(golden), 500)
	for _, want := range golden {
		ids, err := words.encode(want.Text)
		require.NoError(t, err, "%q", want.Text)
		require.Equal(t, want.IDs, ids, "%q", want.Text)
		require.Equal(t, want.Text, words.decode(ids))
	}
}

// A file with something wrong in it gives one line that says what it is.
func TestBrokenGGUF(t *testing.T) {
	tensor := func(name string, change func(*ggufTensor)) func(*ggufFile) {
		return func(f *ggufFile) {
			one := f.tensors[name]
			change(&one)
			f.tensors[name] = one
		}
	}
	key := func(name string, value any) func(*ggufFile) { return func(f *ggufFile) { f.keys[name] = value } }
	for says, change := range map[string]func(*ggufFile){
		"is not of Tiny: its network has 2 layers of width 4, 2 heads, keys of width 2, 6 inside an MLP, 5 tokens, base 10000 and ε 1e-05, and not 1 layers": key("llama.block_count", uint32(2)),
		"10 heads, keys of width":                           func(f *ggufFile) { f.keys["llama.attention.head_count"] = uint32(10) },
		`its network is of the kind "qwen2", and not llama`: key("general.architecture", "qwen2"),
		`its network is of the kind "", and not llama`:      key("general.architecture", uint32(1)),
		"its network rotates only a part of each head":      key("llama.rope.dimension_count", uint32(1)),
		`its network scales positions ("linear")`:           key("llama.rope.scaling.type", "linear"),
		`it has a tensor "blk.0.attn_q.bias" that the network does not have`: func(f *ggufFile) {
			f.tensors["blk.0.attn_q.bias"] = ggufTensor{shape: []uint64{4}, values: make([]float32, 4)}
		},
		"it has no tensor blk.0.ffn_up.weight: the file is damaged":     func(f *ggufFile) { delete(f.tensors, "blk.0.ffn_up.weight") },
		"its tensor blk.0.ffn_up.weight has the shape [4 6], not [6 4]": tensor("blk.0.ffn_up.weight", func(x *ggufTensor) { slices.Reverse(x.shape) }),
		"its tensor token_embd.weight has the shape [4 4], not [5 4]":   tensor("token_embd.weight", func(x *ggufTensor) { x.shape[1] = 4 }),
		"values of the type I32, which can't be read":                   tensor("output_norm.weight", func(x *ggufTensor) { x.kind = gguf.TensorTypeI32 }),
		"values of the type IQ4_XS, which can't be read":                tensor("output_norm.weight", func(x *ggufTensor) { x.kind = gguf.TensorTypeIQ4_XS }),
		"values of the type unknown(77), which can't be read":           tensor("output_norm.weight", func(x *ggufTensor) { x.kind = 77 }),
		"has rows of 4 values of the type Q8_0, which can't be read":    tensor("output_norm.weight", func(x *ggufTensor) { x.kind = gguf.TensorTypeQ8_0 }),
		"its tensors are not stored in the order of their list":         tensor("output_norm.weight", func(x *ggufTensor) { x.offset = 1 << 20 }),
		"its tensor token_embd.weight is not in the file":               tensor("token_embd.weight", func(x *ggufTensor) { x.offset = math.MaxUint64 - 1<<10 }),
		"value 1 of norm is NaN: the file is damaged":                   tensor("output_norm.weight", func(x *ggufTensor) { x.kind, x.values[1] = gguf.TensorTypeF32, float32(math.NaN()) }),
		`has a tokenizer of the kind "llama", "smollm"; known: "gpt2"`:  key("tokenizer.ggml.model", "llama"),
		`has a tokenizer of the kind "gpt2", ""; known`:                 func(f *ggufFile) { delete(f.keys, "tokenizer.ggml.pre") },
		"6 inside an MLP, 4 tokens, base":                               key("tokenizer.ggml.tokens", []string{"a", "b", "c", "d"}),
		"has 5 tokens, but says of 1 which are special":                 key("tokenizer.ggml.token_type", []int32{1}),
		"has 5 tokens, but says of 0 which are special":                 func(f *ggufFile) { delete(f.keys, "tokenizer.ggml.token_type") },
		"the token that ends a text, 5, is not one of its 5 tokens":     key("tokenizer.ggml.eos_token_id", uint32(5)),
		"is a GGUF file of version 1; known: 2, 3":                      func(f *ggufFile) { f.version = 1 },
		"its tensor token_embd.weight is not in the file: the file":     tensor("token_embd.weight", func(x *ggufTensor) { x.offset = 1 << 20 }),
	} {
		file := tinyGGUF()
		change(&file)
		requireRefused(t, write(t, file.bytes(t)), says)
	}
}

// requireRefused requires an error of one line.
func requireRefused(t *testing.T, path, says string) {
	t.Helper()
	_, _, err := readLanguage(path)
	require.ErrorContains(t, err, says)
	require.ErrorContains(t, err, path)
	require.NotContains(t, err.Error(), "\n")
}

// A file that is cut off at any place is refused.
func TestCutOffGGUF(t *testing.T) {
	whole := tinyGGUF().bytes(t)
	used := len(bytes.TrimRight(whole, "\x00"))
	path := write(t, whole)
	for length := used - 2; length >= 0; length-- {
		require.NoError(t, os.Truncate(path, int64(length)))
		_, _, err := readLanguage(path)
		require.Error(t, err, "%d of %d bytes", length, len(whole))
		require.NotContains(t, err.Error(), "\n")
	}
}

// A header that names more than its file has takes no memory for it.
func TestHostileGGUF(t *testing.T) {
	number := func(size int, values ...uint64) (to []byte) {
		for _, v := range values {
			to = append(to, binary.LittleEndian.AppendUint64(nil, v)[:size]...)
		}
		return to
	}
	head := func(tensors, pairs uint64, rest ...[]byte) []byte {
		return slices.Concat([]byte("GGUF"), number(4, 3), number(8, tensors, pairs), slices.Concat(rest...))
	}
	text := func(s string) []byte { return append(number(8, uint64(len(s))), s...) }
	for says, file := range map[string][]byte{
		"it ends too early":                          head(1<<62, 0),
		"ends too early":                             head(0, 1<<16),
		"9223372036854775808 things of 1 bytes":      head(0, 1, number(8, 1<<63)),
		"16777216 things of 8 bytes":                 head(0, 1, text("a"), number(4, 9, 10), number(8, 1<<24)),
		"1152921504606846976 texts":                  head(0, 1, text("a"), number(4, 9, 8), number(8, 1<<60)),
		"unknown type 9":                             head(0, 1, text("a"), number(4, 9, 9), number(8, 1), number(4, 4), number(8, 0)),
		"unknown type 13":                            head(0, 1, text("a"), number(4, 13)),
		"4294967295 things of 8 bytes":               head(1, 0, text("a"), number(4, 1<<32-1)),
		"is not of Tiny: its network is of the kind": head(0, 0),
	} {
		requireRefused(t, write(t, file), says)
	}
}

// A file of another format is refused in one line, which names the network whose weights they are, if that is known.
func TestNoGGUF(t *testing.T) {
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))))
	tensors := Weights{}
	for name, shape := range squeezenetTorchvision.dict.shapes {
		tensors[name] = MadeUpTensor(name, shape...)
	}
	none := " is not a GGUF file, the format of language models"
	for path, says := range map[string]string{
		write(t, nil):             none + ": give the network's GGUF file",
		write(t, []byte("GGU")):   none + ": give",
		write(t, picture.Bytes()): none + ": give",
		t.TempDir():               " is no regular file: give a GGUF file",
		filepath.Join("internal", "torchpickle", "testdata", "tiny_zip.pth"): none + ": give",
		saveTensors(t, Weights{"w": MadeUpTensor("w", 2, 3)}):                none + ": give",
		saveTensors(t, tensors): none + "; they are those of SqueezeNet 1.1 (torchvision): open it as the model squeezenet1.1-torchvision",
	} {
		_, err := OpenWeights(t.Context(), "smollm2-135m", path, nil)
		require.ErrorContains(t, err, path+says)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := OpenWeights(t.Context(), "smollm2-135m", filepath.Join(t.TempDir(), "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenWeights(t.Context(), "smollm2-135m", write(t, tinyGGUF().bytes(t)), nil)
	require.ErrorContains(t, err, "is not of SmolLM2-135M: its network has 1 layers of width 4")
	require.ErrorContains(t, err, ": give a GGUF file of SmolLM2-135M")
}

// FuzzGGUF reads hostile files: an error of one line, or weights and tokens of the network's sizes.
func FuzzGGUF(f *testing.F) {
	f.Add(tinyGGUF().bytes(f))
	quantised := tinyGGUF()
	quantised.tensors["output_norm.weight"] = ggufTensor{kind: gguf.TensorTypeQ4_K, shape: []uint64{4}, values: make([]float32, 36)}
	f.Add(quantised.bytes(f))
	f.Add([]byte("GGUF\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		weights, words, err := readLanguage(write(t, file))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.Len(t, words.labels, tinyLlama.Vocabulary)
		for name, shape := range tinyLlama.layout() {
			require.Len(t, weights[name].Data, product(shape))
		}
	})
}

// Where keys are as wide as tokens, Tokens.Keys is 0, and their weights have that width all the same.
func TestLayoutOfWideKeys(t *testing.T) {
	for name, width := range map[string]int{"smollm2-135m": 192, "smollm2-360m": 320, "smollm2-1.7b": 2048} {
		a, err := find(name)
		require.NoError(t, err)
		for _, part := range []string{"keys", "values"} {
			require.Equal(t, []int{a.Tokens.Width, width}, a.layout()["layer0/"+part], "%s, %s", name, part)
		}
	}
}
