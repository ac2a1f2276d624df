package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/docs"
	"github.com/vrkit-go/reprogram/vrkit/results"
)

// The committed table holds the whole grid of docs/results.md.
func TestResults(t *testing.T) {
	runs, err := results.Read(strings.NewReader(docs.Results))
	require.NoError(t, err)
	cells := map[[2]string]bool{}
	for _, r := range runs {
		cells[[2]string{r.Input, r.Output}] = true
	}
	require.Len(t, cells, 5*6)
}
