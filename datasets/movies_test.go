package datasets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMovies(t *testing.T) {
	all, err := parseMovies([]byte("\ufeff1\t-1\t dull \r\n2\t.999\tneither\r\n10\t4\tgreat\r\n11\t1.0\tgreat\r\n12\t2\tdull\n13\t-2\tsad\n14\t2\tfun\n"))
	require.NoError(t, err)
	require.Equal(t, []Sample{{Text: "dull"}, {Text: "sad"}, {Text: "fun", Label: 1}}, all.train)
	require.Equal(t, []Sample{{Text: "great", Label: 1}}, all.test)
	require.Equal(t, []string{"left out: 1 training text that is also in the test part", "left out: 1 training text that is there more than once"}, all.left)
	for content, want := range map[string]string{
		"1\t2\ta\n10\t2\tb":     `class "negative" has no text for training`,
		"":                      "line 1 has 1 fields, and 3 are expected",
		"1\t2\ta\n2\t3":         "line 2 has 2 fields",
		"one\t2\ta":             `line 1 begins with "one", which is no number`,
		"1\tNaN\ta":             `line 1 has the rating "NaN", which is no number from −4 to 4`,
		"1\t9\ta":               `the rating "9"`,
		"1\t2\t ":               "line 1 has no text",
		"1\t2\ta\n2\t2\tb\xe9":  "is not UTF-8: line 2 has the byte 0xE9",
		"\xff\xfe1\x00\t\x00\n": "is UTF-16: save it as UTF-8",
	} {
		_, err := parseMovies([]byte(content))
		require.ErrorContains(t, err, want)
	}
}

// Whatever the file contains, every sample has a label and a text that can be one, and the parts share none.
func FuzzParseMovies(f *testing.F) {
	f.Add([]byte("1\t2.5\tgood\r\n2\t-3\tbad\r\n5\t1\tfine"))
	f.Add([]byte("1\t2\t\x00\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		all, err := parseMovies(content)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		requireApart(t, all.train, all.val, all.test)
		for _, sample := range append(all.train, all.test...) {
			require.NoError(t, checkText(sample.Text))
			require.Contains(t, []int32{0, 1}, sample.Label)
		}
	})
}
