"""The front matter of a README.md: what the Hub reads out of a card, and what it says about a broken one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from emojit.localhub.front_matter import UnreadableYamlError, load_yaml

_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)(?:\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)

CardData = Mapping[str, object]


class CardDataError(ValueError):
    """The front matter is no YAML mapping."""


def read_card(text: str) -> CardData | None:
    """The front matter of a card as JSON-like data; None when there is none.

    Raises:
        CardDataError: it is not YAML, or no mapping.
    """
    match = _FRONT_MATTER.match(text)
    if match is None or not match[1].strip():
        return None
    try:
        data = load_yaml(match[1])
    except UnreadableYamlError as exc:
        raise CardDataError(f"YAML metadata is not valid: {exc}") from exc
    if data is None:
        return None
    if not isinstance(data, dict):
        raise CardDataError("YAML metadata must be a mapping of keys to values")
    return cast("CardData", data)


def card_body(text: str) -> str:
    """What follows the front matter."""
    match = _FRONT_MATTER.match(text)
    return text[match.end() :] if match else text


def card_tags(card: CardData) -> list[str]:
    """The tags that the Hub derives from a card and by which repositories are found."""
    tags = _texts(card.get("tags"))
    for key, prefix in (("license", "license:"), ("language", ""), ("datasets", "dataset:"), ("metrics", "")):
        tags += [prefix + value for value in _texts(card.get(key))]
    for key in ("task_categories", "task_ids", "size_categories"):
        tags += [f"{key}:{value}" for value in _texts(card.get(key))]
    tags += [value for key in ("library_name", "pipeline_tag") for value in _texts(card.get(key))]
    return list(dict.fromkeys(tags))


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
