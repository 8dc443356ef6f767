"""Two cards side by side: what of the rendered one is missing or changed in the one that was found.

What a merge may add is no difference: sections of one's own, front matter keys of one's own, further entries of a list such as `tags` or `configs`, and
comments, which nobody is shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_COMMENT = re.compile(r"\s*<!--.*-->\s*")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_FACTS = ("license", "language", "configs", "size_categories", "model-index", "datasets", "base_model", "metrics")
"""Front matter keys that state facts; the others are words, which a later version of the template may choose otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line or front matter key that is not as it is rendered.

    Attributes:
        where: section or key.
        expected: as rendered; for changed numbers these alone.
        found: as it stands in the card.
        fact: whether a number or a stated fact differs, not the wording.
    """

    where: str
    expected: str
    found: str
    fact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The differences, and the headings that only the found card has."""

    differences: tuple[Difference, ...]
    own_sections: tuple[str, ...]


def compare_cards(rendered: str, found: str) -> Comparison:
    """Compare a card with the one that its files give."""
    front, body = split_front_matter(rendered)
    their_front, their_body = split_front_matter(found)
    ours, theirs = _sections(body), _sections(their_body)
    differences = [*_front(front, their_front)]
    for heading, lines in ours.items():
        if heading not in theirs:
            differences.append(Difference(where=heading, expected="this section", found="no such section", fact=False))
        else:
            differences += _lines(heading, lines, theirs[heading])
    return Comparison(
        differences=tuple(differences), own_sections=tuple(heading for heading in theirs if heading not in ours)
    )


def split_front_matter(card: str) -> tuple[dict[str, Any], str]:
    """Return the YAML between the first two lines of --- as a table, empty where there is none, and what follows."""
    lines = card.splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return {}, card
    end = lines.index("---", 1)
    try:
        table = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError:
        table = None
    return (table if isinstance(table, dict) else {}), "\n".join(lines[end + 1 :])


def _front(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    for key, value in ours.items():
        for where, expected, found in _values(key, value, theirs.get(key)):
            yield Difference(
                where=f"front matter: {where}", expected=str(expected), found=str(found), fact=key in _FACTS
            )


def _values(where: str, ours: Any, theirs: Any) -> Iterator[tuple[str, object, object]]:
    """Yield (key, expected, found) of what differs; keys and list entries that only the found card has are no difference."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours:
            yield from _values(f"{where}.{key}", ours[key], theirs.get(key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        if all(item in theirs for item in ours):
            return
        if len(ours) == len(theirs):
            for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                yield from _values(f"{where}[{number}]", one, other)
        else:
            yield where, ours, theirs
    elif ours != theirs:
        yield where, ours, "nothing" if theirs is None else theirs


def _sections(body: str) -> dict[str, list[str]]:
    """Return the lines below every heading, by its text with its marks; headings that repeat are numbered."""
    sections: dict[str, list[str]] = {"before the first heading": []}
    current, fence = sections["before the first heading"], ""
    for line in body.splitlines():
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        if not fence and re.match(r"#{1,6} ", line):
            heading, number = line.strip(), 2
            while heading in sections:
                heading, number = f"{line.strip()} ({number})", number + 1
            current = sections[heading] = []
        elif fence or not _COMMENT.fullmatch(line):
            current.append(line.rstrip())
    return {heading: _trimmed(lines) for heading, lines in sections.items()}


def _trimmed(lines: list[str]) -> list[str]:
    filled = [number for number, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _lines(heading: str, ours: list[str], theirs: list[str]) -> Iterator[Difference]:
    matcher = difflib.SequenceMatcher(a=ours, b=theirs, autojunk=False)
    for tag, first, last, start, stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        left = list(theirs[start:stop])
        for line in ours[first:last]:
            partner = next((other for other in left if _shape(other) == _shape(line)), None)
            if partner is not None:
                left.remove(partner)
                yield _numbers(heading, line, partner)
            elif line:
                other = left.pop(0) if left else "no such line"
                yield Difference(where=heading, expected=line, found=other, fact=False)
        for line in left:
            if line:
                yield Difference(where=heading, expected="no such line", found=line, fact=False)


def _shape(line: str) -> str:
    return _NUMBER.sub("0", line)


def _numbers(heading: str, expected: str, found: str) -> Difference:
    """Name the numbers that differ between two lines that are the same otherwise."""
    pairs = [(a, b) for a, b in zip(_NUMBER.findall(expected), _NUMBER.findall(found), strict=True) if a != b]
    return Difference(
        where=f"{heading}: {_clipped(found)}",
        expected=", ".join(a for a, _ in pairs),
        found=", ".join(b for _, b in pairs),
        fact=True,
    )


def _clipped(line: str) -> str:
    return line if len(line) <= 80 else f"{line[:80]}…"
