"""What the scripts tell the launcher: one JSON object a line, on stdout.

    {"event": "start",  "cell": 3, "cells": 12, "code": "its first line"}
    {"event": "done",   "cell": 3, "seconds": 1.2, "images": 1}
    {"event": "failed", "cell": 3, "at": 2, "line": 4, "code": "line 4 of cell 2", "error": "..."}
    {"event": "wrote",  "path": "...", "bytes": 12345}

A failure's cell is 0 where it is the notebook's as a whole. Where the line is not known it
is 0, and code is the whole cell.
"""

import json
import os


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def write(path, text):
    """Writes a file beside its name, renames it, and says so."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
    say("wrote", path=str(path), bytes=path.stat().st_size)
