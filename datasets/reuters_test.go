package datasets

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTab(t *testing.T) {
	const header = "Category\tText\nd\tstring\nclass\t\n"
	samples, err := parseTab([]byte(header+"\n\t\nearn\tprofit rose \nacq\tfirm bought\n"), r8Classes)
	require.NoError(t, err)
	require.Equal(t, []Sample{{Text: "profit rose", Label: 2}, {Text: "firm bought"}}, samples)
	for content, want := range map[string]string{
		"earn":         "line 4 does not have two fields",
		"earn\ta\tb":   "line 4 does not have two fields",
		"sport\tgoal":  `line 4 has the class "sport", which is not known`,
		"\t\nearn\t ":  "line 5 has no text",
		"earn\tb\xe9":  "it is not UTF-8: line 4",
		"earn\tb\x00c": "line 4 has a NUL byte",
	} {
		_, err := parseTab([]byte(header+content), r8Classes)
		require.ErrorContains(t, err, want)
	}
}

func FuzzParseTab(f *testing.F) {
	f.Add([]byte("\n\n\nearn\tprofit\nacq\tbought"))
	f.Add([]byte("c\tt\nd\ts\nclass\t\n\t\nship\ta\tb"))
	f.Fuzz(func(t *testing.T, content []byte) {
		samples, err := parseTab(content, r8Classes)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
		}
		for _, sample := range samples {
			require.NoError(t, checkText(sample.Text))
			require.Less(t, int(sample.Label), len(r8Classes))
		}
	})
}
