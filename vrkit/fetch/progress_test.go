package fetch

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTerminalElsewhereWritesFewLines(t *testing.T) {
	var out bytes.Buffer
	report := Terminal(&out)
	report(Progress{What: "weights", Stage: "asking"})
	for done := range int64(1000) {
		report(Progress{What: "weights", Stage: "downloading", Done: done * 5000, Total: 5_000_000})
	}
	report(Progress{What: "weights", Stage: "downloading", Note: "nothing came for 30s; trying again in 1s"})
	report(Progress{What: "weights", Stage: "verifying", Done: 5_000_000, Finished: true})
	require.Equal(t, `weights: asking
weights: downloading, 5.0 MB
weights: nothing came for 30s; trying again in 1s
weights: ready (5.0 MB, 0.0 s)
`, out.String())
}

func TestSpeed(t *testing.T) {
	began := time.Now()
	s := thing{staged: began, first: 1_000_000}
	p := Progress{Done: 5_000_000, Total: 25_000_000}
	require.Equal(t, "2.0 MB/s, 10s left", s.speed(p, began.Add(2*time.Second)))
	require.Equal(t, "20 % of 25.0 MB", amount(p))
	require.Equal(t, "", s.speed(p, began))
	require.Equal(t, "", size(0))
	require.Equal(t, "12 B", size(12))
	require.Equal(t, "468 kB", size(467_620))
	require.Equal(t, "1.25 GB", size(1_250_000_000))
}
