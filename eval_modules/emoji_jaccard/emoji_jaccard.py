"""emoji_jaccard: how well predicted emoji agree with the reference emoji of each text.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

import datasets
import evaluate

from .errors import MetricInputError
from .fields import read_field
from .inputs import plain_pairs
from .overlap import empty_share, exact_match, jaccard_scores, precision_recall_f1
from .reader import Reading
from .table import FORMS

_DESCRIPTION = f"""
Mean Jaccard index between sets of predicted and reference emoji, with exact match, micro and macro precision, recall
and F1, and the share of predictions that hold no emoji at all. Any spelling of the {len(FORMS.split())} emoji of Emoji
16.0 is read, skin tones are folded, order and repetition do not count.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: the same, one per prediction; strings and lists may stand side by side.

Returns:
    jaccard: mean Jaccard index, in [0, 1]; a row where both sides are empty counts 1.0, where one is empty 0.0.
    exact_match: share of the rows whose two sets are equal, in [0, 1].
    precision_micro, recall_micro, f1_micro: over all emoji together, in [0, 1].
    precision_macro, recall_macro, f1_macro: plain mean over the emoji that occur on either side, in [0, 1].
    empty_predictions: share of the predictions that hold no emoji of the inventory, in [0, 1].
    empty_references: the same for the references; anything but 0.0 deserves a look at the data.
    outside_inventory: emoji of the predictions that are not in Emoji 16.0 and were passed over (count).

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_jaccard")
    >>> result = metric.compute(predictions=["📖😊🇯🇵📚👏"], references=[["🤔", "📚", "📖", "🇯🇵", "🔍"]])
    >>> round(result["jaccard"], 4)
    0.4286
"""

_CITATION = """
@article{jaccard1912distribution,
  title = {The distribution of the flora in the alpine zone},
  author = {Jaccard, Paul},
  journal = {New Phytologist},
  volume = {11},
  number = {2},
  pages = {37--50},
  year = {1912}
}
"""


class EmojiJaccard(evaluate.Metric):
    """Mean Jaccard index of emoji sets and the scores that belong beside it."""

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
        predicted: list[Reading] = [read_field(row) for row in predictions]
        rows = [reading.emojis for reading in predicted]
        expected = [read_field(row).emojis for row in references]
        scores = jaccard_scores(rows, expected)
        result = {"jaccard": sum(scores) / len(scores), "exact_match": exact_match(rows, expected)}
        for average in ("micro", "macro"):
            found = precision_recall_f1(rows, expected, average=average)
            result[f"precision_{average}"] = found.precision
            result[f"recall_{average}"] = found.recall
            result[f"f1_{average}"] = found.f1
        result["empty_predictions"] = empty_share(rows)
        result["empty_references"] = empty_share(expected)
        result["outside_inventory"] = sum(len(reading.outside) for reading in predicted)
        return result
