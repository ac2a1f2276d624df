package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vrkit-go/reprogram/vrkit/terminal"
)

// cellPrinter prints a line for each cell: on a terminal also while it runs, elsewhere a report every quarter of a
// minute.
type cellPrinter struct {
	mu      sync.Mutex
	w       io.Writer
	live    *terminal.Line // nil where there is no terminal
	current *news
	begun   time.Time
	stop    chan struct{}
}

func newCellPrinter(w io.Writer) *cellPrinter {
	p := &cellPrinter{w: w, live: terminal.On(w), stop: make(chan struct{})}
	pause := 15 * time.Second
	if p.live != nil {
		pause = time.Second
	}
	go p.tick(pause)
	return p
}

func (p *cellPrinter) tick(pause time.Duration) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			if p.current != nil && (p.live != nil || time.Since(p.begun) >= pause) {
				p.line(time.Since(p.begun), " ...", p.live != nil)
			}
			p.mu.Unlock()
		}
	}
}

// print prints the news of a notebook.
func (p *cellPrinter) print(n news) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch n.Event {
	case "start":
		p.current, p.begun = &n, time.Now()
		if p.live != nil {
			p.line(0, " ...", true)
		}
	case "done":
		rest := ""
		if n.Images > 0 {
			rest = fmt.Sprintf("  (%d pictures)", n.Images)
			if n.Images == 1 {
				rest = "  (1 picture)"
			}
		}
		p.line(time.Duration(n.Seconds*float64(time.Second)), rest, false)
		p.current = nil
	case "failed":
		if p.current != nil {
			p.line(time.Since(p.begun), "  FAILED", false)
			p.current = nil
		}
	case "wrote":
		fmt.Fprintf(p.w, "  wrote %s (%d kB)\n", n.Path, (n.Bytes+999)/1000)
	}
}

// line says how the cell goes; on a terminal, one that is live is replaced by the next.
func (p *cellPrinter) line(took time.Duration, rest string, live bool) {
	code := []rune(strings.TrimSpace(p.current.Code))
	if len(code) > 50 {
		code = append(code[:49], '…')
	}
	text := fmt.Sprintf("  [%2d/%d] %6.1f s  %s%s", p.current.Cell, p.current.Cells, took.Seconds(), string(code), rest)
	switch {
	case live:
		p.live.Draw(text)
	case p.live != nil:
		p.live.End(text)
	default:
		fmt.Fprintln(p.w, text)
	}
}

// end ends the printing.
func (p *cellPrinter) end() {
	close(p.stop)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live != nil && p.current != nil {
		p.live.Leave()
	}
	p.current = nil
}
