package torchpickle

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tiny holds the tensors that testdata/make.py saves, in both formats.
var tiny = map[string]Tensor{
	"plain":      {[]int{2, 3}, []float32{0, .25, .5, .75, 1, 1.25}},
	"transposed": {[]int{3, 2}, []float32{0, .75, .25, 1, .5, 1.25}},
	"tail":       {[]int{2}, []float32{1, 1.25}},
	"half":       {[]int{3}, []float32{1.5, -2, 65504}},
	"brain":      {[]int{3}, []float32{1.5, -2, math.Float32frombits(0x7f620000)}},
	"double":     {[]int{1, 1}, []float32{.1}},
	"count":      {[]int{}, []float32{-7}},
	"flags":      {[]int{2}, []float32{1, 0}},
	"empty":      {[]int{0, 4}, []float32{}},
	"parameter":  {[]int{1}, []float32{8}},
}

func file(t testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return data
}

func TestRead(t *testing.T) {
	for _, name := range []string{"tiny_zip.pth", "tiny_legacy.pth"} {
		dicts, err := ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		require.Len(t, dicts, 1)
		require.Empty(t, dicts[0].Path)
		require.Equal(t, tiny, tensors(t, dicts[0]), name)
	}
}

// tensors reads all tensors of a dict.
func tensors(t testing.TB, d Dict) map[string]Tensor {
	read := map[string]Tensor{}
	for name, shape := range d.Shapes() {
		tensor, err := d.Tensor(name)
		require.NoError(t, err)
		require.Equal(t, shape, tensor.Shape)
		read[name] = tensor
	}
	return read
}

// A checkpoint holds a state dict and other things (testdata/make.py). Every dict of tensors in it is found once, with the
// keys that lead to it.
func TestReadCheckpoints(t *testing.T) {
	for name, want := range map[string]map[string]int{ // the tensors of each dict
		"imagenet":  {"": 1, "state_dict": 8},
		"lightning": {"callbacks ModelCheckpoint": 1, "state_dict": 9},
		"compiled":  {"": 1, "model_state_dict": 8},
		"averaged":  {"": 9},
		"twice":     {"model": 8, "model_ema": 9},
		"distilled": {"net": 16},
		"shared":    {"state_dict": 8},
	} {
		dicts, err := ReadFile(filepath.Join("testdata", "checkpoint_"+name+".pth"))
		require.NoError(t, err, name)
		got := map[string]int{}
		for _, d := range dicts {
			path := strings.Join(d.Path, " ")
			require.NotContains(t, got, path)
			got[path] = len(tensors(t, d))
		}
		require.Equal(t, want, got, name)
	}
	for name, what := range map[string]string{
		"arguments": "argparse.Namespace", "numpy": "numpy.core.multiarray.scalar", "whole": "torch.nn.modules.container.Sequential",
	} {
		_, err := ReadFile(filepath.Join("testdata", "checkpoint_"+name+".pth"))
		require.ErrorContains(t, err, "the pickle asks for "+what+", which a file of tensors does not need: refused; save the weights alone: torch.save(model.state_dict(), FILE)")
	}
}

// A dict that holds itself, or another one many times, is searched once, and only down to maxDepth.
func TestReadCheckpointsBounded(t *testing.T) {
	tensor := rebuild + floats + "K\x00K\x04\x85K\x01\x85" + rest
	around := func(inner string) string { return "}X\x01\x00\x00\x00d" + inner + "s" }
	itself := "}q\x07(X\x01\x00\x00\x00wh\x07X\x01\x00\x00\x00v" + tensor + "u"
	dicts, err := Read(legacy(t, itself, onlyKey+fourOnes))
	require.NoError(t, err)
	require.Len(t, dicts, 1)
	require.Equal(t, map[string]Tensor{"v": {[]int{4}, []float32{1, 1, 1, 1}}}, tensors(t, dicts[0]))
	_, err = dicts[0].Tensor("w")
	require.ErrorContains(t, err, `no tensor "w"`)

	doubled := named + tensor + "sq\x01"
	for level := byte(1); level < 100; level++ { // 2^99 paths lead to the tensor
		doubled += "}q" + string(rune(level+1)) + "(X\x01\x00\x00\x00ah" + string(rune(level)) + "X\x01\x00\x00\x00bh" + string(rune(level)) + "u"
	}
	_, err = Read(legacy(t, doubled, onlyKey+fourOnes))
	require.ErrorContains(t, err, "holds no tensors by name", "it lies too deep")

	deep := named + tensor + "s"
	for range maxDepth {
		deep = around(deep)
	}
	dicts, err = Read(legacy(t, deep, onlyKey+fourOnes))
	require.NoError(t, err)
	require.Len(t, dicts[0].Path, maxDepth)
	_, err = Read(legacy(t, around(deep), onlyKey+fourOnes))
	require.ErrorContains(t, err, "holds no tensors by name")
}

