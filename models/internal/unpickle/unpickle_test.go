package unpickle

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var reader = Reader{What: "tests", Globals: map[string]any{"collections.OrderedDict": nil}}

func TestLoad(t *testing.T) {
	value, rest, err := reader.Load([]byte("\x80\x02X\x02\x00\x00\x00hi.and more"))
	require.NoError(t, err)
	require.Equal(t, "hi", value)
	require.Equal(t, "and more", string(rest))
}

// Every error is one short line, whatever the file contains.
func TestRefuses(t *testing.T) {
	for program, want := range map[string]string{
		"":                     "cut off",
		"K":                    "cut off",
		"X\xff\xff\xff\xff":    "cut off",
		"cos\nsystem":          "cut off",
		"cos\nsystem\n.":       "asks for os.system, which a file of tests does not need: refused",
		"cos\n\x1b[31mred\n.":  `asks for os.\x1b[31mred`,
		"cos\n" + long + "\n.": "does not need: refused",
		"i":                    "opcode 0x69",
		"R.":                   "not a pickle of tests: the stack is empty",
		"(X\x09\x00\x00\x00a\nb\n" + "c\nd\nxt)R.": "not a pickle of tests: REDUCE requires a Callable",
		"B\x10\x27\x00\x00" + long + ")R.":         "not a pickle of tests",
		"\x8a\x00.":                                "not a pickle of tests",
		"Q.":                                       "not a pickle of tests",
		"h\x07s.":                                  "not a pickle of tests",
	} {
		_, _, err := reader.Load([]byte(program))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, len(err.Error()), 300)
	}
}

var long = strings.Repeat("x", 10000)

// A short file takes no more memory than the package states.
func TestBounded(t *testing.T) {
	for name, program := range map[string]string{
		"marks": strings.Repeat("(", maxOpcodes-1),
		"dicts": strings.Repeat("}", maxOpcodes-1),
		"lists": strings.Repeat("]", maxOpcodes-1),
		"memos": "N" + strings.Repeat("r\x00\x00\x00\x00", maxOpcodes/2),
		"calls": "ccollections\nOrderedDict\nq\x00" + strings.Repeat("h\x00)R", maxOpcodes/3-2),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := reader.Load([]byte(program + "."))
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d bytes, %v", name, (after.TotalAlloc-before.TotalAlloc)/maxOpcodes, err)
		require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(2*len(program)+512*maxOpcodes), name)
	}
	_, _, err := reader.Load([]byte(strings.Repeat("(", maxOpcodes) + "."))
	require.ErrorContains(t, err, "more than 131072 opcodes")
}
