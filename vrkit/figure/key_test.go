package figure

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKey(t *testing.T) {
	k := &key{}
	require.Equal(t, []string{"café □1", "□2", "□3", "□1"}, k.lines([]string{"café ☕", "咖啡", "猫", "☕"}))
	require.Equal(t, []Mark{{"□1", "☕"}, {"□2", "咖啡"}, {"□3", "猫"}}, k.marks)
	require.Equal(t, "□2 = 咖啡", k.marks[1].String())
	require.Equal(t, "x is a □3,\ny is none", k.prose("x is a 猫, \n y is none"))

	for text, want := range map[string]string{
		"":              "",
		"two words":     "two words",
		"Straße, Ωμέγα": "Straße, Ωμέγα",
		"cafe\u0301":    "café", // as macOS writes file names
		"猫1":            "□1",
		"قهوة سوداء":    "□1", // drawn from left to right it would be another text
		"שלום":          "□1",
		"हिन्दी":        "□1",
		"q\u0308":       "q□1",
		"❤️":            "□1",
		"👩‍👩‍👧 family":  "□1 family",
		"a\tb":          "a□1b",
		"a\x00b":        "a□1b",
		"a\nb":          "a□1b",
		" ":             "□1",
		"cat ":          "cat□1",
		"cat\u200b":     "cat□1",
		"\u202ecat":     "□1cat",
		"\xff":          "□1",
		"□1":            "□1", // no name looks like a mark
	} {
		k := &key{}
		require.Equal(t, want, k.line(text), "%q", text)
		require.True(t, hasGlyphs(want))
		require.Len(t, k.marks, strings.Count(want, "□"))
	}
	for want, m := range map[string]Mark{
		`□1 = "\n"`:     {"□1", "\n"},
		`□1 = " "`:      {"□1", " "},
		`□1 = "\u200b"`: {"□1", "\u200b"},
		`□1 = "\u202e"`: {"□1", "\u202e"},
		"□1 = ❤️":       {"□1", "❤️"},
		"□1 = हिन्दी":   {"□1", "हिन्दी"},
	} {
		require.Equal(t, want, m.String())
	}
}

// Different texts stay different, none becomes empty, and all can be drawn.
func FuzzKey(f *testing.F) {
	for _, pair := range [][2]string{{"猫", "犬"}, {"猫 1", "猫1"}, {"cat", "cat "}, {"a\nb", "a b"}, {"□1", "猫"}, {"קפה", "1 קפה"}, {"", " "}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		k := &key{}
		x, y := k.line(a), k.line(b)
		require.True(t, hasGlyphs(x+y))
		require.Equal(t, a == "", strings.TrimSpace(x) == "")
		read := func(shown string) string {
			for i := len(k.marks) - 1; i >= 0; i-- { // □12 before □1
				shown = strings.ReplaceAll(shown, k.marks[i].Shown, "\x00"+k.marks[i].For+"\x00")
			}
			return strings.ReplaceAll(shown, "\x00", "")
		}
		if read(x) != read(y) {
			require.NotEqual(t, x, y)
		}
	})
}

// A text that did not go through the key is an error, and not a gap in a picture.
func TestTextWithoutMark(t *testing.T) {
	p := newPage(100, 100, &key{}, "", "猫")
	_, err := p.figure()
	require.NoError(t, err, "a caption goes through the key")
	p.text(0, 0, "猫", labelStyle)
	_, err = p.figure()
	require.EqualError(t, err, `figure: the font has no letters for "猫", and no mark stands for them`)
}

// Names that are cut stay different.
func TestShortenAll(t *testing.T) {
	width := labelStyle.width("customer complaint ab… 2")
	require.Equal(t, []string{"customer complaint ab… 1", "customer complaint ab… 2", "short"},
		shortenAll([]string{"customer complaint about delivery 1", "customer complaint about delivery 2", "short"}, labelStyle, width))
	for _, names := range [][]string{
		{strings.Repeat("long_", 20) + "cat", strings.Repeat("long_", 20) + "dog"},
		{strings.Repeat("x", 60) + "cat" + strings.Repeat("x", 60), strings.Repeat("x", 60) + "dog" + strings.Repeat("x", 60)},
		{"one and the same beginning of both and a tail", "one and the same beginning, which both have, and a tail"},
	} {
		shown := shortenAll(names, labelStyle, 120)
		require.NotEqual(t, shown[0], shown[1])
		for _, s := range shown {
			require.LessOrEqual(t, labelStyle.width(s), 120., s)
		}
	}
	same := strings.Repeat("same ", 20)
	shown := shortenAll([]string{same, same}, labelStyle, 120)
	require.Equal(t, shown[0], shown[1], "one name twice, which the caller tells apart or not")
	var many []string
	for i := range 48 {
		many = append(many, fmt.Sprintf("%sx%d%s", same, i, same))
	}
	seen := map[string]bool{}
	for _, s := range shortenAll(many, labelStyle, 120) {
		require.False(t, seen[s], s)
		seen[s] = true
	}
}
