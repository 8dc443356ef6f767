"""Near-duplicates among the rows of a build.

A row that is trained on must not nearly repeat one that is measured on, whatever the recipe says: the score would tell what was learned by heart. Whether
two rows of one side may be alike is the recipe's choice, by the filter `near_duplicate`.
"""

from __future__ import annotations

from emojit.corpus.near import NearDuplicates
from emojit.dataset.splits import Split
from emojit.recipe import BuildRecipe


class AlikeRows:
    """Remembers the texts of the rows, rewrites and sentences apart, and finds the one that a new row nearly repeats.

    With the filter, rewrites are compared with all rewrites; of sentences it has let no two pass that are alike. Without it, both are compared across the
    line between train and the two other splits alone.
    """

    def __init__(self, recipe: BuildRecipe) -> None:
        """Start with no rows."""
        filters = recipe.filters
        self._everywhere = "near_duplicate" in filters.order
        threshold, held_out = filters.near_duplicate_threshold, recipe.splits.validation + recipe.splits.test
        if self._everywhere:
            rewrites = NearDuplicates(threshold, expected=recipe.count)
            self._rewrites = {True: rewrites, False: rewrites}
            self._sentences: dict[bool, NearDuplicates] = {}
        else:
            expected = {True: round(recipe.count * (1 - held_out)), False: round(recipe.count * held_out)}
            self._rewrites = {side: NearDuplicates(threshold, expected=rows) for side, rows in expected.items()}
            self._sentences = {side: NearDuplicates(threshold, expected=rows) for side, rows in expected.items()}

    def earlier(self, split: Split, rewrite: str, sentence: str) -> str | None:
        """Return the text that a row would nearly repeat where it may not, or None.

        Args:
            split: of the row.
            rewrite: its text.
            sentence: what it was made from; "" for a post that the teacher wrote.
        """
        other_side = split != "train"
        found = self._rewrites[other_side].similar(rewrite)
        if found is None and sentence and self._sentences:
            found = self._sentences[other_side].similar(sentence)
        return found

    def remember(self, split: Split, rewrite: str, sentence: str) -> None:
        """Add a row; arguments as of `earlier`."""
        side = split == "train"
        self._rewrites[side].remember(rewrite)
        if sentence and self._sentences:
            self._sentences[side].remember(sentence)
