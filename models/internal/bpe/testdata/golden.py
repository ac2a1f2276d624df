"""Golden values for the tokenizer: the ids of Hugging Face's package tokenizers.

    python3 models/internal/bpe/testdata/golden.py SmolLM2-135M-Instruct.Q4_1.gguf

tokenizers 0.23.3 and gguf 0.19.0 were used. It writes three files:

- testdata/classes.json: the ranges of code points that the reference takes for letters, numbers and white space.
- testdata/small.json: a small vocabulary, trained on the texts below, with their ids. The second list of merges is the
  first one in another order, which training never gives.
- models/testdata/smollm2-tokens.json: the ids of the texts in the vocabulary of the GGUF file. The vocabulary itself is
  not written.
"""

import json
import pathlib
import random
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parents[2]

# SmolLM2 has no token for these bytes, and the reference leaves them out.
LACKING = [0x04, 0x06, 0x13, 0x14, 0x16, 0x1D]

WRITTEN = [
    "", " ", "  ", "\n", "a", "é", "🙂", "'", "''", "\0", "\x7f",
    "The capital of France is", " Paris", "paris", "Hello, world!", " great", " terrible", " positive", " negative",
    "Review: a warm and funny film.\nSentiment:", "All in all, it was", "It wasn't bad; it was worse.",
    # contractions
    "I'm you're he'd WE'LL don't", "it's", "it'S", "IT'S", "'s", "''s", " 's", "!'s", "a 's b", "'sun", "'re'll've'd'm't",
    "they'll've", "o'clock", "rock 'n' roll", "d'Artagnan", "'r", "'v", "'l", "'lx", "'ve", "é's", "界's", "7's", "7'", "’s it’s",
    "a'\u0301s", "a' s", "a'\ns", "'1", "'s1", "can't've", "\u200b's", "\u0301's", "\U0001f642's", "''re",
    # numbers
    "0", "10", "1234 5", "3.14159", "-1", "1,000,000", "a1b2", "1 2 3", " 1", "  1", "   1", "\t1", "\n1", "1\n", "1 ", "1  ",
    "²", "x²", "½ cup", "10½", "Ⅷ", "IV Ⅳ", "٣٤٥", "१२३", "一二三", "①②", "12:30", "v1.0.2-rc3", "0x1F", "1e-5", "$9.99", "50%",
    "a  1  b", "a \t1", "1'2", "3's", "'3", "#1!", "１２３", "𝟘𝟙", "1\u00a02",
    # white space
    "a b", "a  b", "a   b", "a    b", " a", "  a", "a ", "a  ", "a\n b", "a\n\nb", "a\n \nb", "a \n b", "\n\n", "\n \n", "a\r\nb",
    "a\tb", "\ta", "\t\ta", " \ta", "\t a", "a\u00a0b", "\u00a0a", " \u00a0a", "\u00a0 a", "a\u3000b", "\u3000a", "\u2003a b",
    "a\u2028b\u2029c", "a\x85b", "\x85 b", "a\x0bb\x0cc", "a\x1cb", "a\x1fb", "\u180ea", " \u180ea", "\u200ba", "a \u200b b",
    "\ufeffa", "a\u205fb\u1680c\u202fd", " !", "  !", "   !", "\n!", " \n!", "a !", "a  !?", "def f(x):\n    return x\n",
    "\n\n    indented\n\n\ttabbed", " " * 81, " " * 82 + "a", "\n" * 9, "\t" * 7 + "x", " " * 200,
    # punctuation
    "...", "?!", "a.b", "a. b", "(a)", "[[x]]", "{a: 'b'}", "--flag=1", "http://a.b/c?d=e&f=g#h", "a@b.c", "a_b", "__init__", "C++", "C#",
    "\"quoted\"", "“quoted”", "a—b", "a – b", "…", "•x", "¿qué?", "¡no!", "€5", "5€", "<tag a=\"b\">", "// comment", "/* x */", "a/b\\c",
    # scripts and marks
    "naïve café", "nai\u0308ve cafe\u0301", "Straße", "İstanbul ıı", "ﬁne", "Ǆ", "ʰ", "ª º", "Привет, мир", "Γειά σου", "שלום", "مرحبا بالعالم",
    "नमस्ते", "สวัสดี", "你好，世界。", "こんにちは", "カタカナー", "안녕하세요", "ሰላም", "ᐃᓄᒃᑎᑐᑦ", "𐌰𐌱𐌲", "𠀀𠀁", "\u0301a", "a\u0301\u0302b", "Å Å",
    # symbols and rare code points
    "🙂👩‍👩‍👧", "👍🏽", "🇩🇪🇫🇷", "❤️", "☃ ♥ ♪", "→ ⇒", "∑∫√", "ℵ ℝ", "\ue000\uf8ff", "\ufffd", "\ufffe\uffff", "\U000e0067\U000e007f", "\U000f0000", "\U0010ffff",
    "\x01\x02\x03\x05\x07\x08", "\x1b[0m", "a\0b", "\u00ad", "a\u00adb", "\u2060\u2061", "\u202eabc\u202c",
    # letters and numbers of Unicode 15.1 to 17, with what tells them from symbols
    "\u1c89's", "!\ua7cb'll", "\U00010d4a\U00010d40's", "\U000116d0'd 1", "\U00011de5's", "  \U00016ff5", "\U0002ebf0's \U00013460'm",
    # special tokens
    "<|im_start|>user\nHi<|im_end|>\n", "<|im_start|>", " <|im_end|>", "  <|im_end|> a", "a<|im_end|>b", "<|im_start|><|im_end|>",
    "<|im_start|", "|im_start|>", "<|im_start|>>", "<<|im_start|>", "<|IM_START|>", "< |im_start|>", "<|im_<|im_end|>", "<|im_start<|im_start|>",
    "it<|im_end|>'s", "1<|endoftext|>2", "<repo_name>x<reponame>", "<file_sep><filename>a.go\n<gh_stars>10", "<repo_name", "\n<|im_end|>\n\n",
    # the small vocabulary has these: the first one in the text counts, and of those the longest
    "<|im|>", "<|im|>>", "<|im|>>>", "<|im|><|im|>>", "<é ü>", "a<é ü> b", "<é ü", "xyzzyx", "xyzzy", "xyz zyx", "xyzzyxyz",
    # long
    "a" * 300, "ab" * 150, "antidisestablishmentarianism" * 4, "日本" * 60, "=" * 100, "ha" * 41 + "!", "🙂" * 30,
]

