"""Copy the formulas and the emoji reader into `eval_modules/`, where they must stand alone.

`evaluate.load` fetches a module's script and the files it imports relatively, nothing else: no data file, no package,
and no file that only another sibling imports. So everything a metric needs lies beside it as Python source, generated
from `emojit` with the imports made relative; nobody keeps a copy by hand.

    python scripts/build_eval_modules.py            write the files
    python scripts/build_eval_modules.py --check    change nothing, exit 1 when a file is stale
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SHARED = (
    "emojit/emoji/reader.py",
    "emojit/emoji/table.py",
    "emojit/metrics/fields.py",
    "emojit/metrics/inputs.py",
)
MODULES = {
    "emoji_jaccard": ("emojit/metrics/overlap.py", *SHARED),
    "emoji_diversity": ("emojit/metrics/diversity.py", *SHARED),
}
"""Module folder → files copied whole."""

NOTICE = "emojit/emoji/data/LICENSE-UNICODE.txt"
"""Goes wherever the emoji table goes; `evaluate.load` does not fetch it, whoever copies the Space does."""

ERRORS = "emojit/errors.py"
CARRIED_ERRORS = ("EmojitError", "MetricInputError")
"""Of the error tree only these classes are carried along."""

_IMPORT = re.compile(r"^from emojit(?:\.\w+)*\.(\w+) import (.*)$")


def main() -> int:
    """Write or check every generated file."""
    parser = argparse.ArgumentParser(description="Generate the siblings of the metric modules from emojit.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file is stale")
    check = parser.parse_args().check
    stale = {
        path: text
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}", file=sys.stderr)
    if check and stale:
        print("run: python scripts/build_eval_modules.py", file=sys.stderr)
    return int(check and bool(stale))


def generated() -> dict[Path, str]:
    """Return what every generated file must hold: path → text."""
    files = {}
    for module, sources in MODULES.items():
        names = {Path(source).stem for source in (*sources, ERRORS)}
        for source in sources:
            files[ROOT / "eval_modules" / module / Path(source).name] = _copy(source, names)
        files[ROOT / "eval_modules" / module / Path(ERRORS).name] = _carry_errors()
        files[ROOT / "eval_modules" / module / Path(NOTICE).name] = (ROOT / NOTICE).read_text(encoding="utf-8")
    return files


def _header(source: str) -> str:
    return f"# Generated from {source} by scripts/build_eval_modules.py; do not edit.\n"


def _copy(source: str, siblings: set[str]) -> str:
    """Return the source with every import of emojit turned into one of a sibling, sorted as ruff wants them."""
    lines = (ROOT / source).read_text(encoding="utf-8").splitlines()
    places = [index for index, line in enumerate(lines) if _IMPORT.match(line)]
    relative = []
    for index in places:
        match = _IMPORT.match(lines[index])
        if match is None or match[1] not in siblings or match[2].endswith("("):
            raise SystemExit(f"{source}:{index + 1}: must be one line that imports one of {sorted(siblings)}")
        relative.append(f"from .{match[1]} import {match[2]}")
    for index, line in zip(places, sorted(relative), strict=True):
        lines[index] = line
    text = "\n".join(lines) + "\n"
    if re.search(r"^\s*(?:from|import) emojit\b", text, flags=re.MULTILINE):
        raise SystemExit(f"{source}: an import of emojit is left that cannot be made relative")
    return _header(source) + text


def _carry_errors() -> str:
    text = (ROOT / ERRORS).read_text(encoding="utf-8")
    classes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    bodies = [ast.get_source_segment(text, classes[name]) or "" for name in CARRIED_ERRORS]
    opening = (
        '"""What the metric raises; a MetricInputError is a ValueError too."""\n\nfrom __future__ import annotations\n'
    )
    return _header(ERRORS) + opening + "".join(f"\n\n{body}\n" for body in bodies)


if __name__ == "__main__":
    sys.exit(main())
