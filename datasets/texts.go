package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// readText returns the contents of a text file: UTF-8, with or without a byte order mark. The errors of other files
// continue the file's name.
func readText(content []byte) (string, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		return "", errors.New("is UTF-16: save it as UTF-8")
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return "", errors.New("is a zip archive or a spreadsheet: unpack it, or save it as text in UTF-8")
	case bytes.HasPrefix(content, []byte("\x1f\x8b")):
		return "", errors.New("is a gzip file: unpack it")
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if at := notUTF8(content); at >= 0 {
		return "", fmt.Errorf("is not UTF-8: line %d has the byte 0x%X: save it as UTF-8, from Latin-1 or whatever encoding it has", 1+bytes.Count(content[:at], []byte("\n")), content[at])
	}
	return string(content), nil
}

// notUTF8 returns the place of the first byte that is not UTF-8, −1 if there is none.
func notUTF8(content []byte) int {
	if utf8.Valid(content) {
		return -1
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(content[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
}

// checkText returns an error, which continues the sample's name, if a text can't be a sample. Its spaces at both ends
// are removed already.
func checkText(text string) error {
	switch {
	case text == "":
		return errors.New("has no text")
	case len(text) > maxText:
		return fmt.Errorf("has a text of %.1f MB, and %d MB at most are possible", float64(len(text))/(1<<20), maxText>>20)
	case strings.Contains(text, "\x00"):
		return errors.New("has a NUL byte, which no text has")
	}
	return nil
}

// maxText bounds a text, in bytes.
const maxText = 1 << 20

// apart leaves out copies, so that no two parts share a text: of a text in the test part those in the other parts, of
// one in the validation part those in the training part, and of one that is in the training part twice, of which
// validation samples may be taken, all but the first. It counts them, and returns an error if they were all validation
// texts, or all training texts of a class.
func (all *parts) apart(classes []string) error {
	test, val := textsOf(all.test), textsOf(all.val)
	all.leaveOut(&all.val, "validation", test, "that is also in the test part")
	all.leaveOut(&all.train, "training", test, "that is also in the test part")
	all.leaveOut(&all.train, "training", val, "that is also in the validation part")
	before := len(all.train)
	seen := make(map[string]bool, before)
	first := all.train[:0:0]
	for _, sample := range all.train {
		if !seen[sample.Text] {
			seen[sample.Text] = true
			first = append(first, sample)
		}
	}
	all.train = first
	all.tellCopies("training", before-len(first), "that is there more than once")
	if len(val) > 0 && len(all.val) == 0 {
		return errors.New("all its validation texts are also in the test part: take others")
	}
	if label := without(all.train, len(classes)); len(label) > 0 {
		return fmt.Errorf("class %.40q has no text for training: all of its texts are in another part, or copies of others", classes[label[0]])
	}
	return nil
}

// leaveOut leaves out the samples of a part whose texts are among others.
func (all *parts) leaveOut(part *[]Sample, name string, others map[string]bool, why string) {
	kept := (*part)[:0:0]
	for _, sample := range *part {
		if !others[sample.Text] {
			kept = append(kept, sample)
		}
	}
	all.tellCopies(name, len(*part)-len(kept), why)
	*part = kept
}

func (all *parts) tellCopies(part string, n int, why string) {
	if n == 0 {
		return
	}
	all.copies += n
	if n > 1 {
		why = strings.Replace(why, "that is", "that are", 1)
	}
	all.left = append(all.left, fmt.Sprintf("left out: %s %s", plural(n, part+" text"), why))
}

func textsOf(samples []Sample) map[string]bool {
	texts := make(map[string]bool, len(samples))
	for _, sample := range samples {
		texts[sample.Text] = true
	}
	return texts
}

// tellUntested notes the classes without test texts.
func (all *parts) tellUntested(classes []string) {
	var untested []string
	for _, label := range without(all.test, len(classes)) {
		untested = append(untested, classes[label])
	}
	if len(untested) > 0 {
		all.left = append(all.left, "without a test text: class "+strings.Join(atMostLines(untested), ", "))
	}
}

// without lists the labels that no sample has.
func without(samples []Sample, classes int) (labels []int) {
	has := make([]bool, classes)
	for _, sample := range samples {
		has[sample.Label] = true
	}
	for label := range classes {
		if !has[label] {
			labels = append(labels, label)
		}
	}
	return labels
}
