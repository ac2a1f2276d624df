package show

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	text, err := markdownTable([]string{"output", "accuracy", "seconds"}, [][]string{{"blm", "45.1 ± 2.4", "14"}, {"a|b", "9.0", "two\nlines"}})
	require.NoError(t, err)
	require.Equal(t, "| output | accuracy | seconds |\n| :--- | ---: | :--- |\n| blm | 45.1 ± 2.4 | 14 |\n| a\\|b | 9.0 | two lines |\n", text)
	text, err = markdownTable([]string{"one"}, nil)
	require.NoError(t, err)
	require.Equal(t, "| one |\n| ---: |\n", text)

	_, err = markdownTable([]string{"a", "b"}, [][]string{{"1", "2"}, {"1"}})
	require.ErrorContains(t, err, "row 2 of the table has 1 cells for 2 columns")
	require.ErrorContains(t, Table(nil), "needs the names")
}

func ExampleTable() {
	_ = Table([]string{"output", "alignment"}, []string{"blm", "statistical"})
	// Output:
	// | output | alignment |
	// | :--- | :--- |
	// | blm | statistical |
}
