"""A card that is already in the repository, merged into the one that a release brings: what we wrote is replaced, what others wrote stays.

Ours are the front matter keys and the headings that our templates know. Everything else is foreign: other keys, entries of `tags` and `configs` that we do not
write, and sections under other headings. They stand behind ours in their order, the sections below a mark. What stands below the mark of an earlier
release is foreign whatever its heading, so a section that is named like one of ours survives there.

Merging twice gives the same card as merging once; an interrupted push relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from emojit.errors import CardError
from emojit.release.templates import front_matter
from emojit.resources import resource

CardKind = Literal["dataset", "model", "metric", "space"]

MARK = "<!-- emojit writes what stands above anew with every version; what stands below stays -->"
"""The line between our part of a published card and what others wrote."""

OWN_KEYS: dict[CardKind, frozenset[str]] = {
    "dataset": frozenset(
        {"pretty_name", "language", "license", "task_categories", "task_ids", "tags", "annotations_creators", "language_creators", "multilinguality",
         "size_categories", "configs"}
    ),
    "model": frozenset(
        {"language", "license", "library_name", "pipeline_tag", "tags", "base_model", "datasets", "metrics", "model-index", "co2_eq_emissions"}
    ),
    "metric": frozenset(
        {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "pinned", "license", "tags", "description"}
    ),
    "space": frozenset(
        {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "pinned", "license", "language", "models", "datasets",
         "tags", "short_description"}
    ),
}  # fmt: skip
"""Front matter keys that our cards may have; one that a release leaves out goes, for what an earlier version said of itself is no longer true."""

_TEMPLATES: dict[CardKind, str] = {
    "dataset": "dataset_cards/dataset.md.jinja",
    "model": "model_cards/model.md.jinja",
    "space": "spaces/demo/README.md.jinja",
}
_OWN_CONFIGS = ("default", None)
"""A config without a name is the default one, which is ours."""

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_PARAGRAPH = re.compile(r" {0,3}(?!<[!?])[^\s#>|*+-]")
"""What an underline makes a heading of; of a comment it makes none."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A heading and the lines below it; level 0 and no heading for what stands before the first."""

    level: int
    heading: str
    lines: Sequence[str]


def merge_card(own: str, current: str | None, kind: CardKind) -> str:
    """Return the card of a release for a repository.

    Args:
        own: the card as rendered from the release's files.
        current: README.md of the repository, or None.
        kind: whose template `own` comes from.

    Raises:
        CardError: the front matter of `current` is no YAML table, so nobody can say what of it must stay.
    """
    ours, body = split_front_matter(own)
    theirs, their_body = split_front_matter(current or "")
    foreign = _foreign_sections(their_body, _own_headings(kind) | _headings(body))
    merged = ours | _foreign_fields(ours, theirs, OWN_KEYS[kind])
    # Front matter without anything foreign is left as it was rendered, to the byte.
    head = front_matter(merged) if merged != ours else _front_text(own)
    kept = f"\n\n{foreign}" if foreign else ""
    return f"---\n{head}\n---\n\n{body.strip()}\n\n{MARK}{kept}\n"


def own_part(card: str) -> str:
    """Return what emojit wrote of a published card: front matter, with the foreign keys that it may hold, and the text above the mark.

    A card without a mark comes back as it is. Where nothing foreign is in the front matter the result is the card as it was rendered.
    """
    lines = card.split("\n")
    if MARK not in lines:
        return card
    return "\n".join(lines[: lines.index(MARK)]).rstrip("\n") + "\n"


def split_front_matter(card: str) -> tuple[dict[str, Any], str]:
    """Return front matter and text of a card; an empty table where it has no front matter.

    Raises:
        CardError: what stands between the two lines of `---` is no YAML table.
    """
    text = card.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines[0].rstrip() != "---" or "---" not in (ends := [line.rstrip() for line in lines[1:]]):
        return {}, text
    end = ends.index("---") + 1
    try:
        table = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as exc:
        raise CardError(
            f"the card in the repository has front matter that is no YAML: {str(exc).splitlines()[0]}",
            hint="mend README.md there, or remove it; then run the same command again",
        ) from exc
    if table is not None and not isinstance(table, dict):
        raise CardError(
            "the card in the repository has front matter that is no table",
            hint="mend README.md there, or remove it; then run the same command again",
        )
    return table or {}, "\n".join(lines[end + 1 :])


