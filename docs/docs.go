// Package docs carries the results that are committed here, so that a notebook has them wherever it runs.
package docs

import _ "embed"

// Results are the runs of docs/results.csv, as package results reads them.
//
//go:embed results.csv
var Results string
