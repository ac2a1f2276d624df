package datasets

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// movieSnippets is sentences from film reviews, rated by people. It has no official parts: see parseMovies.
var movieSnippets = source{
	Info: Info{
		Name:      "movie-snippets",
		Title:     "Movie snippets",
		Modality:  taxonomy.Text,
		Classes:   movieClasses,
		TrainSize: 7317,
		TestSize:  1854,
		Split: "sentences with a mean rating of 1 or more, or −1 or less, on a scale of −4 to 4; those whose number is divisible by 5 are for testing; " +
			"left out of 7319 for training: 1 that is also in the test part, and 1 that is there twice",
		Source:   "the Python package vaderSentiment 3.3.2",
		Download: 2466783,
		Homepage: "https://github.com/cjhutto/vaderSentiment",
		License:  "MIT (the package's; the sentences are from Rotten Tomatoes)",
		Citation: "C. J. Hutto, E. Gilbert, VADER: a parsimonious rule-based model for sentiment analysis of social media text, ICWSM 2014; the reviews: B. Pang, L. Lee, A sentimental education, ACL 2004",
	},
	files: []fetch.Asset{{
		Name:     "movie snippets",
		File:     "datasets/movie-snippets/movieReviewSnippets_GroundTruth.txt",
		SHA256:   "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
		Size:     1383098,
		Download: 2466783,
		License:  "MIT",
		Sources: []fetch.Source{fetch.PyPI{
			Package: "vadersentiment", File: "vaderSentiment-3.3.2.tar.gz",
			Member: "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz!/hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
		}},
	}},
	read: func(paths []string) (parts, error) {
		content, err := os.ReadFile(paths[0])
		if err != nil {
			return parts{}, err
		}
		all, err := parseMovies(content)
		if err != nil {
			return parts{}, fmt.Errorf("%s: %w", paths[0], err)
		}
		return all, nil
	},
}

var movieClasses = []string{"negative", "positive"}

// parseMovies reads the file of ratings, lines of number, mean rating and sentence with tabs between them. A sentence is
// positive or negative if its mean rating is 1 or more, or −1 or less; the others are no samples. Every fifth number is
// for testing.
func parseMovies(content []byte) (all parts, err error) {
	text, err := readText(content)
	if err != nil {
		return parts{}, fmt.Errorf("it %w", err)
	}
	for n, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		fields := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		if len(fields) != 3 {
			return parts{}, fmt.Errorf("line %d has %d fields, and 3 are expected", n+1, len(fields))
		}
		id, err := strconv.Atoi(fields[0])
		if err != nil {
			return parts{}, fmt.Errorf("line %d begins with %.40q, which is no number", n+1, fields[0])
		}
		rating, err := strconv.ParseFloat(fields[1], 64)
		if err != nil || !(math.Abs(rating) <= 4) {
			return parts{}, fmt.Errorf("line %d has the rating %.40q, which is no number from −4 to 4", n+1, fields[1])
		}
		if math.Abs(rating) < 1 {
			continue
		}
		sample := Sample{Text: strings.TrimSpace(fields[2])}
		if err := checkText(sample.Text); err != nil {
			return parts{}, fmt.Errorf("line %d %w", n+1, err)
		}
		if rating > 0 {
			sample.Label = 1
		}
		if id%5 == 0 {
			all.test = append(all.test, sample)
		} else {
			all.train = append(all.train, sample)
		}
	}
	return all, all.apart(movieClasses)
}
