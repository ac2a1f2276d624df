package bpe

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNew reads any lists as a vocabulary: an error, or a tokenizer that loses nothing.
func FuzzNew(f *testing.F) {
	f.Add(strings.Join(tinyTokens, "\n"), strings.Join(tinyMerges, "\n"), "<end>\n<e", "abc <end> 's é 1")
	f.Add("a\naa\naaa", "a a\naa a\na aa", "", "aaaaaaa")
	f.Add("Ã\n©\né", "", "é", "éÃ")
	f.Fuzz(func(t *testing.T, tokens, merges, special, text string) {
		list := strings.Split(tokens, "\n")
		tokenizer, err := New(list, strings.Split(merges, "\n"), marks(list, strings.Split(special, "\n")...))
		if err != nil {
			return
		}
		if ids, err := tokenizer.Encode(text); err == nil {
			require.Equal(t, text, tokenizer.Decode(ids))
		}
	})
}

// FuzzEncode makes a vocabulary of all bytes, of merges in any order and of two special tokens. It compares Encode with
// the definition of byte pair encoding, one merge after the other.
func FuzzEncode(f *testing.F) {
	f.Add([]byte("abbccdabab\x00\x01"), "abc abcd <|x|> it's 12", "<|x|>", "abc")
	f.Add([]byte("aaaa\xff\xfe"), "aaaaaaaaa aaa", "é", "aa a")
	f.Add([]byte{0xf0, 0x9f, 0x99, 0x82}, "🙂🙂 🙂\n\n a", "🙂 ", "\n a")
	f.Fuzz(func(t *testing.T, chosen []byte, text, special1, special2 string) {
		tokens, merges := everyByte(), []string{}
		for i := 0; i+1 < len(chosen) && i < 200; i += 2 { // a byte chooses among the last 256 tokens
			last := tokens[len(tokens)-256:]
			left, right := last[chosen[i]], last[chosen[i+1]]
			if merge := left + " " + right; !slices.Contains(merges, merge) && len(left+right) <= maxLength {
				merges = append(merges, merge)
				if !slices.Contains(tokens, left+right) {
					tokens = append(tokens, left+right)
				}
			}
		}
		slices.Reverse(merges) // so that the first ones need the later ones
		ordinary := len(tokens)
		tokens = append(tokens, special1, special2)
		isSpecial := make([]bool, len(tokens))
		isSpecial[ordinary], isSpecial[ordinary+1] = true, true
		tokenizer, err := New(tokens, merges, isSpecial)
		if err != nil {
			return // of the special tokens
		}
		ids, err := tokenizer.Encode(text)
		if err != nil {
			return // not UTF-8
		}
		require.Equal(t, text, tokenizer.Decode(ids))
		if strings.Contains(text, special1) || strings.Contains(text, special2) {
			return
		}
		want := []int32{}
		for len(text) > 0 {
			length := piece(text)
			want = append(want, oneByOne(tokenizer, tokens, merges, text[:length])...)
			text = text[length:]
		}
		require.Equal(t, want, ids)
	})
}

// everyByte is a token for each byte.
func everyByte() []string {
	tokens := make([]string, 256)
	for r, b := range byteOf {
		tokens[b] = string(r)
	}
	return tokens
}

// oneByOne is byte pair encoding by its definition, slow.
func oneByOne(t *Tokenizer, tokens, merges []string, text string) (ids []int32) {
	var parts []string
	for i := range len(text) {
		parts = append(parts, tokens[t.single[text[i]]])
	}
	for rank := 0; rank < len(merges); {
		left, right, _ := strings.Cut(merges[rank], " ")
		rank++
		for i := range len(parts) - 1 {
			if parts[i] == left && parts[i+1] == right {
				parts = slices.Replace(parts, i, i+2, left+right)
				rank = 0 // a merge can make an earlier one possible
				break
			}
		}
	}
	for _, part := range parts {
		ids = append(ids, int32(slices.Index(tokens, part)))
	}
	return ids
}
