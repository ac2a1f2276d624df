package output

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Words is a verbalizer: each target label is read from the words that stand for it, tokens of a language model's
// vocabulary (Schick and Schütze, 2021; docs/methods.md 2.11). A target logit is the mean of its words' logits.
type Words struct {
	// Words has the words of each target label in the order of the labels: labels are separated by ";", the words of one
	// by ",". A word is a token that begins with a blank, as in running text; if there is none, the token without it.
	Words string `json:"words" usage:"words: the words that stand for each class, in the order of the classes: \"terrible,awful;great\""`
	// Calibrate is NoCalibration, Contextual, Domain or Mean; "" is NoCalibration.
	Calibrate string `json:"calibrate,omitempty" usage:"words: none; contextual, divide by the probabilities for texts without content; domain, by those for the prompt without a text; or mean, subtract the mean logits of the training samples"`
}

// The calibrations of Words, which take away what the model says of every text.
const (
	NoCalibration = "none"
	// Contextual divides a label's probability by its mean probability for [ContentFree] (Zhao et al., 2021).
	Contextual = "contextual"
	// Domain divides it by the probability for the prompt alone, with an empty text (Holtzman et al., 2021).
	Domain = "domain"
	// Mean subtracts from each logit its mean over the training samples, so that it needs no labels.
	Mean = "mean"
)

// ContentFree are the texts without content of a contextual calibration.
var ContentFree = []string{"N/A", "", "[MASK]"}

// Name is "words".
func (Words) Name() string { return "words" }

// Alignment is rule-based, and statistical where training samples calibrate it.
func (w Words) Alignment() taxonomy.Alignment {
	if w.Calibrate == Mean {
		return taxonomy.Statistical
	}
	return taxonomy.RuleBased
}

// When is Once.
func (Words) When() When { return Once }

// Needs are what the calibration looks at.
func (w Words) Needs() Needs {
	switch w.Calibrate {
	case Contextual:
		return Needs{Free: ContentFree}
	case Domain:
		return Needs{Free: []string{""}}
	case Mean:
		return Needs{Mean: true}
	}
	return Needs{}
}

// Check returns an error if the words can't be read, or the calibration is unknown.
func (w Words) Check() error {
	if known := []string{NoCalibration, Contextual, Domain, Mean}; w.Calibrate != "" && !slices.Contains(known, w.Calibrate) {
		return registry.Wrong("calibrate", "no calibration is called %q; known: %s", w.Calibrate, strings.Join(known, ", "))
	}
	_, err := w.split()
	return err
}

// split returns the words of each target label; none if there are no words.
func (w Words) split() (labels [][]string, err error) {
	if strings.TrimSpace(w.Words) == "" {
		return nil, nil
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(w.Words, ";") {
		var words []string
		for _, word := range strings.Split(part, ",") {
			word = strings.TrimSpace(word)
			switch {
			case word == "":
				return nil, registry.Wrong("words", "a word of %q is empty: write the words of each class, with ; between the classes, as in \"terrible;great\"", w.Words)
			case seen[word]:
				return nil, registry.Wrong("words", "the word %q stands twice in %q: a word stands for one class", word, w.Words)
			}
			seen[word] = true
			words = append(words, word)
		}
		labels = append(labels, words)
	}
	return labels, nil
}

// Answers are the first word of each target label; none if there are no words.
func (w Words) Answers() (first []string, err error) {
	labels, err := w.split()
	for _, words := range labels {
		first = append(first, words[0])
	}
	return first, err
}

// Observe does nothing.
func (Words) Observe(*Statistics, []float32, []int32) error { return nil }

// Estimate looks the words up in the names of the source labels, and calibrates them.
func (w Words) Estimate(s *Statistics) (Mapping, error) {
	labels, err := w.split()
	if err != nil {
		return Mapping{}, err
	}
	if len(labels) == 0 {
		return Mapping{}, registry.Wrong("words", "there are no words to read: write those of each class, in the order of the classes, as in \"terrible;great\"")
	}
	if len(labels) != s.Targets {
		return Mapping{}, registry.Wrong("words", "%q has words for %d classes, and the task has %d: write the words of each class, with ; between the classes", w.Words, len(labels), s.Targets)
	}
	m, tokens := NewMapping(s.Sources, s.Targets), make([][]int, s.Targets)
	for target, words := range labels {
		for _, word := range words {
			token, err := token(s.Labels, word)
			if err != nil {
				return Mapping{}, err
			}
			tokens[target] = append(tokens[target], token)
			m.Weights[token*s.Targets+target] = 1 / float32(len(words))
		}
	}
	if len(w.Needs().Free) > 0 {
		m.Centre = make([]float32, s.Sources)
		for target, p := range s.freeProbabilities(m) {
			for _, token := range tokens[target] {
				m.Centre[token] = float32(math.Log(p))
			}
		}
		return m, m.Check()
	}
	m = s.withCentre(m)
	return m, m.Check()
}

// token is the source label that is a word with a blank before it, or else the word itself.
func token(labels []string, word string) (int, error) {
	for _, text := range []string{" " + word, word} {
		if at := slices.Index(labels, text); at >= 0 {
			return at, nil
		}
	}
	longest := ""
	for _, label := range labels {
		if strings.HasPrefix(" "+word, label) && len(label) > len(longest) {
			longest = label
		}
	}
	hint := ""
	if strings.TrimSpace(longest) != "" {
		hint = fmt.Sprintf(" (its first token is %q)", longest)
	}
	return 0, registry.Wrong("words", "the model has no token %q, so that it would read several%s: take a word that is one token", " "+word, hint)
}

// freeProbabilities are the probabilities of the target labels for the texts without content: the softmax of each
// text's target logits, averaged over the texts.
func (s *Statistics) freeProbabilities(m Mapping) []float64 {
	mean, p := make([]float64, s.Targets), make([]float64, s.Targets)
	logits := make([]float32, s.Targets)
	texts := len(s.Free) / s.Sources
	for at := 0; at < len(s.Free); at += s.Sources {
		for target := range logits {
			sum := 0.
			for source, z := range s.Free[at : at+s.Sources] {
				if w := m.At(source, target); w != 0 {
					sum += float64(w) * float64(z)
				}
			}
			logits[target] = float32(sum)
		}
		softmax(p, logits)
		for target := range mean {
			mean[target] += p[target] / float64(texts)
		}
	}
	return mean
}
