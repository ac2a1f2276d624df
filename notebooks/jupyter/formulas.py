r"""Draws the TeX in Markdown as SVG, which every browser shows without a script or a font.

(MathML alone looks poor where no font for mathematics is installed.) As JupyterLab does,
formulas are lifted out before Markdown sees them, so that an underscore in one is no
emphasis, and put back afterwards: `$...$` and `\\(...\\)` in a line, `$$...$$`,
`\\[...\\]` and `\begin{...}...\end{...}` on lines of their own. Code is left alone, and
so is `\$`.
"""

import html
import re
import unicodedata

import ziamath
from latex2mathml.converter import convert

TOKENS = re.compile(
    r"(?P<code>^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\\$)"
    r"|\$\$(?P<block1>.+?)\$\$"
    r"|\\\\\[(?P<block2>.+?)\\\\\]"
    r"|(?P<block3>\\begin\{(?P<env>[a-z]+\*?)\}.*?\\end\{(?P=env)\})"
    r"|\\\\\((?P<line1>.+?)\\\\\)"
    r"|\$(?![\s$])(?P<line2>(?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)",
    re.S | re.M,
)
PLACE = "\N{INVISIBLE SEPARATOR}formula%d\N{INVISIBLE SEPARATOR}"
PLACES = re.compile(PLACE.replace("%d", r"(\d+)"))


class Unreadable(Exception):
    """A formula that would be drawn wrong; the message names it."""


def lift(markdown):
    """Markdown with a mark in place of each formula, and the formulas as HTML."""
    found = []

    def replace(match):
        if match["code"] or match["escaped"]:
            return match[0]
        block = match["block1"] or match["block2"] or match["block3"]
        found.append(draw(block or match["line1"] or match["line2"], bool(block)))
        return PLACE % (len(found) - 1)

    return TOKENS.sub(replace, markdown), found


def lower(page, found):
    """HTML with the formulas put where their marks are."""
    return PLACES.sub(lambda match: found[int(match[1])], page)


ziamath.config.svg2 = False  # shapes without ids, as many formulas share a page
PIXELS = 17  # of an em, beside text of 14


def draw(tex, block):
    """One formula as an <svg>, on the line's baseline or, as a block, centred on its own."""
    formula = ziamath.Math(mathml(tex, block), size=PIXELS)
    svg, label = formula.svg(), html.escape(tex.strip(), quote=True)
    if formula.getsize()[1] > 60 * PIXELS:  # what an empty row does
        raise Unreadable(f"the formula {tex.strip()!r} is drawn too high: take its empty rows out")
    if block:
        return f'<span class="formula block" role="math" aria-label="{label}">{svg}</span>'
    drop = f"vertical-align:{formula.getyofst():.2f}px"
    return f'<span class="formula" role="math" aria-label="{label}" style="{drop}">{svg}</span>'


# What latex2mathml reads wrongly, said in a way that it reads rightly.
REWRITES = [
    (re.compile(r"\\operatorname\*?\{arg\s*(?:\\,)?\s*(max|min)\}"), r"\\arg\1 "),
    (re.compile(r"\\arg\s*(?:\\,)?\s*\\(max|min)(?![a-z])"), r"\\arg\1 "),
    (re.compile(r"\\arg(?![a-z])"), r"\\operatorname{arg}"),
    (re.compile(r"\\operatorname\*"), r"\\operatorname"),
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{split}"),
]
# What it leaves standing where it does not understand: a command, a bare & or $.
STRANGE = re.compile(r"\\[A-Za-z]+|&(?=<)|\$")
STYLES = {"double-struck": "double-struck", "sans-serif": "sans-serif"}
LETTERS = re.compile(r'<(mi|mn|mo) mathvariant="([a-z-]+)">([^<]*)</\1>')


def mathml(tex, block):
    """One formula as a <math> element."""
    tex = tex.strip()
    said = tex
    for pattern, better in REWRITES:
        said = pattern.sub(better, said)
    try:
        drawn = convert(said, display="block" if block else "inline")
    except Exception as err:
        raise Unreadable(f"the formula {tex!r} cannot be read: {type(err).__name__} {err}") from err
    strange = STRANGE.search(drawn)
    if strange:
        raise Unreadable(f"the formula {tex!r} has {strange[0]!r}, which is not understood there: say it otherwise")
    return LETTERS.sub(letters, drawn)


def letters(match):
    """Styled letters as characters of their own, as mathvariant is mostly ignored."""
    tag, variant, text = match[1], match[2], html.unescape(match[3])
    if variant == "normal":
        return match[0]
    return f"<{tag}>" + "".join(letter(c, variant) for c in text) + f"</{tag}>"


def letter(c, variant):
    """One character in a style, e.g. 1 double-struck; as it is if Unicode lacks it."""
    kind = unicodedata.name(c, "").replace("LATIN ", "").replace("GREEK ", "").replace("LETTER ", "")
    style = STYLES.get(variant, variant.replace("-", " ")).upper()
    try:
        return unicodedata.lookup(f"MATHEMATICAL {style} {kind}")
    except KeyError:
        return c
