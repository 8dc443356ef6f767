"""What pages take from a repository's README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emojit.localhub.cards import CardData, CardDataError, card_body, card_tags, read_card
from emojit.localhub.git import GitRepository
from emojit.localhub.markdown import MAX_CHARS

_MAX_README_BYTES = 4 * 1024 * 1024
_MAX_VALUE_CHARS = 400
_MAX_ITEMS = 40
_MAX_ENTRIES = 60
_PLAIN = ("task_categories:", "task_ids:", "size_categories:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """A card in its two parts.

    Attributes:
        body: the Markdown, without front matter; None when there is no card.
        data: the front matter; empty when there is none or it is broken.
        problem: what is wrong with the front matter, for people.
        cut: whether the body is too long to be shown whole.
    """

    body: str | None = None
    data: CardData = field(default_factory=dict)
    problem: str | None = None
    cut: bool = False


def read_readme(git: GitRepository, commit: str) -> Readme:
    """The card of a commit."""
    content = git.read_path(commit, "README.md")
    if content is None:
        return Readme()
    text = content[:_MAX_README_BYTES].decode("utf-8", errors="replace")
    body = card_body(text)
    shown, cut = body[:MAX_CHARS], len(body) > MAX_CHARS
    try:
        return Readme(body=shown, data=read_card(text) or {}, cut=cut)
    except CardDataError as exc:
        return Readme(body=shown, problem=str(exc)[:_MAX_VALUE_CHARS], cut=cut)


def chips_of(card: CardData) -> list[str]:
    """The tags of a repository, for people: what a tag is about says its own word."""
    return [tag.partition(":")[2] if tag.startswith(_PLAIN) else tag for tag in (tag[:60] for tag in card_tags(card))]


def licence_of(card: CardData) -> str | None:
    """The licence that a card names."""
    for key in ("license_name", "license"):
        value = card.get(key)
        if isinstance(value, str) and value:
            return value[:80]
        if isinstance(value, list) and value:
            return ", ".join(str(item) for item in value[:5])[:80]
    return None


def front_matter_rows(card: CardData) -> list[tuple[str, Sequence[str] | str]]:
    """Front matter as a table: name and value, a list of texts as such, everything deeper as YAML, all of it cut."""
    return [(str(key)[:80], _shown(value)) for key, value in list(card.items())[:_MAX_ENTRIES]]


def _shown(value: object) -> Sequence[str] | str:
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value[:_MAX_ITEMS]):
        items = [str(item)[:80] for item in value[:_MAX_ITEMS]]
        return [*items, "…"] if len(value) > _MAX_ITEMS else items
    text = _yaml(value) if isinstance(value, Mapping | list) else "" if value is None else str(value)
    return text if len(text) <= _MAX_VALUE_CHARS else text[:_MAX_VALUE_CHARS] + " …"


def _yaml(value: object) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    shortened = _shorten(value, 0)
    return str(yaml.dump(shortened, Dumper=dumper, allow_unicode=True, sort_keys=False, width=1000)).strip()


def _shorten(value: object, depth: int) -> object:
    """The beginning of a value: the whole of it may be a hundred thousand nodes, of which a page shows ten."""
    if isinstance(value, Mapping):
        return {key: _shorten(item, depth + 1) for key, item in list(value.items())[:_MAX_ITEMS]} if depth < 5 else "…"
    if isinstance(value, list):
        return [_shorten(item, depth + 1) for item in value[:_MAX_ITEMS]] if depth < 5 else "…"
    return value[:_MAX_VALUE_CHARS] if isinstance(value, str) else value
