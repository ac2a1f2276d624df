// Package unpickle reads the pickles of weight files without running any code that the file names.
//
// A pickle is a program: it can import any Python function, a global, and call it. A Reader admits only the
// globals that it is given, and each stands for a value in Go. It admits only the opcodes that arrays and
// tensors need, and it checks the whole program before the first step. So a hostile file runs no code. The
// memory that it can take is bounded: twice the file's bytes, and a few hundred bytes for each opcode, of
// which there may be 131072.
package unpickle

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"
)

// Reader reads one kind of pickle.
type Reader struct {
	What    string         // what such a file holds, for errors: "tensors"
	Instead string         // what the user can do if a file is refused because it holds more; may be empty
	Globals map[string]any // the admitted globals, by "module.name", and the value that stands for each

	// Persistent returns the value of a persistent id; nil if such pickles have none.
	Persistent func(id any) (any, error)
}

// Load reads the pickle at the start of data. It returns its value and the bytes after it. If the pickle is
// malformed, it returns an error of one line; it never panics.
//
// A value may hold itself: never print it with %v, which would not end.
func (r Reader) Load(data []byte) (value any, rest []byte, err error) {
	length, err := r.check(data)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if p := recover(); p != nil { // the library indexes slices that a hostile file may leave too short
			value, rest, err = nil, nil, r.malformed(p)
		}
	}()
	u := pickle.NewUnpickler(bytes.NewReader(data[:length]))
	u.PersistentLoad = r.Persistent
	u.FindClass = func(module, name string) (any, error) { return r.Globals[module+"."+name], nil }
	value, err = u.Load()
	if err != nil {
		return nil, nil, r.malformed(err)
	}
	return value, data[length:], nil
}

// refused is the error of a pickle that uses what the reader does not admit.
func (r Reader) refused(what string) error {
	text := fmt.Sprintf("the pickle %s, which a file of %s does not need: refused", what, r.What)
	if r.Instead != "" {
		text += "; " + r.Instead
	}
	return errors.New(text)
}

// malformed is the error of a malformed pickle. It cuts the library's message, which may quote much of the file, to one
// short line.
func (r Reader) malformed(why any) error {
	text := strings.Join(strings.Fields(fmt.Sprint(why)), " ")
	return fmt.Errorf("not a pickle of %s: %.160s", r.What, text)
}