POOLS = [
    list("abcdeXYZ"), list("   \n\t\u00a0\u3000\u2003\x85\u2028\x0b\x0c"), list("0123²½٣"), list("!'\".,-_<|>#"),
    ["'s", "'re", "'LL", "'ll", "'", " the", " of", "ing", "tion", "film", " movie", "un", " n", "re"],
    ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im|>", "<|im|>>", "<file_sep>"],
    list("éüñßд界語ะ้ー한🙂👩\u200d\ufe0f\u0301\u200b\ufeff\ufffd\U00010d49\u1c8a"),
]


def code_point(draw):
    while True:
        r = draw.choice([draw.randrange(0x80), draw.randrange(0x800), draw.randrange(0x10000), draw.randrange(0x32000)])
        if not 0xD800 <= r < 0xE000 and r not in LACKING:
            return chr(r)


def texts():
    draw = random.Random(22)
    made = []
    for _ in range(300):
        made.append("".join(
            code_point(draw) if draw.random() < 0.1 else draw.choice(draw.choice(POOLS)) for _ in range(draw.randint(2, 16))))
    return WRITTEN + made


def tokenizer(tokens, merges, special):
    t = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(token, special=True, normalized=False) for token, s in zip(tokens, special) if s])
    return t


def ids(t, text):
    out = t.encode(text, add_special_tokens=False).ids
    assert t.decode(out, skip_special_tokens=False) == text, text
    return out


def classes():
    points = [r for r in range(0x110000) if not 0xD800 <= r < 0xE000]
    text = "".join(map(chr, points))

    def members(splitter, text, step):
        """The code points that splitter removes from text, in which they are step apart."""
        kept = set()
        for _, (start, end) in splitter.pre_tokenize_str(text):
            kept.update(range(start, end))
        return {r for i, r in enumerate(points) if i * step not in kept}

    letters, numbers, spaces = (
        members(pre_tokenizers.Split(Regex(c), "removed"), text, 1) for c in (r"\p{L}", r"\p{N}", r"\s"))
    digits = set()  # the numbers of Digits: a piece each, between letters
    for piece, (start, end) in pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str("a" + "a".join(text) + "a"):
        if end == start + 1 and start % 2 == 1:
            digits.add(points[start // 2])
    assert numbers <= digits and not letters & digits and not spaces & digits
    return {"letter": ranges(letters), "number": ranges(digits), "space": ranges(spaces)}


def ranges(points):
    out = []
    for r in sorted(points):
        if out and out[-1][1] == r - 1:
            out[-1][1] = r
        else:
            out.append([r, r])
    return out


def small():
    special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im|>", "<|im|>>", "<é ü>", "xyzzyx", "zzy"]
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.train_from_iterator(texts(), trainers.BpeTrainer(
        vocab_size=700, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    trained = json.loads(t.to_str())["model"]
    tokens = sorted(trained["vocab"], key=trained["vocab"].get)
    marks = [token in special for token in tokens]
    merges = [" ".join(m) for m in trained["merges"]]
    other = merges[:]
    random.Random(1).shuffle(other)
    first, second = tokenizer(tokens, merges, marks), tokenizer(tokens, other, marks)
    return {"tokens": tokens, "special": marks, "merges": [merges, other],
            "texts": [{"text": text, "ids": [ids(first, text), ids(second, text)]} for text in texts()]}


def real(path):
    fields = GGUFReader(path).fields
    tokens, merges = (fields["tokenizer.ggml." + name].contents() for name in ("tokens", "merges"))
    t = tokenizer(tokens, merges, [kind == 3 for kind in fields["tokenizer.ggml.token_type"].contents()])
    return [{"text": text, "ids": ids(t, text)} for text in texts()]


def dump(value, indent=""):
    """JSON with a line for each element of a list of objects or of text."""
    if isinstance(value, dict) and not indent:
        return "{" + ",\n".join(json.dumps(k) + ": " + dump(v, " ") for k, v in value.items()) + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    for path, value in [
        (HERE / "classes.json", classes()),
        (HERE / "small.json", small()),
        (MODELS / "testdata" / "smollm2-tokens.json", real(sys.argv[1])),
    ]:
        path.write_text(dump(value) + "\n")
