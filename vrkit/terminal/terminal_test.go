package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is less important is left out where it doesn't fit, and no line is as wide as the terminal.
func TestDraw(t *testing.T) {
	for width, want := range map[int]string{
		60: "padding + BLM ██████████░░░░░░░░░░  50 %  epoch 3/4",
		68: "padding + BLM ██████████░░░░░░░░░░  50 %  epoch 3/4  train 51.2 %",
		9:  "padding ",
	} {
		var out bytes.Buffer
		l := &Line{Out: &out, Width: func() int { return width }}
		require.True(t, l.Due())
		l.Draw("padding + BLM "+Bar(.5), "epoch 3/4", "train 51.2 %", "207 images/s")
		require.Equal(t, "\r\x1b[2K"+want, out.String())
		require.False(t, l.Due(), "it was drawn just now")
	}
}

func TestEnd(t *testing.T) {
	var out bytes.Buffer
	l := &Line{Out: &out, Width: func() int { return 80 }}
	l.Draw("a\x1b[2J", "b\n")
	l.End("c\u009b")
	l.Draw("d")
	l.Leave()
	require.Equal(t, "\r\x1b[2Ka\\u001b[2J  b\\u000a\r\x1b[2Kc\\u009b\n\r\x1b[2Kd\n", out.String(), "names can't steer the terminal")
	require.Nil(t, On(&out))
	require.Nil(t, On(Text{&out}))
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	n, err := fmt.Fprintf(Text{&out}, "ω\tb\x1b]0;title\a\nc\r\x7f\xff\n")
	require.NoError(t, err)
	require.Equal(t, len("ω\tb\x1b]0;title\a\nc\r\x7f\xff\n"), n)
	require.Equal(t, "ω\tb\\u001b]0;title\\u0007\nc\\u000d\\u007f\\ufffd\n", out.String())
}

// JSON stays the JSON of the same value.
func TestTextJSON(t *testing.T) {
	name := "ä\x00\x1b\x7f\u0085\u009b\"\\\n"
	var out bytes.Buffer
	require.NoError(t, json.NewEncoder(Text{&out}).Encode(name))
	var back string
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	require.Equal(t, name, back)
	require.NotContains(t, out.String(), "\u009b")
}

func TestBar(t *testing.T) {
	require.Equal(t, strings.Repeat("░", 20)+"   0 %", Bar(0))
	require.Equal(t, strings.Repeat("█", 20)+" 100 %", Bar(1))
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31m")
	f.Fuzz(func(t *testing.T, name string) {
		for _, r := range Escape(name) {
			require.False(t, r < ' ' || 0x7f <= r && r < 0xa0, "%q", name)
		}
	})
}
