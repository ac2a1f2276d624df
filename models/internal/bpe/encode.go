package bpe

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Encode returns the ids of text. The text of a special token, such as "<|im_end|>", gives its id, and the longest counts
// where several begin.
//
// It returns an error if text is not valid UTF-8, or if the vocabulary lacks a byte of a character. (The reference leaves
// such a byte out without a message.) SmolLM2 lacks six control characters, U+0004, U+0006, U+0013, U+0014, U+0016 and
// U+001D, and U+40000 to U+BFFFF, where Unicode has no characters. The errors name the place, in bytes from the start.
//
// It needs memory of about 30 bytes for each byte of the longest piece, and time in proportion to n·log n of it.
func (t *Tokenizer) Encode(text string) ([]int32, error) {
	if len(text) > math.MaxInt32 {
		return nil, fmt.Errorf("the text has %d bytes; at most %d are supported", len(text), math.MaxInt32)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the text is not valid UTF-8 at byte %d: convert it to UTF-8", invalid(text))
	}
	ids := make([]int32, 0, len(text)/3)
	m := merger{tokenizer: t}
	for at := 0; at < len(text); {
		start, end := t.nextSpecial(text, at)
		for at < start {
			length := piece(text[at:start])
			var err error
			if ids, err = m.append(ids, text, at, at+length); err != nil {
				return nil, err
			}
			at += length
		}
		if start < end {
			ids = append(ids, t.special[text[start:end]])
		}
		at = end
	}
	return ids, nil
}

// invalid returns the place of the first byte of text that is not UTF-8.
func invalid(text string) int {
	for at := 0; at < len(text); {
		r, length := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && length == 1 {
			return at
		}
		at += length
	}
	return len(text)
}

func (t *Tokenizer) addSpecial(id int32, token string) {
	t.special[token] = id
	lengths := t.lengths[token[0]]
	if i, ok := slices.BinarySearchFunc(lengths, len(token), func(a, b int) int { return b - a }); !ok {
		t.lengths[token[0]] = slices.Insert(lengths, i, len(token))
	}
}

// nextSpecial returns the start and the end of the first special token in text[from:], and len(text) twice without one.
func (t *Tokenizer) nextSpecial(text string, from int) (start, end int) {
	for start = from; start < len(text); start++ {
		for _, length := range t.lengths[text[start]] {
			if end = start + length; end <= len(text) {
				if _, ok := t.special[text[start:end]]; ok {
					return start, end
				}
			}
		}
	}
	return len(text), len(text)
}

// merger merges the tokens of a piece. At first each byte has a token. The place of a token is that of its first byte in
// the piece.
type merger struct {
	tokenizer *Tokenizer
	tokens    []token
	queue     queue
}

type token struct {
	id             int32
	previous, next int32 // places of its neighbours: -1 before the first one, the length of the piece behind the last one
	rank           int32 // of its merge with the next token, or none
}

// append appends the ids of the piece text[start:end] to ids.
func (m *merger) append(ids []int32, text string, start, end int) ([]int32, error) {
	n := int32(end - start)
	m.tokens = slices.Grow(m.tokens[:0], int(n))[:n]
	for i := range n {
		id := m.tokenizer.single[text[start+int(i)]]
		if id == none {
			return nil, lacking(text, start+int(i))
		}
		m.tokens[i] = token{id: id, previous: i - 1, next: i + 1}
	}
	m.queue = slices.Grow(m.queue[:0], int(n))
	for i := range n {
		m.rank(i)
	}
	for len(m.queue) > 0 {
		rank, place := m.queue.pop()
		left := &m.tokens[place]
		if left.rank != rank {
			continue // one of the two is merged already
		}
		right := &m.tokens[left.next]
		left.id, left.next, right.rank = m.tokenizer.merged[rank], right.next, none
		if left.next < n {
			m.tokens[left.next].previous = place
		}
		m.rank(place)
		if left.previous >= 0 {
			m.rank(left.previous)
		}
	}
	for i := int32(0); i < n; i = m.tokens[i].next {
		ids = append(ids, m.tokens[i].id)
	}
	return ids, nil
}

// rank finds the merge of the token at a place with the next one, and puts it into the queue.
func (m *merger) rank(place int32) {
	left := &m.tokens[place]
	left.rank = none
	if int(left.next) < len(m.tokens) {
		if rank, ok := m.tokenizer.ranks[pair{left.id, m.tokens[left.next].id}]; ok {
			left.rank = rank
			m.queue.push(rank, place)
		}
	}
}

// lacking is the error of text[at], a byte without a token.
func lacking(text string, at int) error {
	for !utf8.RuneStart(text[at]) {
		at--
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	return fmt.Errorf("the vocabulary has no token for the character %U at byte %d of the text: leave it out", r, at)
}
