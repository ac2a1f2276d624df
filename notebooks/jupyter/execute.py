"""Executes one notebook headless and writes it, executed.

    python execute.py SOURCE.ipynb EXECUTED.ipynb WORK full|small

runs the cells in the folder WORK, at the scale that scale.py knows. The source is only
read. What happens goes to stdout as news.py says: "start", "done" and "failed" for a cell,
"wrote" for the notebook.

Cells are counted as Jupyter does, code cells only, from 1; cells tagged skip-execution
are left alone. The exit status is 1 after a failed cell: what ran is still written.
"""

import pathlib
import re
import sys
import time

import nbclient
import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

import failure
import scale
from news import say, write

KERNEL = "gonb"
SKIP = "skip-execution"


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
        fault = failure.find(number, cell, {**self.sources(), number: cell.source})
        if fault:
            self.fail(number, fault)
        images = sum(pictured(output) for output in cell.outputs)
        say("done", cell=number, seconds=round(time.monotonic() - begun, 2), images=images)
        return cell

    def sources(self):
        """The cells that have run, by their execution counts."""
        return {c.execution_count: c.source for c in self.nb.cells if c.get("execution_count")}

    def fail(self, number, fault):
        lines = self.sources().get(fault.cell, "").splitlines()
        if fault.line:  # that line alone
            lines = lines[fault.line - 1 : fault.line]
        say("failed", cell=number, at=fault.cell, line=fault.line, code="\n".join(lines), error=fault.text)
        raise Stopped


def first_line(source):
    """The line that best says what a cell does: its first that is no marker and no import."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    dull = re.compile(r'^(%%|import\b.*|(\w+ |\. )?"[^"]*"|[()])$')
    return next((line for line in lines if not dull.match(line)), lines[0])


def pictured(output):
    """Whether an output shows a picture: an image, a drawing in HTML, or a slider of images."""
    data = output.get("data", {})
    html = data.get("text/html", "")
    return any(kind.startswith("image/") for kind in data) or "<svg" in html or "data:image/" in html


def main(source, executed, work, size):
    notebook = nbformat.read(source, as_version=4)
    scale.scale(notebook, size)
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
        write(pathlib.Path(executed), nbformat.writes(notebook) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except scale.Wrong as err:
        say("failed", cell=0, at=0, line=0, code="", error=str(err))
        sys.exit(1)
