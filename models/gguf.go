package models

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/go-huggingface/models/gguf"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/models/internal/bpe"
	"github.com/vrkit-go/reprogram/models/internal/scalar"
)

// readGGUF reads the weights of a language model from its GGUF file. Its numbers, such as the layers and the heads, must
// be those of n, because another network's answers would be wrong without an error.
func readGGUF(path, title string, n Llama) (Weights, error) {
	file, err := openGGUF(path)
	if err != nil {
		return nil, err
	}
	if differs := n.differs(file); differs != "" {
		return nil, &misfitError{fmt.Sprintf("%s is not of %s: %s", path, title, differs), "give a GGUF file of " + title}
	}
	r, err := gguf.NewReader(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	weights, shapes, names := Weights{}, n.layout(), n.ggufNames()
	for _, to := range slices.Sorted(maps.Keys(names)) {
		t, err := readGGUFTensor(r, file, names[to], shapes[to])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if strings.HasSuffix(to, "/queries") || strings.HasSuffix(to, "/keys") {
			t = halves(t, n.Width/n.Heads)
		}
		if len(t.Shape) == 2 && to != wordsWeight {
			t = transposed(t)
		}
		weights[to] = t
	}
	return weights, nil
}

// ggufNames are the names of the weights in a GGUF file, by their names here.
func (n Llama) ggufNames() map[string]string {
	names := map[string]string{wordsWeight: "token_embd.weight", "norm": "output_norm.weight"}
	for i := range n.Layers {
		for to, from := range map[string]string{
			"norm1": "attn_norm", "queries": "attn_q", "keys": "attn_k", "values": "attn_v", "out": "attn_output",
			"norm2": "ffn_norm", "gate": "ffn_gate", "expand": "ffn_up", "project": "ffn_down",
		} {
			names[fmt.Sprintf("layer%d/%s", i, to)] = fmt.Sprintf("blk.%d.%s.weight", i, from)
		}
	}
	return names
}

// differs says how the network of a GGUF file differs from n; "" if it does not. A file may have what the graph does not
// compute, such as biases: its answers would be wrong without an error.
func (n Llama) differs(file *gguf.File) string {
	if kind := file.Architecture(); kind != "llama" {
		return fmt.Sprintf("its network is of the kind %.40q, and not llama", kind)
	}
	if other := llamaOf(file); other != n {
		return fmt.Sprintf("its network has %s, and not %s", other, n)
	}
	if kv, _ := file.GetKeyValue("llama.rope.dimension_count"); kv.Raw() != nil && kv.Int64() != int64(n.Width/n.Heads) {
		return "its network rotates only a part of each head"
	}
	if kv, _ := file.GetKeyValue("llama.rope.scaling.type"); kv.Raw() != nil && kv.String() != "none" {
		return fmt.Sprintf("its network scales positions (%.40q)", kv.String())
	}
	known := map[string]bool{}
	for _, name := range n.ggufNames() {
		known[name] = true
	}
	for _, info := range file.TensorInfos {
		if !known[info.Name] {
			return fmt.Sprintf("it has a tensor %.80q that the network does not have, or has it twice", info.Name)
		}
		known[info.Name] = false
	}
	return ""
}

// openGGUF reads the header of a GGUF file.
func openGGUF(path string) (*gguf.File, error) {
	if err := checkGGUF(path); err != nil {
		return nil, err
	}
	file, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read as a GGUF file: %w", path, err)
	}
	return file, nil
}

// llamaOf is the network that a GGUF file describes.
func llamaOf(file *gguf.File) Llama {
	number := func(key string) int {
		kv, _ := file.GetKeyValue(file.Architecture() + "." + key)
		return int(kv.Int64())
	}
	real := func(key string) float64 {
		kv, _ := file.GetKeyValue(file.Architecture() + "." + key)
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(kv.Float64(), 'g', -1, 32), 64) // 1e-5, not the nearest float32
		return rounded
	}
	n := Llama{
		Tokens: Tokens{Width: number("embedding_length"), Layers: number("block_count")},
		Heads:  number("attention.head_count"), Hidden: number("feed_forward_length"),
		Base: real("rope.freq_base"), Epsilon: real("attention.layer_norm_rms_epsilon"),
	}
	if words, ok := file.GetKeyValue("tokenizer.ggml.tokens"); ok {
		n.Vocabulary = len(words.Strings())
	}
	if keys := number("attention.head_count_kv"); keys != n.Heads && n.Heads > 0 {
		n.Keys = n.Width / n.Heads * keys
	}
	return n
}

// String has the numbers of a network in words.
func (n Llama) String() string {
	return fmt.Sprintf("%d layers of width %d, %d heads, keys of width %d, %d inside an MLP, %d tokens, base %g and ε %g",
		n.Layers, n.Width, n.Heads, n.KeyWidth(), n.Hidden, n.Vocabulary, n.Base, n.Epsilon)
}

// The types of tensors that can be read: floats, and floats that are rounded in blocks.
var (
	ggufFloats = map[gguf.TensorType]*scalar.Kind{
		gguf.TensorTypeF32: scalar.Float32, gguf.TensorTypeF16: scalar.Float16, gguf.TensorTypeBF16: scalar.BFloat16,
	}
	ggufBlocks = []gguf.TensorType{
		gguf.TensorTypeQ4_0, gguf.TensorTypeQ4_1, gguf.TensorTypeQ5_0, gguf.TensorTypeQ5_1, gguf.TensorTypeQ8_0,
		gguf.TensorTypeQ2_K, gguf.TensorTypeQ3_K, gguf.TensorTypeQ4_K, gguf.TensorTypeQ5_K, gguf.TensorTypeQ6_K,
	}
)

