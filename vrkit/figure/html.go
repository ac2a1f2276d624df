package figure

import (
	"encoding/base64"
	"fmt"
	"html"
	"strings"
)

// HTML returns the figure as one element for a notebook or a page: the picture at its own width, or narrower if there
// is less room, with its alternative text, and below it the letters that its marks replace, because a browser has fonts
// for them. It returns "" for an empty figure.
func (f Figure) HTML() string {
	var b strings.Builder
	switch {
	case len(f.PNG) > 0:
		fmt.Fprintf(&b, `<div style="max-width:%dpx"><img src="data:image/png;base64,%s" width="%d" alt="%s" style="display:block;max-width:100%%;height:auto">`,
			f.Width, base64.StdEncoding.EncodeToString(f.PNG), f.Width, html.EscapeString(f.Alt))
	case len(f.SVG) > 0:
		fmt.Fprintf(&b, `<div style="max-width:%dpx"><div role="img" aria-label="%s">%s</div>`, f.Width, html.EscapeString(f.Alt), f.SVG)
	default:
		return ""
	}
	if len(f.Marks) > 0 {
		b.WriteString(`<div style="padding:4px 0;font:14px sans-serif">`)
		for i, m := range f.Marks {
			if i > 0 {
				b.WriteString(" · ")
			}
			// Isolated, because a name may run from right to left.
			fmt.Fprintf(&b, `<bdi>%s</bdi>`, html.EscapeString(m.String()))
		}
		b.WriteString(`</div>`)
	}
	b.WriteString(`</div>`)
	return b.String()
}
