package fetch

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vrkit-go/reprogram/vrkit/terminal"
)

// Progress is one piece of news about something that takes time.
type Progress struct {
	What     string // the thing's name
	Stage    string // "waiting", "asking", "downloading", "unpacking", "verifying" or "running"
	Done     int64  // bytes so far; with Finished, the size
	Total    int64  // bytes in all, 0 if unknown
	Note     string // a sentence for the user
	Finished bool   // the thing is there
}

// Report receives progress; it is called from one goroutine at a time for each
// thing. A nil Report is silent.
type Report func(Progress)

func (r Report) send(p Progress) {
	if r != nil {
		r(p)
	}
}

func (r Report) note(what, stage, note string) {
	r.send(Progress{What: what, Stage: stage, Note: note})
}

// notes passes on what has a note, and nothing else.
func (r Report) notes() Report {
	return func(p Progress) {
		if p.Note != "" {
			r.send(p)
		}
	}
}

// Terminal returns a Report that writes to w: on a terminal one line with a bar,
// the rate and the time left, elsewhere a few plain lines.
func Terminal(w io.Writer) Report {
	t := &reporter{w: w, line: terminal.On(w), things: map[string]*thing{}}
	return t.report
}

// linePause is the time between two lines about one stage where there is no
// terminal.
const linePause = 10 * time.Second

type reporter struct {
	mu     sync.Mutex
	w      io.Writer
	line   *terminal.Line    // nil where there is no terminal
	things map[string]*thing // by what
}

// thing is what is known of one thing under way.
type thing struct {
	began    time.Time // the thing
	stage    string
	staged   time.Time // the stage
	first    int64     // bytes there when the stage began
	lastLine time.Time
}

func (t *reporter) report(p Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	s, known := t.things[p.What]
	if !known {
		s = &thing{began: now}
		t.things[p.What] = s
	}
	newStage := s.stage != p.Stage
	if newStage {
		s.stage, s.staged, s.first, s.lastLine = p.Stage, now, p.Done, time.Time{}
	}
	switch {
	case p.Finished:
		delete(t.things, p.What)
		t.say(p.What + ": ready (" + strings.Join(nonEmpty(size(p.Done), seconds(now.Sub(s.began))), ", ") + ")")
	case p.Note != "":
		t.say(p.What + ": " + p.Note)
	case t.line == nil && now.Sub(s.lastLine) >= linePause:
		s.lastLine = now
		t.say(p.What + ": " + strings.Join(nonEmpty(p.Stage, amount(p), s.speed(p, now)), ", "))
	case t.line != nil && (newStage || t.line.Due()):
		head := p.What + ": " + p.Stage
		if p.Total > 0 && p.Done > 0 {
			head += " " + terminal.Bar(min(float64(p.Done)/float64(p.Total), 1))
		}
		t.line.Draw(head, nonEmpty(size(p.Total), s.speed(p, now))...)
	}
}

// say writes a line that stays.
func (t *reporter) say(text string) {
	if t.line != nil {
		t.line.End(text)
		return
	}
	fmt.Fprintln(t.w, terminal.Escape(text))
}

// speed tells the rate and, where the total is known, the time left.
func (s *thing) speed(p Progress, now time.Time) string {
	took := now.Sub(s.staged).Seconds()
	if took < 0.5 || p.Done <= s.first {
		return ""
	}
	rate := float64(p.Done-s.first) / took
	text := size(int64(rate)) + "/s"
	if p.Total > p.Done {
		text += ", " + seconds(time.Duration(float64(p.Total-p.Done)/rate*float64(time.Second))) + " left"
	}
	return text
}

func amount(p Progress) string {
	switch {
	case p.Total > 0 && p.Done > 0:
		return fmt.Sprintf("%d %% of %s", p.Done*100/p.Total, size(p.Total))
	case p.Total > 0:
		return size(p.Total)
	}
	return size(p.Done)
}

// size writes bytes for people; nothing for none.
func size(bytes int64) string {
	switch {
	case bytes <= 0:
		return ""
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1e6:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	case bytes < 1e9:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
}

func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}
