"""The texts of a domain run: sentences of articles, joined up to a number of tokens, apart by what is learned and what is measured on."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from emojit.dataset.licences import combined_licence
from emojit.errors import StudentError
from emojit.student.domain.tokens import OUTSIDE, Reading, readings
from emojit.student.domain.words import WordFinder
from emojit.student.stages import Located, Sentences

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BATCH = 500
"""Sentences tokenised at once (count)."""


@dataclass(slots=True)
class Texts:
    """Texts as token ids, packed: a corpus of millions of sentences fits into memory, a few bytes a token."""

    measured: bool = False
    """Whether it is asked which words are content words."""
    _ids: array[int] = field(default_factory=lambda: array("i"))
    _groups: array[int] = field(default_factory=lambda: array("h"))
    _content: list[frozenset[int]] = field(default_factory=list)
    _starts: array[int] = field(default_factory=lambda: array("q", [0]))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def add(self, reading: Reading) -> None:
        """Take a text in."""
        self._ids.extend(reading.ids)
        self._groups.extend(reading.groups)
        if self.measured:
            self._content.append(reading.content)
        self._starts.append(len(self._ids))

    def ids(self, index: int) -> list[int]:
        """Return the token ids of a text."""
        return self._ids[self._starts[index] : self._starts[index + 1]].tolist()

    def groups(self, index: int) -> list[int]:
        """Return the numbers of its tokens' words, see `emojit.student.domain.tokens.Reading`."""
        return self._groups[self._starts[index] : self._starts[index + 1]].tolist()

    def content(self, index: int) -> frozenset[int]:
        """Return the numbers of its content words."""
        return self._content[index]

    def lengths(self) -> list[int]:
        """Return how long each text is (tokens)."""
        return [end - start for start, end in zip(self._starts, self._starts[1:], strict=False)]

    @property
    def tokens(self) -> int:
        """All tokens (count)."""
        return len(self._ids)

    def sha256(self) -> str:
        """Return a digest of all of it."""
        digest = hashlib.sha256(self._ids.tobytes())
        digest.update(self._starts.tobytes())
        digest.update(self._groups.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTexts:
    """What a run reads.

    Attributes:
        train: what is learned.
        held_out: texts of other articles, which are measured on.
        sentences: sentences in them, by "train" and "held_out" (count).
        articles: their articles (count).
        origin: what was read: kind, name, sha256 or commit.
        left_out: reason → sentences that were met and not used (count).
        cut: sentences that lost their end (count).
        licence: of the sentences together, as the Hub writes it.
    """

    train: Texts
    held_out: Texts
    sentences: dict[str, int]
    articles: dict[str, int]
    origin: dict[str, object]
    left_out: dict[str, int]
    cut: int
    licence: str


def read_texts(
    sentences: Sentences, tokenizer: PreTrainedTokenizerBase, finder: WordFinder, *, max_tokens: int, join: bool
) -> DomainTexts:
    """Read the texts of a run. The same arguments give the same texts in the same order.

    Args:
        sentences: where they come from.
        tokenizer: the encoder's.
        finder: finds their words.
        max_tokens: of a text (tokens).
        join: whether following sentences of an article become one text, as many as there is room for.

    Raises:
        StudentError: nothing is left to learn from, or no article to measure on.
        CorpusError, DatasetError, OfflineError, MissingExtraError: the source cannot be read.
    """
    made = {"train": Texts(), "held_out": Texts(measured=True)}
    counts = dict.fromkeys(made, 0)
    articles: dict[str, set[tuple[str, str]]] = {name: set() for name in made}
    cut = 0
    around = len(tokenizer("")["input_ids"])
    taken = islice(sentences.located(), sentences.stage.rows or None)
    for batch in _joined(taken, tokenizer, room=max_tokens - around if join else 0):
        read = readings(tokenizer, [text for text, _, _ in batch], finder, max_tokens=max_tokens)
        for reading, (_, first, number) in zip(read, batch, strict=True):
            name = "held_out" if first.kept_back else "train"
            cut += reading.cut
            if any(group != OUTSIDE for group in reading.groups):
                made[name].add(reading)
                counts[name] += number
                articles[name].add(first.article)
            else:
                sentences.left_out["no_known_token"] += number
    _check(made, sentences)
    return DomainTexts(
        train=made["train"],
        held_out=made["held_out"],
        sentences=counts,
        articles={name: len(found) for name, found in articles.items()},
        origin=sentences.origin,
        left_out=dict(sorted(sentences.left_out.items())),
        cut=cut,
        licence=combined_licence(sentences.licences).id,
    )


Joined = tuple[str, Located, int]
"""A text, its first sentence, and how many it holds."""


def _joined(sentences: Iterator[Located], tokenizer: PreTrainedTokenizerBase, *, room: int) -> Iterator[list[Joined]]:
    """Yield texts in batches: sentences of one article that follow each other, as long as they have at most `room` tokens together; 0 joins none."""
    text, first, number, length = "", None, 0, 0
    ready: list[Joined] = []
    for sentence, tokens in _measured(sentences, tokenizer, measure=room > 0):
        if first is not None and room and first.article == sentence.article and length + tokens <= room:
            text, number, length = text + sentence.text, number + 1, length + tokens
            continue
        if first is not None:
            ready.append((text, first, number))
        text, first, number, length = sentence.text, sentence, 1, tokens
        if len(ready) >= _BATCH:
            yield ready
            ready = []
    if first is not None:
        yield [*ready, (text, first, number)]


def _measured(
    sentences: Iterator[Located], tokenizer: PreTrainedTokenizerBase, *, measure: bool
) -> Iterator[tuple[Located, int]]:
    """Yield sentences with their number of tokens. Two that are joined may have fewer together, hardly ever more: then the text is cut."""
    while batch := list(islice(sentences, _BATCH)):
        ids: Iterable[list[int]] = [[]] * len(batch)
        if measure:
            ids = tokenizer([sentence.text for sentence in batch], add_special_tokens=False, verbose=False)[
                "input_ids"
            ]
        yield from ((sentence, len(tokens)) for sentence, tokens in zip(batch, ids, strict=True))


def _check(made: dict[str, Texts], sentences: Sentences) -> None:
    source = sentences.stage.source
    counts = ", ".join(f"{count} {reason}" for reason, count in sentences.left_out.items()) or "none"
    if not len(made["train"]):
        raise StudentError(
            f"text.source {source}: nothing to learn from ({counts} left out)", hint="name a larger source"
        )
    if not len(made["held_out"]):
        raise StudentError(
            f"text.source {source}: no article to measure on, of {len(made['train'])} texts ({counts} left out)",
            hint="about one article in ten is held out, by its name: name a source with more articles, or raise text.rows",
        )