def _front_text(card: str) -> str:
    lines = card.split("\n")
    return "\n".join(lines[1 : lines.index("---", 1)])


def _foreign_fields(ours: Mapping[str, Any], theirs: Mapping[str, Any], own_keys: frozenset[str]) -> dict[str, Any]:
    """Return what of their front matter stays: new keys, and for the two lists that are shared the longer list."""
    fields: dict[str, Any] = {}
    for key, value in theirs.items():
        if key == "tags" and isinstance(value, list):
            fields[key] = _joined(ours.get(key, []), value)
        elif key == "configs" and isinstance(value, list) and key in ours:
            fields[key] = _joined(ours[key], _foreign_configs(value))
        elif key == "dataset_info" and "configs" in ours:
            if (kept := _foreign_info(value)) is not None:
                fields[key] = kept
        elif key not in own_keys and key not in ours:
            fields[key] = value
    return fields


def _joined(ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    return [*ours, *(item for item in theirs if item not in ours)]


def _foreign_configs(configs: Sequence[Any]) -> list[Any]:
    """Return the configs of others, none of which may say that it is the default one: that is ours, and two of them cannot be loaded."""
    return [
        {key: value for key, value in config.items() if key != "default"} if isinstance(config, dict) else config
        for config in configs
        if _config_name(config) not in _OWN_CONFIGS
    ]


def _config_name(config: object) -> str | None:
    return config.get("config_name") if isinstance(config, dict) else ""


def _foreign_info(value: object) -> object:
    """Return the entries of `dataset_info` about other configs; rows and bytes of ours would be those of another version, and loading would fail on them."""
    if isinstance(value, list):
        return [one for one in value if _config_name(one) not in _OWN_CONFIGS] or None
    return value if _config_name(value) not in _OWN_CONFIGS else None


def _own_headings(kind: CardKind) -> set[tuple[int, str]]:
    """Return every heading that the template can write, whichever of its branches a card took; a metric's card is written by hand and has none."""
    if kind not in _TEMPLATES:
        return set()
    return _headings(resource(_TEMPLATES[kind]).read_text(encoding="utf-8"))


def _headings(text: str) -> set[tuple[int, str]]:
    return {(section.level, section.heading) for section in _sections(text) if section.level}


def _foreign_sections(text: str, own: set[tuple[int, str]]) -> str:
    """Return what of a card's text is not ours, in its order."""
    lines = text.split("\n")
    above, below = (lines[: lines.index(MARK)], lines[lines.index(MARK) + 1 :]) if MARK in lines else (lines, [])
    ours_once = MARK in lines
    kept: list[str] = []
    for section in _sections("\n".join(above)):
        title = ours_once and section.level == 1  # of an earlier version, whatever it said
        ours_once = ours_once and not title
        if not title and (section.level, section.heading) not in own:
            kept.append("\n".join(section.lines).strip())
    return "\n\n".join(filter(None, [*kept, "\n".join(below).strip()]))


def _sections(text: str) -> Iterator[_Section]:
    """Split Markdown at its headings, those with an underline as well; a line of `#` inside a fenced code block is none."""
    level, heading, lines, fence = 0, "", list[str](), ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        found = None if fence else _HEADING.fullmatch(line)
        if found:
            yield _Section(level=level, heading=heading, lines=lines)
            level, heading, lines = len(found[1]), found[2], []
        elif not fence and _UNDERLINE.fullmatch(line) and lines and _PARAGRAPH.match(lines[-1]):
            title = lines.pop()
            yield _Section(level=level, heading=heading, lines=lines)
            level, heading, lines = (1 if "=" in line else 2), title.strip(), [title]
        lines.append(line)
    yield _Section(level=level, heading=heading, lines=lines)
