package bpe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tiny is a vocabulary made by hand. Ġ is a space.
var (
	tinyTokens  = []string{"a", "b", "c", "Ġ", "'", "s", "Ã", "©", "1", "ab", "bc", "Ġa", "abc", "'s", "Ã©", "<end>", "<e", "<", "e"}
	tinyMerges  = []string{"b c", "a b", "Ġ a", "a bc", "' s", "Ã ©"}
	tinySpecial = marks(tinyTokens, "<end>", "<e")
)

func marks(tokens []string, special ...string) []bool {
	marks := make([]bool, len(tokens))
	for i, token := range tokens {
		marks[i] = slices.Contains(special, token)
	}
	return marks
}

func tiny(t testing.TB) *Tokenizer {
	tokenizer, err := New(tinyTokens, tinyMerges, tinySpecial)
	require.NoError(t, err)
	return tokenizer
}

func TestEncode(t *testing.T) {
	tokenizer := tiny(t)
	for text, want := range map[string][]string{
		"":            {},
		"abc":         {"abc"}, // b c is first, so that a b does not fit
		"abab":        {"ab", "ab"},
		" abc":        {" a", "bc"},
		"a b":         {"a", " ", "b"},
		"  ab":        {" ", " ", "ab"}, // a b is before Ġ a
		"a's":         {"a", "'s"},
		"é":           {"é"},
		"1 1":         {"1", " ", "1"},
		"<end>":       {"<end>"}, // and not <e
		"<e<ea":       {"<e", "<e", "a"},
		"<<end>'s":    {"<", "<end>", "'s"},
		"a <end>":     {"a", " ", "<end>"},
		"<end><end>a": {"<end>", "<end>", "a"},
	} {
		ids, err := tokenizer.Encode(text)
		require.NoError(t, err)
		got := make([]string, len(ids))
		for i, id := range ids {
			got[i] = tokenizer.Text(id)
		}
		require.Equal(t, want, got, text)
		require.Equal(t, text, tokenizer.Decode(ids))
	}
}

// TestAMergedTokenIsGone has a merge, y z, that waits for a y that is part of xy by then.
func TestAMergedTokenIsGone(t *testing.T) {
	tokens := []string{"x", "y", "z", "w", "v", "xy", "yz", "wv", "zwv"}
	tokenizer, err := New(tokens, []string{"x y", "y z", "w v", "z wv"}, make([]bool, len(tokens)))
	require.NoError(t, err)
	ids, err := tokenizer.Encode("xyzwv")
	require.NoError(t, err)
	require.Equal(t, []int32{5, 8}, ids)
}

// TestDecodeKeepsPartsOfCharacters decodes half a character: a program that shows a text as it grows waits for the rest.
func TestDecodeKeepsPartsOfCharacters(t *testing.T) {
	tokenizer := tiny(t)
	require.Equal(t, "a\xc3", tokenizer.Decode([]int32{0, 6}))
	require.Equal(t, "\xa9", tokenizer.Text(7))
	require.Equal(t, "é", tokenizer.Decode([]int32{6, 7}))
}

func TestEncodeErrors(t *testing.T) {
	tokenizer := tiny(t)
	for text, want := range map[string]string{
		"ab\x04":       "the vocabulary has no token for the character U+0004 at byte 2 of the text: leave it out",
		"é\U00040000":  "the vocabulary has no token for the character U+40000 at byte 2 of the text: leave it out",
		"<end>aè":      "the vocabulary has no token for the character U+00E8 at byte 6 of the text: leave it out", // its first byte has one
		"ab\xffc":      "the text is not valid UTF-8 at byte 2: convert it to UTF-8",
		"<end>\xc3":    "the text is not valid UTF-8 at byte 5: convert it to UTF-8",
		"\xed\xa0\x80": "the text is not valid UTF-8 at byte 0: convert it to UTF-8", // half of a UTF-16 pair
	} {
		_, err := tokenizer.Encode(text)
		require.EqualError(t, err, want)
	}
}

