package runs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseTable reads hostile tables: the result is an error, or rows with the right number of columns, in the order
// of the epochs.
func FuzzParseTable(f *testing.F) {
	for _, text := range []string{
		"epoch,seconds,program\n0,1.5,0123456789abcdef\n1,,0123456789abcdef\n", "epoch,seconds\n0,1\n", "epoch,seconds\n", "",
		"epoch,seconds\n1,1\n", "epoch,seconds,program\n0,1,x\n", "epoch,seconds,program\n0,1,0123456789abcdef\n1,2,fedcba9876543210\n",
		"epoch,seconds\n0\n", "\"", "a,b\nNaN,Inf\n", "a,b\n0,1e999\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, program, err := parseTable(data, 2)
		if err != nil {
			return
		}
		require.NotEmpty(t, table)
		require.Contains(t, []int{0, digestShown}, len(program))
		for epoch, row := range table {
			require.Len(t, row, 2)
			require.EqualValues(t, epoch, row[0])
		}
	})
}