// readGGUFTensor reads a matrix that is to have the shape [in,out], and is stored as [out,in], a table of [rows,width] or
// a vector.
func readGGUFTensor(r *gguf.Reader, file *gguf.File, name string, shape []int) (t Tensor, err error) {
	info, ok := file.GetTensorInfo(name)
	if !ok {
		return t, fmt.Errorf("it has no tensor %s: the file is damaged", name)
	}
	if info.Name != name { // go-huggingface 0.4.1 sorts the tensors by their places, and then finds another one
		return t, errors.New("its tensors are not stored in the order of their list, which can't be read: convert the network to GGUF again")
	}
	t.Shape = slices.Clone(shape)
	if len(shape) == 2 && name != "token_embd.weight" {
		slices.Reverse(t.Shape)
	}
	if _, got := info.GoMLXShape(); !slices.Equal(got, t.Shape) {
		return t, fmt.Errorf("its tensor %s has the shape %v, not %v: the file is damaged", name, got, t.Shape)
	}
	float, size := ggufFloats[info.Type], uint64(info.Type.BlockSize())
	if float == nil && (!slices.Contains(ggufBlocks, info.Type) || info.Shape[0]%size != 0) {
		return t, fmt.Errorf("its tensor %s has rows of %d values of the type %s, which can't be read: give a file of another type, such as Q8_0", name, info.Shape[0], info.Type)
	}
	whole, err := os.Stat(file.Path())
	if err != nil {
		return t, err
	}
	if start := file.DataOffset(); start < 0 || start > whole.Size() || info.Offset > uint64(whole.Size()-start) || info.NumBytes() > whole.Size()-start-int64(info.Offset) {
		return t, fmt.Errorf("its tensor %s is not in the file: the file is cut off or damaged", name)
	}
	if float != nil {
		raw, _, err := r.ReadTensorRaw(name)
		if err != nil {
			return t, err
		}
		t.Data = float.Append(make([]float32, 0, product(t.Shape)), raw)
		return t, nil
	}
	value, err := r.ReadTensor(nil, name)
	if err != nil {
		return t, fmt.Errorf("its tensor %s can't be read: %w", name, err)
	}
	defer value.FinalizeAll()
	t.Data, err = tensors.CopyFlatData[float32](value)
	return t, err
}

// halves puts the rows of each head of that width, stored as neighbours (0, 1, 2, 3, …) that are rotated as pairs, into
// the order of [layer.Rotated], which pairs values that are half a head apart (0, 2, …, 1, 3, …).
func halves(t Tensor, width int) Tensor {
	columns, rows := t.Shape[1], make([]float32, 0, len(t.Data))
	for head := 0; head < t.Shape[0]; head += width {
		for start := range 2 {
			for row := head + start; row < head+width; row += 2 {
				rows = append(rows, t.Data[row*columns:(row+1)*columns]...)
			}
		}
	}
	return Tensor{t.Shape, rows}
}

// transposed is the transposed matrix. It works on blocks that fit into the processor's cache.
func transposed(t Tensor) Tensor {
	const block = 32
	rows, columns := t.Shape[0], t.Shape[1]
	to := make([]float32, len(t.Data))
	for r := 0; r < rows; r += block {
		for c := 0; c < columns; c += block {
			for i := r; i < min(r+block, rows); i++ {
				for j := c; j < min(c+block, columns); j++ {
					to[j*rows+i] = t.Data[i*columns+j]
				}
			}
		}
	}
	return Tensor{[]int{columns, rows}, to}
}

// vocabulary is what a language model's file says of its tokens.
type vocabulary struct {
	labels []string // the text of each token
	encode func(text string) ([]int32, error)
	decode func(tokens []int32) string
	end    int32 // the token that ends an answer
}

// readVocabulary reads the tokens of a language model from its GGUF file.
func readVocabulary(path string) (*vocabulary, error) {
	file, err := openGGUF(path)
	if err != nil {
		return nil, err
	}
	of := func(key string) gguf.KeyValue {
		kv, _ := file.GetKeyValue("tokenizer.ggml." + key)
		return kv
	}
	if model, pre := of("model").String(), of("pre").String(); model != "gpt2" || pre != "smollm" {
		return nil, fmt.Errorf("%s has a tokenizer of the kind %q, %q; known: \"gpt2\", \"smollm\": give a GGUF file of SmolLM2", path, model, pre)
	}
	const control = 3
	var special []bool
	for _, kind := range of("token_type").Int64s() {
		special = append(special, kind == control)
	}
	tokenizer, err := bpe.New(of("tokens").Strings(), of("merges").Strings(), special)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	end := of("eos_token_id").Int64()
	if end < 0 || end >= int64(len(special)) {
		return nil, fmt.Errorf("%s: the token that ends a text, %d, is not one of its %d tokens: the file is damaged", path, end, len(special))
	}
	v := &vocabulary{encode: tokenizer.Encode, decode: tokenizer.Decode, end: int32(end)}
	for number := range special {
		v.labels = append(v.labels, strings.ToValidUTF8(tokenizer.Text(int32(number)), "\uFFFD"))
	}
	return v, nil
}
