"""emoji_length: how many emoji predictions hold, beside the references.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

from dataclasses import asdict

import datasets
import evaluate

from .errors import MetricInputError
from .fields import read_rows
from .inputs import plain_pairs
from .length import length
from .reader import INVENTORY
from .table import FORMS

_DESCRIPTION = f"""
Number of emoji per text: mean, standard deviation and largest number of both sides, mean absolute error, share of equal
numbers, Pearson's correlation and the Kolmogorov–Smirnov statistic. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0 is
read; an emoji counts as often as it was written.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: the same, one per prediction; strings and lists may stand side by side.

Returns:
    mean, sd, longest: mean number of emoji of a prediction, its standard deviation (N in the denominator), the largest (count).
    reference_mean, reference_sd, reference_longest: the same for the references.
    absolute_error: mean absolute difference of the two numbers of a row (emoji per text).
    same: share of the rows where they are equal, in [0, 1].
    correlation: Pearson's, over the rows, in [-1, 1]; None where one side has the same number in every row.
    ks_statistic: largest difference of the two cumulative distributions, in [0, 1].
    ks_p_value: how often two samples of one distribution differ as much or more, in [0, 1]; with ties far too large.

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_length")
    >>> result = metric.compute(predictions=["🎉", "🎉😊"], references=["🎉📚", "😊 📚"])
    >>> result["mean"], result["reference_mean"], result["ks_statistic"]
    (1.5, 2.0, 0.5)
"""

_CITATION = """
@article{smirnov1948table,
  title = {Table for estimating the goodness of fit of empirical distributions},
  author = {Smirnov, Nikolai V.},
  journal = {The Annals of Mathematical Statistics},
  volume = {19},
  number = {2},
  pages = {279--281},
  year = {1948}
}
"""


class EmojiLength(evaluate.Metric):
    """Lengths of predictions beside those of the references."""

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
        return asdict(length(read_rows(predictions), read_rows(references)))
