"""Copy the formulas and the emoji reader into `eval_modules/`, where they must stand alone.

`evaluate.load` fetches a module's script and the files it imports relatively, nothing else: no data file, no package,
and no file that only another sibling imports. So everything a metric needs lies beside it as Python source, generated
from `emojit` with the imports made relative; nobody keeps a copy by hand. For the same reason the groups of emoji, which
`emojit.emoji` reads from a data file, are written as Python source first (`emojit/metrics/groups.py`).

    python scripts/build_eval_modules.py            write the files
    python scripts/build_eval_modules.py --check    change nothing, exit 1 when a file is stale
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from itertools import groupby
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
    "emoji_votes": ("emojit/metrics/votes.py", "emojit/metrics/overlap.py", *SHARED),
    "emoji_length": ("emojit/metrics/length.py", *SHARED),
    "emoji_category": (
        "emojit/metrics/category.py",
        "emojit/metrics/groups.py",
        "emojit/metrics/overlap.py",
        *SHARED,
    ),
    "emoji_distribution": ("emojit/metrics/distribution.py", *SHARED),
    "emoji_validity": ("emojit/metrics/validity.py", *SHARED),
}
"""Module folder → files copied whole."""

GROUPS = "emojit/metrics/groups.py"
INVENTORY = "emojit/emoji/data/inventory.tsv"

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
    files = {ROOT / GROUPS: _groups()}
    for module, sources in MODULES.items():
        names = {Path(source).stem for source in (*sources, ERRORS)}
        for source in sources:
            text = files.get(ROOT / source) or (ROOT / source).read_text(encoding="utf-8")
            files[ROOT / "eval_modules" / module / Path(source).name] = _copy(source, text, names)
        files[ROOT / "eval_modules" / module / Path(ERRORS).name] = _carry_errors()
        files[ROOT / "eval_modules" / module / Path(NOTICE).name] = (ROOT / NOTICE).read_text(encoding="utf-8")
    return files


def _header(source: str) -> str:
    return f"# Generated from {source} by scripts/build_eval_modules.py; do not edit.\n"


def _groups() -> str:
    """Return the groups of emoji as Python source: in Unicode's order each is one run, so that names and numbers are enough."""
    rows = [line.split("\t")[2:4] for line in (ROOT / INVENTORY).read_text(encoding="utf-8").splitlines()[1:]]
    runs = [(*names, len(list(run))) for names, run in groupby(rows)]
    lines = "".join(f'    ("{group}", "{subgroup}", {count}),\n' for group, subgroup, count in runs)
    return _GROUPS.format(source=INVENTORY, lines=lines)


_GROUPS = '''"""Unicode's groups and subgroups of the emoji of Emoji 16.0.

Generated from {source} by scripts/build_eval_modules.py; do not edit. Python source and not a data file: the metric modules on the Hub are fetched with their relative imports and nothing else.
"""

from __future__ import annotations

from emojit.emoji.table import FORMS

_RUNS = (
{lines})
"""Group, subgroup and how many emoji of it follow each other in Unicode's order (count)."""

_NAMES = [(group, subgroup) for group, subgroup, count in _RUNS for _ in range(count)]

GROUPS = {{form: group for form, (group, _) in zip(FORMS.split(), _NAMES, strict=True)}}
"""Canonical emoji → group, such as "Smileys & Emotion"."""

SUBGROUPS = {{form: subgroup for form, (_, subgroup) in zip(FORMS.split(), _NAMES, strict=True)}}
"""Canonical emoji → subgroup, such as "face-smiling"; no two groups share the name of one."""
'''


def _copy(source: str, text: str, siblings: set[str]) -> str:
    """Return the source with every import of emojit turned into one of a sibling, sorted as ruff wants them."""
    lines = text.splitlines()
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
