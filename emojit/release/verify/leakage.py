"""Rows of train against the held-out rows: no near-duplicate of a validation or test text may be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emojit.corpus.near import NearDuplicates
from emojit.dataset.splits import Split
from emojit.recipe import BuildRecipe, FilterConfig
from emojit.release.verify.findings import Findings
from emojit.release.verify.row import is_written

_WHAT = "a train row nearly repeats a held-out row"


class HeldOut:
    """Remembers the texts of validation and test, then holds the rows of train against them.

    A rewrite is compared with rewrites and a sentence with sentences, as the build does, by the threshold of the build and with the same sketches, so
    that what a build could not find is not blamed on it here. Posts that the teacher wrote have no sentence behind them.
    """

    def __init__(self, recipe: BuildRecipe | None, findings: Findings, name: str | None = None) -> None:
        """Start with no texts.

        Args:
            recipe: of the build; without one the default threshold counts.
            findings: what is wrong goes here.
            name: of the configuration, where there are several.
        """
        self._of = f"{name}: " if name is not None else ""
        filters = recipe.filters if recipe is not None else FilterConfig()
        self._threshold = filters.near_duplicate_threshold
        self._promised = "near_duplicate" in filters.order
        self._findings = findings
        self._texts = {name: NearDuplicates(self._threshold) for name in ("sns_text", "original_text", "text")}
        self._train = 0
        self._alike = 0

    def look(self, row: Mapping[str, Any], split: Split, where: str) -> None:
        """Remember a held-out row, or compare one of train."""
        self._train += split == "train"
        for name, known in self._texts.items():
            text = row.get(name)
            if not isinstance(text, str) or not text.strip() or (name == "original_text" and is_written(row)):
                continue
            if split != "train":
                known.remember(text)
            elif (earlier := known.similar(text)) is not None:
                self._alike += 1
                if self._promised:
                    self._findings.wrong(
                        "duplicates",
                        _WHAT,
                        f"{where}: {name}",
                        expected="nothing like it held out",
                        found=f"{text} — {earlier}",
                    )
                return

    def conclude(self) -> None:
        """Say what was compared."""
        held = max(len(known) for known in self._texts.values())
        if not held or not self._train:
            self._findings.unchecked.append(
                f"{self._of}near-duplicates between train and held-out rows: one of the two has no texts"
            )
            return
        if self._alike and not self._promised:
            self._findings.notes.append(
                f"{self._of}{self._alike:,} train rows nearly repeat a held-out row; the recipe of this build does not look for near-duplicates"
            )
        self._findings.checked.append(
            f"{self._of}{self._train:,} train rows against {held:,} held-out ones, near-duplicates from {self._threshold:g} on"
        )
