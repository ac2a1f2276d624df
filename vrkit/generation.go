package vrkit

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// Generation says how a text is continued.
type Generation struct {
	Tokens int // at most; 0 only reads the text
	// Temperature divides the logits before a token is drawn; 0 takes the likeliest token.
	Temperature float64
	Seed        uint64   // of the draws
	Stop        []string // texts at which to stop; they are not in the result
}

// Check returns an error if a number is out of its range.
func (g Generation) Check() error {
	switch {
	case g.Tokens < 0:
		return fmt.Errorf("a text is continued by 0 or more tokens, not by %d", g.Tokens)
	case !(g.Temperature >= 0) || math.IsInf(g.Temperature, 0):
		return fmt.Errorf("a temperature is a number of at least 0, not %v", g.Temperature)
	case slices.Contains(g.Stop, ""):
		return errors.New("a text to stop at is not empty")
	}
	return nil
}

// sampler chooses tokens.
type sampler struct {
	Generation
	random *rand.Rand
	end    int32
}

// sampleStream keeps these draws apart from others of the same seed.
const sampleStream = 0x73616d70 << 32

// choose returns the next token, or that the model ends the text.
func (s *sampler) choose(logits []float32) (token int32, ended bool) {
	best := slices.Index(logits, slices.Max(logits))
	if s.Temperature > 0 {
		total, sums := 0., make([]float64, len(logits))
		for i, z := range logits {
			total += math.Exp(float64(z-logits[best]) / s.Temperature)
			sums[i] = total
		}
		drawn := s.random.Float64() * total
		if at := slices.IndexFunc(sums, func(sum float64) bool { return sum > drawn }); at >= 0 {
			best = at
		}
	}
	return int32(best), int32(best) == s.end
}

// speech is the continuation so far.
type speech struct {
	decode func([]int32) string
	stop   []string
	heard  func(piece string)
	tokens []int32
	text   string // of all tokens
	said   int    // bytes of it that heard has got
}

// hear adds a token, and reports whether a text to stop at has come.
func (s *speech) hear(token int32) (stopped bool) {
	s.tokens = append(s.tokens, token)
	s.text = s.decode(s.tokens)
	for _, stop := range s.stop {
		if at := strings.Index(s.text, stop); at >= 0 {
			s.text, stopped = s.text[:at], true
		}
	}
	if !stopped {
		s.say(len(s.text) - s.waiting())
	}
	return stopped
}

// waiting is how many bytes at the end may still change: those of an unfinished character, or of the beginning of a text
// to stop at.
func (s *speech) waiting() int {
	waiting := 0
	for n := 1; n <= min(utf8.UTFMax-1, len(s.text)); n++ {
		if b := s.text[len(s.text)-n]; utf8.RuneStart(b) {
			if !utf8.FullRuneInString(s.text[len(s.text)-n:]) {
				waiting = n
			}
			break
		}
	}
	for _, stop := range s.stop {
		for n := min(len(stop)-1, len(s.text)); n > waiting; n-- {
			if strings.HasSuffix(s.text, stop[:n]) {
				waiting = n
			}
		}
	}
	return waiting
}

// say gives heard the text up to a byte.
func (s *speech) say(to int) {
	if s.heard != nil && to > s.said {
		s.heard(s.text[s.said:to])
		s.said = to
	}
}

// end says what is left, and returns the text. Bytes that are no character are replaced.
func (s *speech) end() string {
	s.text = strings.ToValidUTF8(s.text, "\uFFFD")
	s.say(len(s.text))
	return s.text
}
