"""emoji_category: whether predicted emoji are of the kind that the reference holds, by Unicode's groups and subgroups.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

from dataclasses import asdict

import datasets
import evaluate

from .category import category_match
from .errors import MetricInputError
from .fields import read_rows
from .groups import GROUPS
from .inputs import plain_pairs
from .overlap import jaccard_scores
from .reader import INVENTORY
from .table import FORMS

_DESCRIPTION = f"""
Agreement of predicted and reference emoji by Unicode's groups and subgroups: Jaccard index, share of rows with a kind in
common, what chance would give, and near misses. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0 is read, skin tones are
folded, order and repetition do not count.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: the same, one per prediction; strings and lists may stand side by side.

Returns:
    group_jaccard, subgroup_jaccard: mean Jaccard index of the sets of groups or subgroups, in [0, 1].
    group_hit, subgroup_hit: share of the rows with one on both sides, or with nothing on either, in [0, 1].
    group_by_chance: mean of group_jaccard when the predictions are dealt out at random, in [0, 1].
    near_miss: share of the rows that have no emoji in common, and a subgroup all the same, in [0, 1].

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_category")
    >>> result = metric.compute(predictions=["😄", "🐱"], references=["😊", "📚"])
    >>> result["subgroup_hit"], result["near_miss"], result["group_by_chance"]
    (0.5, 0.5, 0.25)
"""

_CITATION = """
@techreport{unicode2024emoji,
  title = {{Unicode} Emoji},
  author = {Davis, Mark and Holbrook, Ned},
  institution = {The Unicode Consortium},
  type = {Unicode Technical Standard},
  number = {51},
  year = {2024}
}
"""


class EmojiCategory(evaluate.Metric):
    """Agreement by groups and subgroups of emoji."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")  # also of a list: see `plain_fields`
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text, "references": text}),
            license="apache-2.0",
        )

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Add one row to what `compute` scores; checks and errors as in `add_batch`."""
        (predicted,), (expected,) = plain_pairs([prediction], [reference])
        evaluate.Metric.add(self, prediction=predicted, reference=expected, **kwargs)

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Add rows to what `compute` scores.

        Raises MetricInputError (a ValueError) when the two lists differ in length or are empty, where evaluate itself
        would end in an IndexError, and when a row is not of the form that is asked for, which evaluate would cast.
        """
        predicted, expected = plain_pairs(predictions, references)
        evaluate.Metric.add_batch(self, predictions=predicted, references=expected, **kwargs)

    def _compute(self, predictions, references):
        return asdict(category_match(read_rows(predictions), read_rows(references)))
