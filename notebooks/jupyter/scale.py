"""Makes a notebook quick, as papermill does: other values for its constants.

A notebook declares its constants in one code cell, tagged `parameters`, each in a line of
its own, `const images = 1000`, and in its own metadata what they are at the small scale:

    "reprogram": {"small": {"images": 200, "epochs": 1}}

A cell that declares them anew goes in behind it; GoNB lets the later declaration rule,
though not over one in a block, const (...). A notebook that names none is quick as it is.
"""

import json
import re

import nbformat

PARAMETERS = "parameters"
INJECTED = "injected-parameters"
SCALES = ("full", "small")

CONSTANT = re.compile(r"^const[ \t]+(\w+)[ \t]*(?:[\w.]+[ \t]*)?=", re.M)


class Wrong(Exception):
    """The notebook cannot be scaled as it says; the message tells why."""


def scale(notebook, to):
    """Puts the values of a scale into a notebook, which are checked at every scale."""
    if to not in SCALES:
        raise Wrong(f"there is no scale {to!r}: there are {' and '.join(SCALES)}")
    small = notebook.metadata.get("reprogram", {}).get("small")
    if small is None:
        return
    tagged = [
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and PARAMETERS in cell.metadata.get("tags", [])
    ]
    if len(tagged) != 1:
        raise Wrong(
            f"reprogram.small in its metadata needs one code cell with the tag {PARAMETERS!r}, and there are {len(tagged)}"
        )
    known = CONSTANT.findall(notebook.cells[tagged[0]].source)
    lines = ["// VRKIT_SCALE=small, a quick run: these rule over the constants above."]
    for name, value in small.items():
        if name not in known:
            raise Wrong(
                f"reprogram.small in its metadata sets {name!r}, but what its cell with the tag {PARAMETERS!r} "
                f"declares in lines as 'const NAME = VALUE' is {', '.join(known) or 'nothing'}"
            )
        lines.append(f"const {name} = {literal(name, value)}")
    if to == "small":
        cell = nbformat.v4.new_code_cell("\n".join(lines), id=INJECTED, metadata={"tags": [INJECTED]})
        notebook.cells.insert(tagged[0] + 1, cell)


def literal(name, value):
    """A value of JSON as Go writes it."""
    if isinstance(value, (bool, int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    raise Wrong(f"reprogram.small in its metadata sets {name!r} to {value!r}: it takes a number, a text or a truth value")
