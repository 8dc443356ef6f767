"""Decontamination: no row that is trained on may repeat a row that others measure on, and none that is measured on a row that others train on.

A published test set is only worth something while no model was trained on it. So the rows of train are held against the validation and test rows of
other versions and against whole benchmarks; and the rows of validation and test against the train rows of others, for their students may be measured
here. Both texts of a row count, the sentence and its rewrite, against both texts of theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from emojit.corpus.near import NearDuplicates, fold
from emojit.dataset.others import Other, Role, open_other
from emojit.dataset.outcome import DecontaminationOutcome
from emojit.dataset.splits import Split
from emojit.errors import DatasetError
from emojit.logs import progress
from emojit.recipe import DecontaminateConfig

IN_TEST = "in_test_of_other"
"""A train row that nearly repeats a validation or test row of another version, or a row of a benchmark."""

IN_TRAIN = "in_train_of_other"
"""A validation or test row that nearly repeats a train row of another version."""

_RECALL = 0.999
"""Of pairs exactly at the threshold; the index is small beside a corpus, so it can afford more bands."""


class Leaks(Protocol):
    """Says which rows leak into the rows of others, or from them."""

    def reason(self, split: Split, texts: Sequence[str]) -> tuple[str, str] | None:
        """Return (reason, detail) where a row with these texts may not be in a split."""

    def outcomes(self) -> tuple[DecontaminationOutcome, ...]:
        """Return what was held against, and how many rows were dropped because of it."""


class Guard:
    """Holds the rows of a build against the rows of others.

    Attributes:
        inputs: what is held against, for the manifest: kind, name, and sha256 or commit.
    """

    def __init__(self, others: Sequence[Other], threshold: float, *, quiet: bool = True) -> None:
        """Read every text of the others.

        Args:
            others: as `open_other` gives them.
            threshold: Jaccard index of the sets of character pairs from which two texts are near-duplicates, in (0, 1].
            quiet: no progress bar.

        Raises:
            DatasetError: something cannot be read, or has no text column.
        """
        self.inputs = [{"role": "decontamination", **other.inputs} for other in others]
        self._names = [other.name for other in others]
        self._indexes: dict[Role, _Index] = {"held_out": _Index(threshold), "trained_on": _Index(threshold)}
        self._texts = [0] * len(others)
        self._dropped = [0] * len(others)
        for number, other in enumerate(others):
            for role, text in progress(other.texts(), label=f"against {other.name}", unit="text", quiet=quiet):
                self._indexes[role].add(text, number)
                self._texts[number] += 1

    @classmethod
    def open(cls, config: DecontaminateConfig, *, quiet: bool = True) -> Guard:
        """Open and read everything that the recipe names.

        Raises:
            DatasetError: no such folder, file, repository or revision; something cannot be read, has no text column, or holds no text.
            MissingExtraError: a Hub data set that emojit did not make is named, and `datasets` is not installed.
            OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
        """
        guard = cls([open_other(entry) for entry in config.against], config.threshold, quiet=quiet)
        for one in guard.outcomes():
            if not one.texts:  # a comparison with nothing would look like a clean one
                raise DatasetError(
                    f"decontaminate.against: {one.name} holds no text",
                    hint="give a build folder, a data set or a file with rows, or take it out of the list",
                )
        return guard

    def reason(self, split: Split, texts: Sequence[str]) -> tuple[str, str] | None:
        """Say why a row may not be in a split, and count it for the source concerned.

        Args:
            split: of the row.
            texts: the sentence, its rewrite, or both.

        Returns:
            None where it may; else the reason, and as detail the source and its text.
        """
        index = self._indexes["held_out" if split == "train" else "trained_on"]
        for text in texts:
            if (found := index.find(text)) is not None:
                theirs, number = found
                self._dropped[number] += 1
                return IN_TEST if split == "train" else IN_TRAIN, f"{self._names[number]}: {theirs}"
        return None

    def outcomes(self) -> tuple[DecontaminationOutcome, ...]:
        """Return for every source how many texts were remembered and how many rows were dropped because of it."""
        return tuple(
            DecontaminationOutcome(name=name, texts=texts, dropped=dropped)
            for name, texts, dropped in zip(self._names, self._texts, self._dropped, strict=True)
        )


def guard_inputs(config: DecontaminateConfig) -> list[dict[str, object]]:
    """Return what `Guard.inputs` would say, without reading a row: to recognise a finished build.

    Raises:
        DatasetError, MissingExtraError, OfflineError: as `Guard.open`.
    """
    return [{"role": "decontamination", **open_other(entry).inputs} for entry in config.against]


class _Index:
    """Texts with the source they are from; a text that several sources hold is kept for the first."""

    def __init__(self, threshold: float) -> None:
        self._near = NearDuplicates(threshold, recall=_RECALL)
        self._source: list[int] = []
        self._seen: set[bytes] = set()

    def add(self, text: str, source: int) -> None:
        digest = hashlib.blake2b(fold(text).encode(), digest_size=8).digest()
        if digest not in self._seen:
            self._seen.add(digest)
            self._near.remember(text)
            self._source.append(source)

    def find(self, text: str) -> tuple[str, int] | None:
        number = self._near.number(text)
        return None if number is None else (self._near[number], self._source[number])
