"""Makes a notebook quick: other values for its constants.

A notebook declares its constants in one code cell, tagged `parameters`, each in a line of
its own, `const images = 1000`, and in its own metadata what they are at the small scale:

    "reprogram": {"small": {"images": 200, "epochs": 1}}

The values are put in their places, in the copy that is executed, and a comment in the cell
says so; a cell of their own would take Go a second to link. A notebook that names none is
quick as it is.
"""

import json
import re

PARAMETERS = "parameters"
SCALED = "scaled-parameters"
SCALES = ("full", "small")

CONSTANT = re.compile(r"^(const[ \t]+(\w+)[ \t]*(?:[\w.]+[ \t]*)?=[ \t]*)(\"[^\"\n]*\"|`[^`]*`|(?:[^/\n]|/(?!/))*[^/\s])", re.M)


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
    cell = notebook.cells[tagged[0]]
    known = [found[1] for found in CONSTANT.findall(cell.source)]
    values = {}
    for name, value in small.items():
        if name not in known:
            raise Wrong(
                f"reprogram.small in its metadata sets {name!r}, but what its cell with the tag {PARAMETERS!r} "
                f"declares in lines as 'const NAME = VALUE' is {', '.join(known) or 'nothing'}"
            )
        values[name] = literal(name, value)
    if to == "small":
        scaled = CONSTANT.sub(lambda found: found[1] + values.get(found[2], found[3]), cell.source)
        cell.source = "// VRKIT_SCALE=small, a quick run: the constants are not those of the lesson.\n" + scaled
        cell.metadata["tags"].append(SCALED)


def literal(name, value):
    """A value of JSON as Go writes it."""
    if isinstance(value, (bool, int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    raise Wrong(f"reprogram.small in its metadata sets {name!r} to {value!r}: it takes a number, a text or a truth value")
