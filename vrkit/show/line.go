package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vrkit-go/reprogram/vrkit/terminal"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// liveLine is progress on a terminal: one line, rewritten in place, and at the end one line with the result.
type liveLine struct {
	title string
	line  *terminal.Line
	course
}

func (l *liveLine) event(e train.Event) {
	l.see(e)
	switch {
	case e.Stage == train.StageDone:
		l.line.End(l.title + ": " + l.conclusion(e))
	case e.Stage == train.StageStopped: // what went wrong goes on a line of its own
		l.line.Leave()
	case e.Stage == train.StageEpoch || l.line.Due():
		l.line.Draw(l.title+" "+terminal.Bar(done(e)), facts(e)...)
	}
}

// plainLines is progress where lines can't be rewritten, as in a log.
type plainLines struct {
	title string
	out   io.Writer
	course
	written time.Time
}

func (p *plainLines) event(e train.Event) {
	p.see(e)
	switch {
	case e.Stage == train.StageStopped:
	case e.Stage == train.StageDone:
		p.write(p.conclusion(e))
	case e.Stage == train.StageEpoch:
		// A long run reports only some of its epochs, and the last one.
		if every := (e.Epochs + 19) / 20; every <= 1 || e.Epoch%every == 0 || e.Epoch == e.Epochs {
			p.write(strings.Join(facts(e), ", "))
		}
	case p.written.IsZero(), time.Since(p.written) > 5*time.Minute:
		// The beginning, and a report within an epoch that takes long.
		p.write(strings.Join(facts(e), ", "))
	}
}

func (p *plainLines) write(says string) {
	p.written = time.Now()
	fmt.Fprintln(p.out, terminal.Escape(p.title+": "+says))
}
