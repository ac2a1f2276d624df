package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/npy"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// golden returns the folder of the values of testdata/mapping_golden.py.
func golden(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	require.NoError(t, err)
	return dir
}

func TestMappingGolden(t *testing.T) {
	from := golden(t)
	for name, flags := range map[string][]string{
		"flm":         {"-method", "flm"},
		"ilm":         {"-method", "ilm"},
		"blm_1":       {"-method", "blm"},
		"blm_10":      {"-method", "blm", "-lambda", "10"},
		"blm_plus_1":  {"-method", "blm+"},
		"blm_plus_2":  {"-method", "blm+", "-alpha", ".5", "-lambda", "3"},
		"blm_plus_12": {"-method", "blm+", "-alpha", "4", "-lambda", "0"},
	} {
		for _, logits := range []string{"logits.npy", "logits_by_columns.npy"} {
			t.Run(name+" "+logits, func(t *testing.T) {
				dir := t.TempDir()
				arguments := append([]string{"mapping", "-logits", filepath.Join(from, logits), "-labels", filepath.Join(from, "labels.npy"), "-classes", "5", "-o", "omega.npy"}, flags...)
				status, stdout, stderr := vrkitIn(t, dir, arguments...)
				require.Equal(t, 0, status, stderr)
				require.Contains(t, stdout, "ω [12,5] from 90 samples")
				require.Equal(t, []string{"omega.npy"}, files(t, dir))

				want, shape, err := readArray[float32](filepath.Join(from, "omega_"+name+".npy"), "", 2)
				require.NoError(t, err)
				got, gotShape, err := readArray[float32]("omega.npy", "", 2)
				require.NoError(t, err)
				require.Equal(t, shape, gotShape)
				require.InDeltaSlice(t, want, got, 1e-6)
			})
		}
	}
}

// The two methods without samples need no labels either; labels that are given must fit all the same.
func TestMappingFixed(t *testing.T) {
	from := golden(t)
	drawn, err := output.RLM{Seed: 3}.Mapping(12, 5)
	require.NoError(t, err)
	first, _, err := readArray[float32](filepath.Join(from, "omega_identity.npy"), "", 2)
	require.NoError(t, err)
	for method, want := range map[string][]float32{"rlm": drawn.Weights, "identity": first} {
		for _, labels := range []string{"", filepath.Join(from, "labels.npy")} {
			dir := t.TempDir()
			arguments := []string{"mapping", "-method", method, "-seed", "3", "-logits", filepath.Join(from, "logits.npy"), "-classes", "5", "-o", "omega.npy"}
			if labels != "" {
				arguments = append(arguments, "-labels", labels)
			}
			status, stdout, stderr := vrkitIn(t, dir, arguments...)
			require.Equal(t, 0, status, stderr)
			require.Equal(t, method+": ω [12,5], 5 source labels vote: omega.npy\n", stdout)
			got, shape, err := readArray[float32]("omega.npy", "", 2)
			require.NoError(t, err)
			require.Equal(t, []int{12, 5}, shape)
			require.Equal(t, want, got)
		}
	}
}

func TestMappingJSON(t *testing.T) {
	from := golden(t)
	status, stdout, stderr := vrkitIn(t, t.TempDir(), "mapping", "-json", "-method", "flm",
		"-logits", filepath.Join(from, "logits.npy"), "-labels", filepath.Join(from, "labels.npy"), "-classes", "5", "-o", "omega.npy")
	require.Equal(t, 0, status, stderr)
	require.Empty(t, stderr)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Equal(t, map[string]any{"method": "flm", "samples": 90., "sources": 12., "targets": 5., "sources_that_vote": 5., "file": "omega.npy"}, got)

	status, stdout, stderr = vrkitIn(t, t.TempDir(), "mapping", "-json", "-method", "rlm", "-logits", filepath.Join(from, "logits.npy"), "-classes", "7", "-o", "omega.npy")
	require.Equal(t, 0, status, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Equal(t, map[string]any{"method": "rlm", "samples": 0., "sources": 12., "targets": 7., "sources_that_vote": 7., "file": "omega.npy"}, got)
}

// saved writes an array as .npy into the current folder.
func saved[T float32 | float64 | int32 | int64](t *testing.T, name string, values []T, shape ...int) {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, numpy.ToNpyWriter(tensors.FromFlatDataAndDimensions(values, shape...), &file))
	require.NoError(t, os.WriteFile(name, file.Bytes(), 0o600))
}

func TestMappingRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	saved(t, "z.npy", []float32{1, 2, 3, 4, 5, 6}, 3, 2)
	saved(t, "y.npy", []int64{0, 1, 0}, 3)
	saved(t, "float64.npy", []float64{1, 2, 3, 4, 5, 6}, 3, 2)
	saved(t, "flat.npy", []float32{1, 2, 3}, 3)
	saved(t, "cube.npy", []float32{1, 2, 3, 4, 5, 6}, 3, 2, 1)
	saved(t, "none.npy", []float32{}, 0, 2)
	saved(t, "narrow.npy", []float32{}, 3, 0)
	saved(t, "nan.npy", []float32{1, 2, 3, nan, 5, 6}, 3, 2)
	saved(t, "inf.npy", []float32{1, 2, 3, 4, inf, 6}, 3, 2)
	saved(t, "column.npy", []float32{1, 2, 3}, 3, 1)
	saved(t, "int32.npy", []int32{0, 1, 0}, 3)
	saved(t, "square.npy", []int64{0, 1, 0}, 3, 1)
	saved(t, "two.npy", []int64{0, 1}, 2)
	saved(t, "outside.npy", []int64{0, 1, 2}, 3)
	saved(t, "negative.npy", []int64{0, -1, 1}, 3)
	saved(t, "wide.npy", []int64{0, 1 << 32, 1}, 3)
	saved(t, "zeros.npy", []int64{0, 0, 0}, 3)
	require.NoError(t, os.WriteFile("text.npy", []byte("1 2 3\n"), 0o600))
	require.NoError(t, os.WriteFile("empty.npy", nil, 0o600))
	whole, err := os.ReadFile("z.npy")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("cut.npy", whole[:len(whole)-5], 0o600))
	require.NoError(t, os.WriteFile("more.npy", append(whole, 0), 0o600))
	claims := bytes.Replace(whole, []byte("(3, 2), }"), []byte("(1000000000, 1000)}"), 1)
	claims[8] += byte(len(claims) - len(whole)) // the header's length
	require.NoError(t, os.WriteFile("claims.npy", claims, 0o600))
	require.NoError(t, os.Mkdir("folder", 0o700))

	for _, c := range []struct {
		cause  string
		change map[string]string // of flags; "" removes one
	}{
		{"needs -logits", map[string]string{"-o": ""}},
		{"needs -logits", map[string]string{"-logits": ""}},
		{"needs -logits", map[string]string{"-labels": ""}},
		{"needs -logits Z.npy, -labels Y.npy and -o", map[string]string{"-labels": "", "-method": "blm+"}},
		{"needs -logits Z.npy and -o OMEGA.npy", map[string]string{"-logits": "", "-method": "rlm"}},
		{"needs -logits Z.npy and -o OMEGA.npy", map[string]string{"-o": "", "-method": "identity"}},
		{"linear has no ω to compute from logits: vrkit train -output linear learns it; here -method takes rlm, flm, ilm, blm, blm+, identity", map[string]string{"-method": "linear"}},
		{"-classes K, at least 1, not 0", map[string]string{"-classes": ""}},
		{"-classes K, at least 1, not 0", map[string]string{"-classes": "0"}},
		{"-classes K, at least 1, not -2", map[string]string{"-classes": "-2"}},
		{"-classes 4 needs a sample of each", map[string]string{"-classes": "4"}},
		{"-classes 999999999999 needs", map[string]string{"-classes": "999999999999"}},
		{"at least 0, not -1", map[string]string{"-lambda": "-1"}},
		{"at least 0, not NaN", map[string]string{"-lambda": "NaN"}},
		{"at least 0, not +Inf", map[string]string{"-lambda": "Inf"}},
		{"-lambda: BLM's λ must be a number of at least 0, not -1", map[string]string{"-lambda": "-1", "-method": "blm+"}},
		{"-alpha: BLM+'s α must be a number above 0, not 0", map[string]string{"-alpha": "0", "-method": "blm+"}},
		{"-alpha: BLM+'s α must be a number above 0, not NaN", map[string]string{"-alpha": "NaN", "-method": "blm+"}},
		{`invalid value "much" for flag -alpha`, map[string]string{"-alpha": "much"}},
		{`invalid value "-1" for flag -seed`, map[string]string{"-seed": "-1"}},
		{"-seed: a seed is at most 2⁵³", map[string]string{"-seed": "18446744073709551615", "-method": "rlm"}},
		{`no output alignment is called "bml"; known: ` + strings.Join(output.Names(), ", "), map[string]string{"-method": "bml"}},
		{"open nowhere.npy: no such file", map[string]string{"-logits": "nowhere.npy"}},
		{"folder is no .npy file", map[string]string{"-logits": "folder"}},
		{"text.npy is no .npy file", map[string]string{"-logits": "text.npy"}},
		{"empty.npy is no .npy file", map[string]string{"-labels": "empty.npy"}},
		{"float64.npy holds float64 [3 2] where source logits are float32 [n,S]; in NumPy: z.astype(\"float32\")", map[string]string{"-logits": "float64.npy"}},
		{"flat.npy holds float32 [3] where source logits are float32 [n,S]; in NumPy: z.reshape(n, -1)\n", map[string]string{"-logits": "flat.npy"}},
		{"cube.npy holds float32 [3 2 1] where source logits are float32 [n,S]; in NumPy: z.reshape(len(z), -1)\n", map[string]string{"-logits": "cube.npy"}},
		{"none.npy is empty: it has the shape [0 2]", map[string]string{"-logits": "none.npy"}},
		{"narrow.npy is empty", map[string]string{"-logits": "narrow.npy"}},
		{"cut.npy is cut off: it has 4 of its 6 values", map[string]string{"-logits": "cut.npy"}},
		{"more.npy has more bytes than float32 [3 2]", map[string]string{"-logits": "more.npy"}},
		{"claims.npy is cut off: it has 6 of its 1000000000000 values", map[string]string{"-logits": "claims.npy"}},
		{"nan.npy: sample 1: source logit 1 is NaN", map[string]string{"-logits": "nan.npy"}},
		{"inf.npy: sample 2: source logit 0 is +Inf", map[string]string{"-logits": "inf.npy"}},
		{"nan.npy: sample 1: source logit 1 is NaN", map[string]string{"-logits": "nan.npy", "-method": "blm+"}},
		{"at least as many source labels as target labels, but there are 1 for 2", map[string]string{"-logits": "column.npy", "-method": "flm"}},
		{"at least as many source labels as target labels, but there are 1 for 2", map[string]string{"-logits": "column.npy", "-method": "rlm"}},
		{"there are 2 for 999999999999", map[string]string{"-classes": "999999999999", "-method": "rlm"}},
		{"there are 2 for 3", map[string]string{"-classes": "3", "-method": "identity"}},
		{"two.npy has 2 labels for 3 rows", map[string]string{"-labels": "two.npy", "-method": "rlm"}},
		{"int32.npy holds int32 [3] where target labels are int64 [n]", map[string]string{"-labels": "int32.npy"}},
		{"square.npy holds int64 [3 1] where target labels are int64 [n]; in NumPy: y.reshape(-1)\n", map[string]string{"-labels": "square.npy"}},
		{"two.npy has 2 labels for 3 rows", map[string]string{"-labels": "two.npy"}},
		{"label 2 of sample 2 lies outside 0 to 1", map[string]string{"-labels": "outside.npy"}},
		{"label -1 of sample 1 lies outside 0 to 1", map[string]string{"-labels": "negative.npy"}},
		{"label 4294967296 of sample 1", map[string]string{"-labels": "wide.npy"}},
		{"target label 1 has no training sample", map[string]string{"-labels": "zeros.npy"}},
		{"target label 1 has no training sample", map[string]string{"-labels": "zeros.npy", "-method": "blm+"}},
		{"can't write nowhere/omega.npy: no such file or directory", map[string]string{"-o": "nowhere/omega.npy"}},
		{"can't write folder: file exists", map[string]string{"-o": "folder"}},
		{"-o z.npy would overwrite what it is computed from", map[string]string{"-o": "z.npy"}},
	} {
		arguments := []string{"mapping"}
		flags := map[string]string{"-logits": "z.npy", "-labels": "y.npy", "-classes": "2", "-o": "omega.npy"}
		for name, value := range c.change {
			flags[name] = value
		}
		for name, value := range flags {
			if value != "" {
				arguments = append(arguments, name, value)
			}
		}
		refused(t, dir, c.cause, arguments...)
	}
}

