// Package bpe is the tokenizer of SmolLM2: byte-level byte pair encoding, with the rule of GPT-2 for pieces of text and
// each digit a piece. It gives the same ids as the package tokenizers of Hugging Face.
//
// Byte pair encoding begins with one token for each byte. A merge is a pair of tokens that may become one. In each
// piece, the first merge of the list that fits is applied at its leftmost place, again and again, until none fits.
package bpe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxTokens = 1 << 24 // the largest vocabularies in use have about 2^18 tokens
	maxLength = 1024    // of a token as the vocabulary writes it, in bytes; the longest of SmolLM2 has 162
)

// none stands for no token and for no merge.
const none = -1

// Tokenizer converts text to ids and back. It does not change: several goroutines may use it at once.
type Tokenizer struct {
	texts   []string // by id
	single  [256]int32
	ranks   map[pair]int32   // of a merge: its place in the list
	merged  []int32          // by rank: the token that the merge makes
	special map[string]int32 // by text
	lengths [256][]int       // by first byte: the lengths of the special tokens, the longest first
}

type pair struct{ left, right int32 }

// New makes a tokenizer from a vocabulary as GGUF and tokenizer.json have it. The id of a token is its place in tokens. A
// token is in GPT-2's alphabet, which writes each byte as a visible character: "ĠParis" is " Paris". A special token is
// plain text. A merge is two tokens with a space between them, and the first is applied first.
//
// It returns an error if a token is empty, has more than 1024 bytes, is there twice or is not in the alphabet, if a merge
// is malformed, is there twice or makes no token, if the lengths of tokens and special differ, or if there are more than
// 2^24 tokens.
func New(tokens, merges []string, special []bool) (*Tokenizer, error) {
	if len(special) != len(tokens) {
		return nil, fmt.Errorf("the vocabulary has %d tokens, but says of %d which are special", len(tokens), len(special))
	}
	if len(tokens) > maxTokens {
		return nil, fmt.Errorf("the vocabulary has %d tokens; at most %d are supported", len(tokens), maxTokens)
	}
	t := &Tokenizer{
		texts: make([]string, len(tokens)), ranks: make(map[pair]int32, len(merges)), merged: make([]int32, len(merges)),
		special: map[string]int32{},
	}
	for b := range t.single {
		t.single[b] = none
	}
	ids := make(map[string]int32, len(tokens))
	for i, token := range tokens {
		if err := t.add(int32(i), token, special[i]); err != nil {
			return nil, fmt.Errorf("the token %d, %.80q, %w", i, token, err)
		}
		if first, ok := ids[token]; ok {
			return nil, fmt.Errorf("the token %d, %.80q, is also the token %d", i, token, first)
		}
		ids[token] = int32(i)
	}
	for text := range t.special { // a merge must not make one: its text is not in the alphabet
		delete(ids, text)
	}
	for i, merge := range merges {
		if err := t.addMerge(int32(i), merge, ids); err != nil {
			return nil, fmt.Errorf("the merge %d, %.80q, %w", i, merge, err)
		}
	}
	return t, nil
}

// add adds a token. Its error continues "the token ...".
func (t *Tokenizer) add(id int32, token string, special bool) error {
	switch {
	case token == "":
		return fmt.Errorf("is empty")
	case len(token) > maxLength:
		return fmt.Errorf("has %d bytes; at most %d are supported", len(token), maxLength)
	case special && !utf8.ValidString(token):
		return fmt.Errorf("is not valid UTF-8")
	case special:
		t.texts[id] = token
		t.addSpecial(id, token)
		return nil
	}
	bytes := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf[r]
		if !ok {
			return fmt.Errorf("has the character %q, which stands for no byte", r)
		}
		bytes = append(bytes, b)
	}
	t.texts[id] = string(bytes)
	if len(bytes) == 1 {
		t.single[bytes[0]] = id
	}
	return nil
}

// addMerge adds the merge of that rank; ids has all tokens that are not special. Its error continues "the merge ...".
func (t *Tokenizer) addMerge(rank int32, merge string, ids map[string]int32) error {
	left, right, ok := strings.Cut(merge, " ")
	if !ok || left == "" || right == "" || strings.Contains(right, " ") {
		return fmt.Errorf("is not two tokens with a space between them")
	}
	for _, text := range []string{left, right, left + right} {
		if _, ok := ids[text]; !ok {
			return fmt.Errorf("needs %.80q, which is not an ordinary token of the vocabulary", text)
		}
	}
	p := pair{ids[left], ids[right]}
	if first, ok := t.ranks[p]; ok {
		return fmt.Errorf("is also the merge %d", first)
	}
	t.ranks[p], t.merged[rank] = rank, ids[left+right]
	return nil
}

// Text returns the text of one token, such as " Paris": of a special token its name. It may be a part of a character
// only, and so be no valid UTF-8. It panics if there is no such id.
func (t *Tokenizer) Text(id int32) string { return t.texts[id] }

// Decode returns the text of tokens. The bytes of a character that is not complete stay as they are. It panics if there
// is no such id.
func (t *Tokenizer) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(t.texts[id])
	}
	return b.String()
}

// byteOf is GPT-2's alphabet. A visible character of Latin-1 stands for its own byte; the other bytes have the characters
// from U+0100 on, in order.
var byteOf = func() map[rune]byte {
	alphabet := make(map[rune]byte, 256)
	other := rune(0x100)
	for b := range rune(256) {
		if '!' <= b && b <= '~' || '¡' <= b && b <= 'ÿ' && b != 0xad { // 0xad is the soft hyphen
			alphabet[b] = byte(b)
			continue
		}
		alphabet[other] = byte(b)
		other++
	}
	return alphabet
}()
