// Package terminal is how text reaches a terminal: names can't steer it, and one line shows how something goes.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Escape replaces the control characters of a name by what JSON writes for them, such as \u001b, and bytes that are not
// UTF-8 by \ufffd: names come from folders and files, and a terminal obeys control characters.
func Escape(name string) string { return escape(name, "") }

// Text is where text for people goes. Its control characters are escaped as [Escape] does, except for the ends of lines
// and tabs, which are the layout.
type Text struct{ To io.Writer }

// Write implements [io.Writer]. A character that two writes share counts as two.
func (t Text) Write(p []byte) (int, error) {
	if _, err := io.WriteString(t.To, escape(string(p), "\n\t")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escape escapes all control characters but some.
func escape(text, but string) string {
	steers := func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(but, r) || r == unicode.ReplacementChar
	}
	if strings.IndexFunc(text, steers) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if steers(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
