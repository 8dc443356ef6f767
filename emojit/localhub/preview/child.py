"""The child process: bounds itself, reads the first rows of one file, writes them to stdout as JSON.

Started as `python -m emojit.localhub.preview.child KIND PATH MEMORY_BYTES`. What it says on stdout is `{"table": …}` or `{"problem": "…"}`; when it dies, it says nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_CPU_SECONDS = 8


def _bound(memory_bytes: int) -> None:
    import resource

    for name, limit in (("AS", memory_bytes), ("CPU", _CPU_SECONDS), ("CORE", 0), ("FSIZE", 0), ("NOFILE", 128)):
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        # A limit that is lower already is left as it is.
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (wanted, wanted))


def main(arguments: list[str]) -> int:
    """Read one file; returns the exit code."""
    kind, path, memory_bytes = arguments
    _bound(int(memory_bytes))
    from emojit.localhub.preview.tables import UnreadableTableError, read_table

    try:
        answer = '{"table": ' + read_table(Path(path), kind).to_json() + "}"
    except UnreadableTableError as exc:
        answer = json.dumps({"problem": str(exc)})
    except (MemoryError, OverflowError, RecursionError, UnicodeError) as exc:
        answer = json.dumps(
            {"problem": f"it needs more memory or time than a preview may take ({type(exc).__name__})"}
        )
    sys.stdout.write(answer)
    sys.stdout.flush()
    # Nothing is worth the time and the risk of taking down libraries that a hostile file has been through.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
