package bpe

import (
	"unicode"
	"unicode/utf8"
)

// class is what the rule for pieces knows of a character.
type class uint8

const (
	other  class = iota
	letter       // \p{L}
	number       // \p{N}
	space        // \s: the property White_Space
)

var ascii = func() (classes [utf8.RuneSelf]class) {
	for r := range classes {
		classes[r] = classOf(rune(r))
	}
	return classes
}()

func classOf(r rune) class {
	switch {
	case unicode.In(r, unicode.Letter, laterLetters):
		return letter
	case unicode.In(r, unicode.Number, laterNumbers):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// first returns the class of the first character of text, and its length in bytes: 0 at the end of the text.
func first(text string) (class, int) {
	if text == "" {
		return other, 0
	}
	if b := text[0]; b < utf8.RuneSelf {
		return ascii[b], 1
	}
	r, length := utf8.DecodeRuneInString(text)
	return classOf(r), length
}

// run returns the length of the characters of class c at the start of text, in bytes.
func run(text string, c class) int {
	at := 0
	for {
		next, length := first(text[at:])
		if length == 0 || next != c {
			return at
		}
		at += length
	}
}

// piece returns the length of the first piece of text, in bytes; text is not empty. Merges stay within a piece. A number
// is a piece of its own, and for the rest of the text its place is an end. Between numbers the pieces are the matches of
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func piece(text string) int {
	c, length := first(text)
	switch c {
	case number:
		return length
	case letter:
		return run(text, letter)
	case other:
		if n := contraction(text); n > 0 {
			return n
		}
		return run(text, other)
	}
	spaces, last := length, length // the bytes of the white space, and of its last character
	for {
		if c, length = first(text[spaces:]); length == 0 || c != space {
			break
		}
		spaces, last = spaces+length, length
	}
	switch {
	case length == 0 || c == number:
		return spaces
	case spaces > last: // the last space belongs to what comes behind
		return spaces - last
	case text[0] == ' ':
		return 1 + run(text[1:], c)
	}
	return spaces
}

// contraction returns the length of a contraction at the start of text, such as 's in "it's", or 0.
func contraction(text string) int {
	if text[0] != '\'' || len(text) < 2 {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) > 2 {
		switch text[1:3] {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}
