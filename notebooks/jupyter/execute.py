"""Executes one notebook headless and writes it, executed, and as a page of HTML.

    python execute.py SOURCE.ipynb OUT WORK

writes OUT/SOURCE.ipynb and OUT/SOURCE.html; the cells run in the folder WORK.
The source is only read. Progress goes to stdout as one JSON object a line:

    {"event": "start",  "cell": 3, "cells": 12, "code": "its first line"}
    {"event": "done",   "cell": 3, "seconds": 1.2, "images": 1}
    {"event": "failed", "cell": 3, "at": 2, "line": 4, "code": "line 4 of cell 2", "error": "..."}
    {"event": "wrote",  "path": "...", "bytes": 12345}

Cells are counted as Jupyter does, code cells only, from 1; cells tagged skip-execution
are left alone. Where the line is not known it is 0, and code is the whole cell. The exit status is 1 after a failed cell: what ran is still written as a
notebook, the page is not.
"""

import json
import os
import pathlib
import re
import sys
import time

import nbclient
import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

import failure
import page

KERNEL = "gonb"
SKIP = "skip-execution"


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Stopped(Exception):
    """A cell failed, and that has been said."""


class Client(nbclient.NotebookClient):
    """Executes cells in order, says so, and stops at the first that fails."""

    cells = 0

    async def async_execute_cell(self, cell, cell_index, execution_count=None, store_history=True):
        if cell.cell_type != "code" or not cell.source.strip() or SKIP in cell.metadata.get("tags", []):
            return cell
        number = self.code_cells_executed + 1
        say("start", cell=number, cells=self.cells, code=first_line(cell.source))
        begun = time.monotonic()
        try:
            await super().async_execute_cell(cell, cell_index, number, store_history)
        except CellExecutionError:
            pass  # its output says more: see failure.py
        except DeadKernelError:
            self.fail(number, failure.Failure(number, 0, "the kernel ended while the cell ran"))
        fault = failure.find(number, cell)
        if fault:
            self.fail(number, fault)
        images = sum(m.startswith("image/") for o in cell.outputs for m in o.get("data", {}))
        say("done", cell=number, seconds=round(time.monotonic() - begun, 2), images=images)
        return cell

    def fail(self, number, fault):
        sources = {c.execution_count: c.source for c in self.nb.cells if c.cell_type == "code"}
        lines = sources.get(fault.cell, "").splitlines()
        if fault.line:  # that line alone
            lines = lines[fault.line - 1 : fault.line]
        say("failed", cell=number, at=fault.cell, line=fault.line, code="\n".join(lines), error=fault.text)
        raise Stopped


def first_line(source):
    """The line that best says what a cell does: its first that is no marker and no import."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    dull = re.compile(r'^(%%|import\b.*|(\w+ |\. )?"[^"]*"|[()])$')
    return next((line for line in lines if not dull.match(line)), lines[0])


def write(path, text):
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
    say("wrote", path=str(path), bytes=path.stat().st_size)


def main(source, out, work):
    source, out = pathlib.Path(source), pathlib.Path(out)
    executed, html = out / source.name, out / (source.stem + ".html")
    html.unlink(missing_ok=True)  # an old page beside a new failure would mislead
    notebook = nbformat.read(source, as_version=4)
    client = Client(
        notebook,
        kernel_name=KERNEL,
        timeout=None,
        startup_timeout=300,
        coalesce_streams=True,
        record_timing=False,
        skip_cells_with_tag=SKIP,
        resources={"metadata": {"path": work}},
    )
    client.cells = sum(
        c.cell_type == "code" and bool(c.source.strip()) and SKIP not in c.metadata.get("tags", [])
        for c in notebook.cells
    )
    try:
        client.execute()
    except Stopped:
        return 1
    finally:
        write(executed, nbformat.writes(notebook) + "\n")
    write(html, page.render(notebook, source.stem, source.parent))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except page.NotSelfContained as err:
        say("failed", cell=0, at=0, line=0, code="", error=str(err))
        sys.exit(1)