func TestNewErrors(t *testing.T) {
	long := strings.Repeat("a", maxLength+1)
	for name, test := range map[string]struct {
		tokens, merges, special []string
		want                    string
	}{
		"empty":           {[]string{"a", ""}, nil, nil, `the token 1, "", is empty`},
		"long":            {[]string{long}, nil, nil, fmt.Sprintf(`the token 0, "%s", has 1025 bytes; at most 1024 are supported`, long[:80])},
		"twice":           {[]string{"a", "b", "a"}, nil, nil, `the token 2, "a", is also the token 0`},
		"special twice":   {[]string{"a", "a"}, nil, []string{"a"}, `the token 1, "a", is also the token 0`},
		"space":           {[]string{"a b"}, nil, nil, `the token 0, "a b", has the character ' ', which stands for no byte`},
		"beyond":          {[]string{"日"}, nil, nil, `the token 0, "日", has the character '日', which stands for no byte`},
		"bytes":           {[]string{"\xc3"}, nil, nil, `the token 0, "\xc3", has the character '�', which stands for no byte`},
		"special bytes":   {[]string{"\xc3"}, nil, []string{"\xc3"}, `the token 0, "\xc3", is not valid UTF-8`},
		"one part":        {[]string{"a"}, []string{"a"}, nil, `the merge 0, "a", is not two tokens with a space between them`},
		"no left":         {[]string{"a"}, []string{" a"}, nil, `the merge 0, " a", is not two tokens with a space between them`},
		"no right":        {[]string{"a"}, []string{"a "}, nil, `the merge 0, "a ", is not two tokens with a space between them`},
		"three parts":     {[]string{"a"}, []string{"a a a"}, nil, `the merge 0, "a a a", is not two tokens with a space between them`},
		"unknown part":    {[]string{"a"}, []string{"a b"}, nil, `the merge 0, "a b", needs "b", which is not an ordinary token of the vocabulary`},
		"unknown result":  {[]string{"a"}, []string{"a a"}, nil, `the merge 0, "a a", needs "aa", which is not an ordinary token of the vocabulary`},
		"makes a special": {[]string{"a", "aa"}, []string{"a a"}, []string{"aa"}, `the merge 0, "a a", needs "aa", which is not an ordinary token of the vocabulary`},
		"merge twice":     {[]string{"a", "aa"}, []string{"a a", "a a"}, nil, `the merge 1, "a a", is also the merge 0`},
	} {
		_, err := New(test.tokens, test.merges, marks(test.tokens, test.special...))
		require.EqualError(t, err, test.want, name)
	}
	_, err := New([]string{"a"}, nil, nil)
	require.EqualError(t, err, "the vocabulary has 1 tokens, but says of 0 which are special")
	_, err = New(make([]string, maxTokens+1), nil, make([]bool, maxTokens+1))
	require.EqualError(t, err, "the vocabulary has 16777217 tokens; at most 16777216 are supported")
}

// TestEncodeIsFast takes texts of one piece. If the time grew with the square of the length, each would take ten
// seconds or more.
func TestEncodeIsFast(t *testing.T) {
	tokens := []string{"a", "b", "Ġ", "aa", "ab", "aaaa", "abab", "ĠĠ", "<", "<|x|>"}
	tokenizer, err := New(tokens, []string{"a a", "a b", "aa aa", "ab ab", "Ġ Ġ"}, marks(tokens, "<|x|>"))
	require.NoError(t, err)
	for _, part := range []string{"a", "ab", "aab", " ", " a", "<"} {
		start := time.Now()
		ids, err := tokenizer.Encode(strings.Repeat(part, 1<<17))
		require.NoError(t, err)
		require.Equal(t, len(part)<<17, len(tokenizer.Decode(ids)))
		require.Less(t, time.Since(start), 5*time.Second, part)
	}
}
