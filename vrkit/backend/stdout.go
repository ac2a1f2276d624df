package backend

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"time"
)

// forwardStdout sends what the process prints on its standard output to say, at most one line every few seconds, until
// the returned function is called. go-xla's CUDA installer prints its progress only there, where the program's own
// output should be.
func forwardStdout(say func(line string)) (end func()) {
	const pause = 5 * time.Second
	read, write, err := os.Pipe()
	if err != nil {
		return func() {}
	}
	stdout := os.Stdout
	os.Stdout = write
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer read.Close()
		var said time.Time
		lines := bufio.NewScanner(read)
		lines.Split(splitAtReturns)
		for lines.Scan() {
			if line := plain(lines.Text()); line != "" && time.Since(said) > pause {
				say(line)
				said = time.Now()
			}
		}
	}()
	return func() {
		os.Stdout = stdout
		write.Close()
		<-done
	}
}

// splitAtReturns is a [bufio.SplitFunc] for lines that a spinner rewrites.
func splitAtReturns(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// plain removes terminal control sequences and the spinner's character from a line.
func plain(line string) string {
	var text strings.Builder
	inSequence := false
	for _, c := range line {
		switch {
		case c == '\x1b':
			inSequence = true
		case inSequence:
			inSequence = c == '[' || c == '?' || '0' <= c && c <= '9' || c == ';'
		case c < 0x2800 || c > 0x28ff: // a braille spinner
			text.WriteRune(c)
		}
	}
	return strings.TrimSpace(text.String())
}