// A file that is cut off at any byte is an error, and no panic.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"tiny_zip.pth", "tiny_legacy.pth"} {
		whole := file(t, name)
		for n := range whole {
			_, err := Read(whole[:n])
			require.Error(t, err, "the first %d bytes of %s", n, name)
			require.NotContains(t, err.Error(), "\n")
		}
	}
}

// A file with one changed byte is an error or has another value, and no panic.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"tiny_zip.pth", "tiny_legacy.pth"} {
		whole := file(t, name)
		for at := range whole {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				damaged := bytes.Clone(whole)
				damaged[at] ^= flip
				bounded(t, damaged)
			}
		}
	}
}

// legacy is a legacy file: its value is the given pickle, and the bytes of its storages follow.
func legacy(t testing.TB, program, values string) []byte {
	head := file(t, "tiny_legacy.pth")
	after := head
	for range 3 { // magic number, version, facts
		var err error
		_, after, err = storages{}.reader().Load(after)
		require.NoError(t, err)
	}
	return []byte(string(head[:len(head)-len(after)]) + "\x80\x02" + program + "." + values)
}

const (
	floats   = "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04NtQ" // storage "0", 4 values
	rebuild  = "ctorch._utils\n_rebuild_tensor_v2\n("
	rest     = "\x89ccollections\nOrderedDict\n)RtR"
	named    = "}X\x01\x00\x00\x00w"
	onlyKey  = "\x80\x02]X\x01\x00\x00\x000a."
	noKeys   = "\x80\x02]."
	fourOnes = "\x04\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f"
)