// The advice makes the right array from arrays that users often save.
func TestRemedy(t *testing.T) {
	for _, c := range []struct {
		kind  string
		shape []int
		rank  int
		want  string
	}{
		{"<f8", []int{9, 4}, 2, `in NumPy: z.astype("float32")`},
		{"<f2", []int{9, 4}, 2, `in NumPy: z.astype("float32")`},
		{">f4", []int{9, 4}, 2, `in NumPy: z.astype("float32")`},
		{"<f4", []int{36}, 2, "in NumPy: z.reshape(n, -1)"},
		{"<f8", []int{36}, 2, `in NumPy: z.reshape(n, -1).astype("float32")`},
		{"<f4", []int{9, 4, 1, 1}, 2, "in NumPy: z.reshape(len(z), -1)"},
		{"<f8", []int{9, 1, 4}, 2, `in NumPy: z.reshape(len(z), -1).astype("float32")`},
		{"<f4", []int{9, 7, 4}, 2, "give a row of S logits for each sample"},
		{"<f4", nil, 2, "give a row of S logits for each sample"},
		{"<i4", []int{9}, 1, `in NumPy: y.astype("int64")`},
		{"|u1", []int{9}, 1, `in NumPy: y.astype("int64")`},
		{"|b1", []int{9}, 1, `in NumPy: y.astype("int64")`},
		{">i8", []int{9}, 1, `in NumPy: y.astype("int64")`},
		{"<f8", []int{9}, 1, `in NumPy: y.astype("int64")`},
		{"<i8", []int{9, 1}, 1, "in NumPy: y.reshape(-1)"},
		{"<i8", []int{1, 9}, 1, "in NumPy: y.reshape(-1)"},
		{"<i8", nil, 1, "in NumPy: y.reshape(-1)"},
		{"<f8", []int{9, 1}, 1, `in NumPy: y.reshape(-1).astype("int64")`},
		{"<i8", []int{9, 3}, 1, "in NumPy: y.argmax(1)"},
		{"|b1", []int{9, 3}, 1, "in NumPy: y.argmax(1)"},
		{"<f4", []int{9, 3}, 1, "in NumPy: y.argmax(1)"},
		{"<U7", []int{9}, 1, "in NumPy: np.unique(y, return_inverse=True)[1]"},
		{"<i8", []int{9, 3, 2}, 1, "give one label for each sample"},
	} {
		wanted := map[int]string{1: "<i8", 2: "<f4"}[c.rank]
		require.Equal(t, c.want, remedy(npy.Header{Type: c.kind, Shape: c.shape}, wanted, c.rank), "%s %v", c.kind, c.shape)
	}
}

// Whatever a file contains, reading it returns values that fill the shape, or an error.
func FuzzReadArray(f *testing.F) {
	for _, name := range []string{"logits.npy", "logits_by_columns.npy", "labels.npy", "omega_flm.npy"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(data[:min(len(data), 200)])
		f.Add(data)
	}
	path := filepath.Join(f.TempDir(), "array.npy")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		logits, shape, err := readArray[float32](path, "logits", 2)
		if err == nil {
			require.Len(t, logits, shape[0]*shape[1])
		}
		labels, shape, err := readArray[int64](path, "labels", 1)
		if err == nil {
			require.Len(t, labels, shape[0])
		}
	})
}
