"""Finds out whether a GoNB cell failed, where, and says why in plain text.

GoNB reports in four ways: a compiler error names cell and line in its traceback; a panic
names them in the stack on stderr; a program that exits says only what it printed, which is
the line as well where show.Context has set must; and a shell line (`!command`) that fails
is no error to Jupyter at all, only a last line "exit status 1" on stderr.
"""

import re
from typing import NamedTuple


class Failure(NamedTuple):
    cell: int  # the cell that the line is in: not the one that ran, if that called it
    line: int  # from 1; 0: nobody knows
    text: str


ANSI = re.compile(r"\x1b\[[0-9;]*m")
COMPILER = re.compile(r"^Cell\[(\d+)\]: Line (\d+)$", re.M)
FRAME = re.compile(
    r"\[\[ Cell \[(?P<cell>\d+)\] Line (?P<line>\d+) \]\]|^\s*(?P<program>/.*/gonb_\w+/main\.go):(?P<at>\d+)", re.M
)
LINE = re.compile(r"^  (?:in|from): +(.*)$", re.M)  # as vrkit/show/cell.go writes it
STATUS = re.compile(r"^(exit status \d+|signal: .*)$", re.M)
UNKNOWN = re.compile(r"unknown or not implemented yet\.\s*$")
POSITION = re.compile(r"^(\S*/)?main(_test)?\.go:\d+(:\d+)?: ")


def find(number, cell, sources):
    """The failure of an executed cell with this execution count, or None. The sources are
    those of all cells that have run, by their execution counts."""
    stderr = ANSI.sub("", "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"))
    errors = [o for o in cell.outputs if o.output_type == "error"]
    if errors and not STATUS.match(errors[0].evalue):
        return compiler(number, errors[0])
    if errors or STATUS.search(stderr) or UNKNOWN.search(stderr):
        return process(number, sources, stderr or errors[0].evalue)
    return None


def compiler(number, error):
    """What the compiler said: all of it, at the place that it named first."""
    where = COMPILER.search(ANSI.sub("", "\n".join(error.traceback)))
    said = [POSITION.sub("", line) for line in ANSI.sub("", error.evalue).splitlines()]
    text = "\n".join(line for line in said if line and not line.startswith("# gonb_"))
    if where:
        return Failure(int(where[1]), int(where[2]), text)
    return Failure(number, 0, text)


def process(number, sources, stderr):
    """What a program or a shell line wrote before it ended with a failure."""
    text = stderr.strip()
    if where := place(text, number, sources):
        return Failure(*where, text.split("\n\ngoroutine ")[0])
    if said := LINE.search(text):
        error = text[: said.start()].strip()
        if where := line_of(said[1], number, sources):
            return Failure(*where, error)
        return Failure(number, 0, error)
    lines = enumerate(sources[number].splitlines(), 1)
    commands = [n for n, line in lines if line.startswith(("!", "%")) and not line.startswith("%%")]
    return Failure(number, commands[0] if len(commands) == 1 else 0, text)


def place(text, number, sources):
    """Cell and line of the first frame of a panic's stack that is known. Now and then GoNB
    passes a frame on as it was, naming the program that it made of the cells: then it is
    the one line with the same code, in the cell that ran or else in another."""
    for frame in FRAME.finditer(text):
        if frame["cell"]:
            return int(frame["cell"]), int(frame["line"])
        try:
            with open(frame["program"], encoding="utf-8") as program:
                code = program.read().splitlines()[int(frame["at"]) - 1].strip()
        except (OSError, IndexError):
            continue
        if found := line_of(code, number, sources):
            return found
    return None


def line_of(code, number, sources):
    """Cell and line of the one line with this code, in the cell that ran or else in another."""
    same = [(c, n) for c, source in sources.items() for n, line in enumerate(source.splitlines(), 1) if line.strip() == code]
    for found in ([(c, n) for c, n in same if c == number], same):
        if len(found) == 1:
            return found[0]
    return None