func TestRefuses(t *testing.T) {
	tensor := func(offset, size, stride string) string {
		return named + rebuild + floats + offset + size + stride + rest + "s"
	}
	good := legacy(t, tensor("K\x00", "K\x04\x85", "K\x01\x85"), onlyKey+fourOnes)
	dicts, err := Read(good)
	require.NoError(t, err)
	require.Equal(t, map[string]Tensor{"w": {[]int{4}, []float32{1, 1, 1, 1}}}, tensors(t, dicts[0]))

	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"text":             {[]byte("<html>not found</html>"), "not a file of PyTorch's"},
		"nothing":          {nil, "not a file of PyTorch's"},
		"a system call":    {legacy(t, "cposix\nsystem\nX\x02\x00\x00\x00id\x85R", noKeys), "asks for posix.system, which a file of tensors does not need: refused"},
		"eval":             {legacy(t, "c__builtin__\neval\nX\x01\x00\x00\x001\x85R", noKeys), "asks for __builtin__.eval"},
		"a whole module":   {legacy(t, "ctorch.nn.modules.linear\nLinear\n)R", noKeys), "asks for torch.nn.modules.linear.Linear"},
		"the library's":    {legacy(t, "c__builtin__\nobject\n)R", noKeys), "asks for __builtin__.object"},
		"a stack global":   {legacy(t, "X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93", noKeys), "opcode 0x93"},
		"8 EiB":            {legacy(t, "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", noKeys), "opcode 0x8e"},
		"4 GiB":            {legacy(t, "B\xff\xff\xff\xff", noKeys), "cut off"},
		"a million marks":  {legacy(t, strings.Repeat("(", 1<<20), onlyKey), "more than 131072 opcodes"},
		"holds itself":     {legacy(t, "]q\x00h\x00a", noKeys), "*types.List where a state dict"},
		"calls itself":     {legacy(t, "]q\x00h\x00ah\x00h\x00\x86R", noKeys), "not a pickle of tensors"},
		"called on itself": {legacy(t, "]q\x00h\x00a\x85q\x01)R", noKeys), "not a pickle of tensors"},
		"keyed by itself":  {legacy(t, "}]q\x00h\x00aK\x01s", noKeys), "holds no tensors by name"},
		"a bad key":        {legacy(t, "ccollections\nOrderedDict\n)RC\x01aK\x01s", noKeys), "not a pickle of tensors"},
		"no tensor":        {legacy(t, "}X\x05\x00\x00\x00epochK\x01s", noKeys), "holds no tensors by name; a state dict was expected"},
		"two of a name":    {legacy(t, "}(X\x01\x00\x00\x00wNX\x01\x00\x00\x00wNu", noKeys), `two entries "w"`},
		"no dict":          {legacy(t, "K\x01", noKeys), "holds int where a state dict"},
		"too long":         {legacy(t, tensor("K\x00", "K\x05\x85", "K\x01\x85"), onlyKey+fourOnes), "beyond its storage"},
		"beyond":           {legacy(t, tensor("K\x01", "K\x04\x85", "K\x01\x85"), onlyKey+fourOnes), "beyond its storage"},
		"far beyond":       {legacy(t, tensor("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "K\x04\x85", "K\x01\x85"), onlyKey+fourOnes), "beyond its storage"},
		"before":           {legacy(t, tensor("J\xff\xff\xff\xff", "K\x04\x85", "K\x01\x85"), onlyKey+fourOnes), "beyond its storage"},
		"backwards":        {legacy(t, tensor("K\x03", "K\x04\x85", "J\xff\xff\xff\xff\x85"), onlyKey+fourOnes), "negative"},
		"a bomb":           {legacy(t, tensor("K\x00", "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "K\x00K\x00\x86"), onlyKey+fourOnes), "more values than the file has bytes"},
		"half a stride":    {legacy(t, tensor("K\x00", "K\x02K\x02\x86", "K\x01\x85"), onlyKey+fourOnes), "2 sizes and 1 strides"},
		"no values":        {legacy(t, tensor("K\x00", "K\x04\x85", "K\x01\x85"), noKeys), "missing from the file"},
		"cut values":       {good[:len(good)-1], "cut off"},
		"more values":      {append(bytes.Clone(good), 0), "1 bytes follow"},
		"twice":            {legacy(t, tensor("K\x00", "K\x04\x85", "K\x01\x85"), "\x80\x02]X\x01\x00\x00\x000aX\x01\x00\x00\x000a."+fourOnes+fourOnes), "twice"},
		"another file zip": {zipped(t, zip.Store, "a/b", "c"), "no data.pkl"},
		"compressed":       {zipped(t, zip.Deflate, "a/data.pkl", "\x80\x02}."), "compressed"},
		"no such storage":  {zipped(t, zip.Store, "a/data.pkl", "\x80\x02"+tensor("K\x00", "K\x04\x85", "K\x01\x85")+"."), `no member "a/data/0"`},
		"a short storage":  {zipped(t, zip.Store, "a/data.pkl", "\x80\x02"+tensor("K\x00", "K\x04\x85", "K\x01\x85")+".", "a/data/0", "1234"), "4 bytes, but 4 values of 4 bytes"},
		"big-endian":       {zipped(t, zip.Store, "a/data.pkl", "\x80\x02}.", "a/byteorder", "big"), "not little-endian"},
	} {
		dicts, err := Read(c.file)
		for _, d := range dicts { // some errors appear only when a tensor is read
			for tensor := range d.Shapes() {
				_, err = d.Tensor(tensor)
			}
		}
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "\n", name)
		require.Less(t, len(err.Error()), 300, name)
	}
	_, err = ReadFile(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// zipped is a zip archive of members, each with a name and a content.
func zipped(t testing.TB, method uint16, members ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		member, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		require.NoError(t, err)
		_, err = member.Write([]byte(members[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// bounded reads a file and checks that the number of its values is bounded by the file's size.
func bounded(t *testing.T, file []byte) {
	dicts, err := Read(file)
	if err != nil {
		require.NotContains(t, err.Error(), "\n")
		return
	}
	values := 0
	for _, d := range dicts {
		require.LessOrEqual(t, len(d.Path), maxDepth)
		for name := range d.Shapes() {
			tensor, err := d.Tensor(name)
			if err != nil {
				require.NotContains(t, err.Error(), "\n")
				continue
			}
			size := 1
			for _, n := range tensor.Shape {
				size *= n
			}
			require.Len(t, tensor.Data, size)
			values += size
		}
	}
	require.LessOrEqual(t, values, len(file), "no more values than bytes")
}

func FuzzLegacy(f *testing.F) {
	f.Add(file(f, "tiny_legacy.pth"))
	f.Add(file(f, "checkpoint.pth"))
	f.Add(file(f, "checkpoint_compiled.pth"))
	f.Fuzz(bounded)
}

func FuzzZip(f *testing.F) {
	for _, name := range []string{"tiny_zip.pth", "checkpoint_imagenet.pth", "checkpoint_lightning.pth", "checkpoint_twice.pth"} {
		f.Add(file(f, name))
	}
	f.Fuzz(bounded)
}

// FuzzProgram changes the pickle in a zip whose checksums are right.
func FuzzProgram(f *testing.F) {
	for _, name := range []string{"tiny_zip.pth", "checkpoint_imagenet.pth", "checkpoint_lightning.pth", "checkpoint_distilled.pth", "checkpoint_arguments.pth"} {
		whole := file(f, name)
		archive, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
		require.NoError(f, err)
		program, err := stored(whole, archive.File[0])
		require.NoError(f, err)
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		bounded(t, zipped(t, zip.Store, "a/data.pkl", string(program), "a/data/0", fourOnes))
	})
}
