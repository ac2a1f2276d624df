//go:build unix

package show_test

import (
	"encoding/gob"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/show"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// cellVariable makes this test binary run a cell, as GoNB would.
const cellVariable = "VRKIT_TEST_CELL"

func TestMain(m *testing.M) {
	if os.Getenv(cellVariable) == "" {
		os.Exit(m.Run())
	}
	if err := cell(); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// cell shows something of every kind.
func cell() error {
	f, err := figure.Grid([]figure.Tile{{Image: figure.RGB8(make([]uint8, 28*28*3), 28, 28), Title: `猫: an "oracle"`}}, 1, "A black tile.")
	if err != nil {
		return err
	}
	if err := show.Figure(f, "tile"); err != nil {
		return err
	}
	if err := show.Figure(figure.Figure{SVG: []byte("<svg/>"), Width: 300, Alt: "Nothing."}, "drawing"); err != nil {
		return err
	}
	if err := show.Text("The weights did *not* change."); err != nil {
		return err
	}
	if err := show.Slider("Twice", []figure.Frame{{Label: "first", Figure: f}, {Label: "second", Figure: f}}, 1); err != nil {
		return err
	}
	report := show.Progress("padding + BLM")
	for step := range 100 {
		report(train.Event{Stage: train.StageTrain, Epoch: 1, Epochs: 1, Step: step + 1, Steps: 100, Accuracy: .5})
	}
	report(train.Event{Stage: train.StageDone, Epoch: 1, Epochs: 1})
	return nil
}

// TestNotebook runs a cell with the two pipes of a GoNB kernel, and reads what the kernel would read.
func TestNotebook(t *testing.T) {
	folder := t.TempDir()
	there, back := filepath.Join(folder, "there"), filepath.Join(folder, "back")
	require.NoError(t, syscall.Mkfifo(there, 0o600))
	require.NoError(t, syscall.Mkfifo(back, 0o600))
	// A pipe opened for both directions does not wait for its other side.
	reader, err := os.OpenFile(there, os.O_RDWR, 0)
	require.NoError(t, err)
	writer, err := os.OpenFile(back, os.O_RDWR, 0)
	require.NoError(t, err)

	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), cellVariable+"=1",
		protocol.GONB_PIPE_ENV+"="+there, protocol.GONB_PIPE_BACK_ENV+"="+back, show.FolderVariable+"="+folder)
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	ended := make(chan error, 1)
	go func() {
		ended <- process.Wait()
		reader.Close()
	}()

	var shown []protocol.DisplayData
	decoder, encoder := gob.NewDecoder(reader), gob.NewEncoder(writer)
	for {
		var data protocol.DisplayData
		if err := decoder.Decode(&data); err != nil {
			break
		}
		if sync, ok := data.Data[protocol.MIMECommValue].(*protocol.CommValue); ok {
			require.NoError(t, encoder.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: sync.Value}))
			continue
		}
		if value, ok := data.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
			require.NoError(t, encoder.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: value.Value}))
			continue
		}
		shown = append(shown, data)
	}
	require.NoError(t, <-ended)

	require.Greater(t, len(shown), 10)
	require.Regexp(t, `^<div style="max-width:456px"><img src="data:image/png;base64,[^"]+" width="456" alt="猫: an &#34;oracle&#34;. A black tile." [^>]*>`+
		`<div [^>]*><bdi>□1 = 猫</bdi></div></div>$`, shown[0].Data[protocol.MIMETextHTML])
	require.Equal(t, `figure: 猫: an "oracle". A black tile.`, shown[0].Data[protocol.MIMETextPlain])
	require.Equal(t, `<div style="max-width:300px"><div role="img" aria-label="Nothing."><svg/></div></div>`, shown[1].Data[protocol.MIMETextHTML])
	require.Equal(t, "The weights did *not* change.", shown[2].Data[protocol.MIMETextMarkdown])
	slider := shown[3].Data[protocol.MIMETextHTML]
	require.Contains(t, slider, `<input type="range"`)
	require.Contains(t, slider, `data-label="second"`)
	updates := shown[4:]
	require.LessOrEqual(t, len(updates), 22)
	for _, u := range updates {
		require.Equal(t, updates[0].DisplayID, u.DisplayID, "one output, renewed")
		require.Regexp(t, `role="progressbar" aria-label="padding \+ BLM" aria-valuemin="0" aria-valuemax="100" aria-valuenow="\d+" aria-valuetext="\d+ %, `, u.Data[protocol.MIMETextHTML])
	}
	for _, data := range shown {
		html, _ := data.Data[protocol.MIMETextHTML].(string)
		require.Empty(t, data.Data[protocol.MIMEImagePNG], "an image alone has no alternative text in JupyterLab")
		require.Equal(t, strings.Count(html, "<img "), len(regexp.MustCompile(`<img [^>]*alt="[^"]{20,}"`).FindAllString(html, -1)))
	}
	require.Contains(t, updates[len(updates)-1].Data[protocol.MIMETextHTML], "done")
	entries, err := filepath.Glob(filepath.Join(folder, "*.png"))
	require.NoError(t, err)
	require.Empty(t, entries, "a notebook keeps its figures itself")
}
