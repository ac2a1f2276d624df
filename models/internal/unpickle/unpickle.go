// Package unpickle runs the pickles of weight files without running anything of theirs.
//
// A pickle is a program. Of its globals a Reader admits those that it is given, and answers each with
// a value of its own; of the opcodes it admits those that arrays and tensors need; and it looks
// through the whole program before the first step. What a hostile file can make it allocate is
// bounded: twice the file's bytes and a few hundred bytes an opcode, of which there may be 131072.
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
	What    string         // what such a file holds, for messages: "tensors"
	Instead string         // what to do about a file that is refused because it holds more; may be empty
	Globals map[string]any // the admitted globals, "module.name", and what each is answered with

	// Persistent answers a persistent id; nil where such pickles have none.
	Persistent func(id any) (any, error)
}

// Load reads the pickle that data begins with. It returns its value and the bytes after it, and on
// anything malformed an error of one line; it never panics.
//
// A value may hold itself: it is not to be printed with %v.
func (r Reader) Load(data []byte) (value any, rest []byte, err error) {
	length, err := r.check(data)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if p := recover(); p != nil { // the library indexes what a hostile file may leave short
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
	text := fmt.Sprintf("the pickle %s, which a file of %s has no need of: refused", what, r.What)
	if r.Instead != "" {
		text += "; " + r.Instead
	}
	return errors.New(text)
}

// malformed cuts the library's message, which may quote the file at length, to one short line.
func (r Reader) malformed(why any) error {
	text := strings.Join(strings.Fields(fmt.Sprint(why)), " ")
	return fmt.Errorf("not a pickle of %s: %.160s", r.What, text)
}
