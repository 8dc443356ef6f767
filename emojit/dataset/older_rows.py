"""A row of a data set of the older column set (`original_text, sns_text, emojis, emoji_string`) becomes a pair, or names the reason why not.

The emoji may be a list or one string, with skin tones, without variation selectors, repeated, or outside the inventory. What needs a guess is no pair:
which five of seven emoji the teacher meant most, nobody knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from emojit import emoji
from emojit.corpus.records import Rejected, Sentence, Stage, sentence_id
from emojit.corpus.rows import Row, Unreadable
from emojit.dataset.pair import Pair, make_pair
from emojit.teacher import Labelled
from emojit.teacher.reading import MAX_EMOJIS

UNKNOWN = "unknown"
"""What stands in a column that must hold something where nothing is known."""

DISAGREE = "emoji_columns_disagree"
"""Reason of a row whose `emojis` and `emoji_string` hold different emoji."""

_SHOWN_CHARS = 500


class Unusable(Exception):
    """A row that becomes no pair; stage, reason and detail as in `Rejected`."""

    def __init__(self, stage: Stage, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.stage = stage
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderRows:
    """Turns rows into pairs.

    Attributes:
        source: what the `source` column says; with it and a hash of the text goes the split.
        licence: of the texts, or None where it is not known.
        teacher: model name, or "unknown".
    """

    source: str
    licence: str | None
    teacher: str

    def read(self, row: Row) -> tuple[Pair, int] | Rejected:
        """Return the pair of a row and how many emoji were taken out of its rewrite (count), or why there is none."""
        try:
            values = row.mapping()
            original = _text(values, "original_text")
            post = _text(values, "sns_text")
        except Unreadable as exc:
            detail = f"{row.place}: {exc.detail}"
            return Rejected(id=row.place, stage="source", reason=exc.reason, detail=detail, text=exc.text)
        except Unusable as exc:
            detail = f"{row.place}: {exc.detail}"
            return Rejected(
                id=row.place, stage=exc.stage, reason=exc.reason, detail=detail, text=row.shown(_SHOWN_CHARS)
            )
        sentence = self._sentence(original)
        try:
            chosen = _emojis(values)
            found = emoji.read(post)
            bare = emoji.strip(post).strip()
            if not any(char.isalnum() for char in bare):
                raise Unusable("rewrite", "empty", post)
        except Unusable as exc:
            return Rejected(id=sentence.id, stage=exc.stage, reason=exc.reason, detail=exc.detail, text=original)
        leaked = len(found.emojis) + len(found.outside)
        labelled = Labelled(id=sentence.id, sns_text=bare, emojis=chosen, votes=(chosen,), leaked=leaked)
        return make_pair(sentence, labelled, teacher=self.teacher, prompt_id=UNKNOWN), leaked

    def _sentence(self, text: str) -> Sentence:
        """Return the sentence as a document of its own: which article it is from, the older columns do not say."""
        doc_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        return Sentence(
            id=sentence_id(self.source, doc_id, text),
            source=self.source,
            doc_id=doc_id,
            title=None,
            url=None,
            licence=self.licence,
            index=0,
            text=text,
        )


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        what = f"no `{name}`" if value is None else f"`{name}` is a {type(value).__name__}"
        raise Unusable("source", "no_text", what)
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise Unreadable("bad_unicode", f"`{name}` holds half a character", "") from exc
    if not value.strip():
        raise Unusable("source", Unreadable.EMPTY, f"`{name}` is empty")
    return value.strip()


def _emojis(values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the emoji of a row, canonical and each once, in their order."""
    listed = [(name, values[name]) for name in ("emojis", "emoji_string") if values.get(name) not in (None, "", [])]
    if not listed:
        raise Unusable("emoji", "no_emoji", "neither `emojis` nor `emoji_string` holds anything")
    readings = [_read(name, value) for name, value in listed]
    if any(set(reading) != set(readings[0]) for reading in readings):
        raise Unusable("emoji", DISAGREE, " — ".join(emoji.join(reading) for reading in readings))
    if len(readings[0]) > MAX_EMOJIS:
        raise Unusable("emoji", "too_many", emoji.join(readings[0]))
    return readings[0]


def _read(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = emoji.join(value)
    if not isinstance(value, str):
        raise Unusable("emoji", "no_emoji", f"`{name}` is a {type(value).__name__}: {value!r:.80}")
    folded = emoji.fold(value, lenient=True)
    found = emoji.read(folded, lenient=True)
    if emoji.strip(folded).strip(" \t\u3000,、"):
        raise Unusable("emoji", "prose" if found.emojis or found.outside else "no_emoji", value)
    if found.outside:
        raise Unusable("emoji", "outside_inventory", value)
    if not found.emojis:
        raise Unusable("emoji", "no_emoji", value)
    return tuple(dict.fromkeys(found.emojis))
