"""A Space: its files against the manifest, and of a metric the copies of emojit's code and the figures of the card's example."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import emojit
from emojit.dataset.folder import CARD, MANIFEST
from emojit.errors import MetricInputError
from emojit.metrics import module_figures
from emojit.provenance import file_at_commit
from emojit.release.card_merge import own_part
from emojit.release.metric_card import addressed
from emojit.release.report_files import is_report
from emojit.release.statement import PROVENANCE, read_table
from emojit.release.verify.card_text import compare_cards, split_front_matter
from emojit.release.verify.findings import Findings
from emojit.release.verify.provenance import check_provenance
from emojit.release.verify.released import address, check_released_files, open_manifest
from emojit.release.verify.report import check_report
from emojit.resources import resource

_MODULES = "eval_modules"
_BESIDE = (MANIFEST, PROVENANCE)
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^The example.*?(?=\n\s*\n)", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"`(\w+)` (\d+/\d+|\d+(?:\.\d+)?)")


def is_space(folder: Path) -> bool:
    """Whether a folder holds a Space: its card names an sdk."""
    card = folder / CARD
    return card.is_file() and "sdk" in split_front_matter(card.read_text(encoding="utf-8", errors="replace"))[0]


def check_space(folder: Path, findings: Findings) -> tuple[str | None, str | None]:
    """Check a Space, and return repository and version that its files name."""
    manifest = open_manifest(folder, findings)
    check_released_files(folder, manifest, findings)
    kind = (manifest or {}).get("kind")
    check_provenance(folder, "metric" if kind == "metric" else "space", findings)
    if (name := _metric(folder)) is not None:
        _check_copies(folder, name, findings, stated=address(manifest))
        _check_example(folder, name, findings)
    elif is_report(folder):
        check_report(folder, findings)
    elif kind == "metric":
        findings.unchecked.append("the code of the metric: it is none that emojit brings")
    return address(manifest)


def _metric(folder: Path) -> str | None:
    """Return the name of the metric of emojit that a Space holds, or None."""
    known = {path.name for path in resource(_MODULES).iterdir() if (path / f"{path.name}.py").is_file()}
    return next((path.stem for path in sorted(folder.glob("*.py")) if path.stem in known), None)


def _check_copies(folder: Path, name: str, findings: Findings, *, stated: tuple[str | None, str | None]) -> None:
    """Compare the files of a metric with those of the commit that it was pushed from, else with those at hand."""
    made = (read_table(folder, PROVENANCE) or {}).get("made")
    code = made.get("code") if isinstance(made, dict) else None
    commit = code.get("commit") if isinstance(code, dict) and not code.get("changed") else None
    at_hand = resource(f"{_MODULES}/{name}")
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file() and path.name not in _BESIDE and not path.name.startswith(".")
    )
    recorded = {file: file_at_commit(str(commit), f"{_MODULES}/{name}/{file}") for file in names} if commit else {}
    if any(content is not None for content in recorded.values()):
        for file, content in recorded.items():
            if not _same(file, folder / file, content, stated):
                findings.wrong(
                    "metric", "is not the file of that commit", file, expected=f"as in {commit}", found="other bytes"
                )
        findings.checked.append(f"{len(names)} files of {name} against commit {str(commit)[:12]} of emojit")
        return
    others = [
        file
        for file in names
        if not (at_hand / file).is_file() or not _same(file, folder / file, (at_hand / file).read_bytes(), stated)
    ]
    if not others:
        findings.checked.append(f"{len(names)} files of {name}: the same as in this emojit ({emojit.__version__})")
    else:
        wanted = f"commit {str(commit)[:12]}" if commit else "the code that it was pushed from"
        findings.unchecked.append(
            f"the code of {name}: {', '.join(others)} differ from this emojit's, and {wanted} is not at hand"
        )


def _same(name: str, path: Path, wanted: bytes | None, stated: tuple[str | None, str | None]) -> bool:
    """Whether a file of a metric is the one that it was made from; its card names its address, and may have got sections and keys of others."""
    found = path.read_bytes()
    if name != CARD or wanted is None:
        return found == wanted
    ours, theirs = wanted.decode("utf-8", errors="replace"), own_part(found.decode("utf-8", errors="replace"))
    repo_id, version = stated
    # a release of an older emojit left the address open
    fitted = addressed(ours, repo_id, version) if repo_id is not None and version is not None else ours
    return any(not compare_cards(card, theirs).differences for card in (fitted, ours))


def _check_example(folder: Path, name: str, findings: Findings) -> None:
    """Work out the example of the card, by the code at hand: code that was downloaded is not run."""
    card = (folder / CARD).read_text(encoding="utf-8", errors="replace")
    call = next((found for block in _BLOCK.findall(card) for found in _calls(block)), None)
    figures = [pair for text in _EXAMPLE.findall(card) for pair in _FIGURE.findall(text)]
    if call is None or not figures:
        findings.unchecked.append(f"the example of {CARD}: there is none with figures")
        return
    try:
        known = {key: value for key, value in module_figures(name, call).items() if value is not None}
    except (MetricInputError, TypeError, ValueError) as exc:
        findings.wrong("metric", "the example cannot be worked out", CARD, expected="rows of emoji", found=exc)
        return
    counted = 0
    for key, text in figures:
        if key not in known:
            continue
        counted += 1
        # as many places as the card writes
        places = len(text.partition(".")[2]) if "/" not in text else 12
        if not math.isclose(float(Fraction(text)), known[key], abs_tol=0.5000001 * 10**-places):
            findings.wrong(
                "metric", "is not what the example gives", f"{CARD}: {key}", expected=f"{known[key]:.6g}", found=text
            )
    findings.checked.append(f"{counted} figures of the example in {CARD}, worked out again")


def _calls(block: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of every `….compute(…)` whose arguments are plain values."""
    try:
        tree = ast.parse(block)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compute":
            with contextlib.suppress(ValueError):
                yield {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg is not None}
