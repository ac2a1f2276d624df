package figure

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"strings"
)

// Frame is one picture of a slider with its label, such as "epoch 3".
type Frame struct {
	Label  string
	Figure Figure
}

const mostFrames = 60 // each is a picture in the page

// Slider returns HTML that shows 2 to 60 figures of one size in one place, and
// a range input that steps through them. It is one <div> that needs nothing
// from outside and no server, so that it works in a notebook, in a saved one
// and in a page of its own. It begins at the frame of number start, from 0.
// The input is worked with the mouse or with the arrow keys, Home and End, and
// tells a screen reader the label; where scripts don't run, the frame that it
// begins at and its label are there and the input is not. The title may be
// empty.
//
// Frames are compared, so they need the same scales: Curves keeps its axes for a Series without Y that has the X, Low
// and High of all frames.
//
// The id of the <div> comes from its content, so that the same slider is the
// same text each time; a page that holds it twice works too.
func Slider(title string, frames []Frame, start int) (string, error) {
	if err := steppable(frames); err != nil {
		return "", err
	}
	if start < 0 || start >= len(frames) {
		return "", fmt.Errorf("figure: a slider of %d frames can't begin at frame %d; they are numbered from 0", len(frames), start)
	}
	type shown struct {
		Label   string
		Picture template.HTML
		Hidden  bool
	}
	page := struct {
		ID, Title, Label   string
		Start, Last, Width int
		Frames             []shown
	}{Title: title, Label: frames[start].Label, Start: start, Last: len(frames) - 1, Width: frames[0].Figure.Width}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q%d", title, start)
	for i, f := range frames {
		labelled := f.Figure
		labelled.Alt = strings.TrimSpace(sentence(f.Label) + f.Figure.Alt)
		fmt.Fprintf(hash, "%q%q", f.Label, labelled.HTML())
		page.Frames = append(page.Frames, shown{
			Label:   f.Label,
			Picture: template.HTML(labelled.HTML()),
			Hidden:  i != start,
		})
	}
	page.ID = fmt.Sprintf("vrkit-slider-%x", hash.Sum(nil)[:8])
	var out strings.Builder
	if err := sliderPage.Execute(&out, page); err != nil {
		return "", fmt.Errorf("figure: writing the slider: %w", err)
	}
	return out.String(), nil
}

// sliderPage writes a slider. Its script has no global names, and sets up every <div> with its id that is not set up
// yet, because a page may contain one twice. Key presses do not leave the input, because a notebook uses arrow keys
// itself.
var sliderPage = template.Must(template.New("slider").Parse(`<div id="{{.ID}}" style="max-width:{{.Width}}px;font:14px sans-serif">
<div data-control style="display:flex;align-items:center;gap:12px;padding:4px 0 8px;flex-wrap:wrap">{{if .Title}}<strong>{{.Title}}</strong>{{end}}<input type="range" min="0" max="{{.Last}}" value="{{.Start}}" step="1" autocomplete="off" aria-label="{{if .Title}}{{.Title}}{{else}}frame{{end}}" aria-valuetext="{{.Label}}" style="display:none;flex:1 1 200px;min-width:160px"><output aria-live="polite" style="min-width:6em">{{.Label}}</output></div>
{{range .Frames}}<div data-label="{{.Label}}"{{if .Hidden}} style="display:none"{{end}}>{{.Picture}}</div>
{{end}}<script>
(function () {
  document.querySelectorAll('div[id="' + {{.ID}} + '"]:not([data-ready])').forEach(function (root) {
    root.setAttribute("data-ready", "");
    var control = root.querySelector("[data-control]"), input = control.querySelector("input");
    var output = control.querySelector("output"), frames = root.querySelectorAll("[data-label]");
    function show() {
      frames.forEach(function (frame, i) { frame.style.display = i === Number(input.value) ? "block" : "none"; });
      var label = frames[Number(input.value)].getAttribute("data-label");
      output.textContent = label;
      input.setAttribute("aria-valuetext", label);
    }
    input.addEventListener("input", show);
    input.addEventListener("keydown", function (event) { event.stopPropagation(); });
    input.style.display = "block";
    show();
  });
})();
</script>
</div>
`))

func steppable(frames []Frame) error {
	if len(frames) < 2 || len(frames) > mostFrames {
		return fmt.Errorf("figure: a slider of %d frames has nothing to step through or is too large; pass 2 to %d", len(frames), mostFrames)
	}
	var first image.Point
	for i, f := range frames {
		if f.Label == "" {
			return fmt.Errorf("figure: frame %d of the slider has no label; say what its place is, such as an epoch", i+1)
		}
		if f.Figure.PNG == nil {
			return errors.New("figure: frame " + f.Label + " of the slider has no PNG; draw it with a function of this package")
		}
		config, err := png.DecodeConfig(bytes.NewReader(f.Figure.PNG))
		if err != nil {
			return fmt.Errorf("figure: frame %q of the slider is no PNG: %w", f.Label, err)
		}
		size := image.Pt(config.Width, config.Height)
		if i == 0 {
			first = size
		}
		if size != first || f.Figure.Width != frames[0].Figure.Width {
			return fmt.Errorf("figure: frame %q of the slider is %v pixels and the first %v; draw all with the same names and captions of the same number of lines", f.Label, size, first)
		}
	}
	return nil
}
