"""Renders an executed notebook as one page of HTML that loads nothing.

    python page.py EXECUTED.ipynb PAGE.html FOLDER

nbconvert's own page loads MathJax, RequireJS and Mermaid from the network. This one has its
formulas drawn, its pictures inside, no script but those of its sliders, and a policy that
forbids the browser every other script and every request; a page that would need one is
refused, so that nothing is missing without notice. Pictures that Markdown names are read from FOLDER.
What happens goes to stdout as news.py says.
"""

import base64
import hashlib
import html.parser
import mimetypes
import pathlib
import re
import sys

import nbformat
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

import formulas
from news import say, write

HERE = pathlib.Path(__file__).parent
LOADS = {"src", "srcset", "poster", "data", "background", "xlink:href"}
FOREIGN = re.compile(r"url\(\s*['\"]?(?!data:|#)([^)'\"]+)|@import\s+([^;]+)", re.I)
IMAGE = re.compile(r"(<img\b[^>]*?\bsrc=)(\"[^\"]*\"|'[^']*')", re.I)
SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*:|//|#)", re.I)
NO_SCRIPT = "script-src 'none'"  # in the policy, from the template
SLIDER = "vrkit-slider-"  # in the script of every slider, from vrkit/figure


class NotSelfContained(Exception):
    """The page would have to load something; the message says what."""


class Exporter(HTMLExporter):
    """nbconvert's page in JupyterLab's looks, with formulas drawn beforehand."""

    def markdown2html(self, context, source):
        text, found = formulas.lift(source)
        return formulas.lower(super().markdown2html(context, text), found)


# nbconvert's filter takes the context by a mark on the function, which an override loses.
Exporter.markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg


def render(notebook, title, folder):
    """The page as a string. Pictures that Markdown names are read from folder."""
    notebook.metadata.setdefault("title", heading(notebook) or title)
    notebook.metadata.setdefault("language_info", {})["pygments_lexer"] = "go"  # GoNB leaves it empty
    exporter = Exporter(
        template_name="offline",
        extra_template_basedirs=[str(HERE / "templates")],
        config=Config({"HTMLExporter": {"anchor_link_text": " "}}),
    )
    try:
        text, _ = exporter.from_notebook_node(tex_outputs(notebook))
    except formulas.Unreadable as err:
        raise NotSelfContained(str(err)) from err
    text = IMAGE.sub(lambda match: match[1] + embed(match[2], folder), text)
    check = Check()
    check.feed(text)
    check.close()
    if check.asks:
        raise NotSelfContained(
            f"{title}.html would load {check.asks[0]}: put it into the notebook, or link to it with <a href>"
        )
    if check.strange:
        raise NotSelfContained(f"{title}.html would run a script that is no slider's: {check.strange[0]!r}")
    if check.scripts:
        text = text.replace(NO_SCRIPT, "script-src " + " ".join(sorted(check.scripts)), 1)
    return text


def heading(notebook):
    """The notebook's first heading, for the title of the page."""
    for cell in notebook.cells:
        match = cell.cell_type == "markdown" and re.search(r"^#\s+(.+)$", cell.source, re.M)
        if match:
            return match[1].strip()
    return ""


def tex_outputs(notebook):
    """Outputs in TeX become Markdown, where formulas are drawn."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/latex" in data and "text/html" not in data:
                data["text/markdown"] = data.pop("text/latex")
    return notebook


def embed(quoted, folder):
    """A quoted path of a picture beside the notebook as a quoted data: address."""
    name = quoted[1:-1]
    path = (folder / name).resolve()
    if SCHEME.match(name) or not path.is_file():
        return quoted
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f'"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"'


class Check(html.parser.HTMLParser):
    """Collects what a browser would load and run when it opens the page."""

    def __init__(self):
        super().__init__()
        self.asks, self.inside = [], ""
        self.scripts, self.strange, self.script = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.inside, self.script = tag, ""
        for name, value in attrs:
            value = (value or "").strip()
            loads = name in LOADS or (name == "href" and tag in ("link", "image", "use", "base"))
            if loads and value and not re.match(r"(data:|blob:|#|about:)", value, re.I):
                self.asks.append(f"<{tag} {name}={value[:80]!r}>")
            if name == "style":
                self.style(value)

    def handle_endtag(self, tag):
        if tag == "script" and SLIDER in self.script:
            self.scripts.add(fingerprint(self.script))
        elif tag == "script":
            self.strange.append(self.script.strip()[:80])
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "style":
            self.style(data)
        elif self.inside == "script":
            self.script += data

    def style(self, text):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        self.asks += [f"{(a or b).strip()[:80]!r} from a style" for a, b in FOREIGN.findall(text)]


def fingerprint(script):
    """How a policy names one inline script, to let that one run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def main(executed, page, folder):
    path = pathlib.Path(page)
    write(path, render(nbformat.read(executed, as_version=4), path.stem, pathlib.Path(folder)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except NotSelfContained as err:
        say("failed", cell=0, at=0, line=0, code="", error=str(err))
        sys.exit(1)
