"""emoji_distribution: how far the frequencies of the predicted emoji are from those of the references.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

from dataclasses import asdict

import datasets
import evaluate

from .distribution import distribution_distance
from .errors import MetricInputError
from .fields import read_rows
from .inputs import plain_pairs
from .reader import INVENTORY
from .table import FORMS

_DESCRIPTION = f"""
Distance of the frequencies of the predicted emoji from those of the references: Jensen–Shannon divergence and distance,
total variation, the entropy of both, and what stands on one side only. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0
is read, skin tones are folded; an emoji counts as often as it was written. No measure of single rows.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: the same, one per prediction; strings and lists may stand side by side.

Returns:
    jensen_shannon: Jensen-Shannon divergence (bits), in [0, 1]; 0.0 for the same frequencies.
    jensen_shannon_distance: its square root, in [0, 1].
    total_variation: half the sum of the absolute differences of the frequencies, in [0, 1].
    entropy_bits, reference_entropy_bits: Shannon entropy of the frequencies of either side (bits).
    never_in_references: share of the predicted emoji, as written, that no reference holds, in [0, 1].
    never_predicted: share of the references' emoji that no prediction holds, in [0, 1].

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_distribution")
    >>> result = metric.compute(predictions=["🎉", "🎉"], references=["🎉", "📚"])
    >>> round(result["jensen_shannon"], 4), result["total_variation"], result["never_predicted"]
    (0.3113, 0.5, 0.5)
"""

_CITATION = """
@article{lin1991divergence,
  title = {Divergence measures based on the {Shannon} entropy},
  author = {Lin, Jianhua},
  journal = {IEEE Transactions on Information Theory},
  volume = {37},
  number = {1},
  pages = {145--151},
  year = {1991}
}
"""


class EmojiDistribution(evaluate.Metric):
    """Distance of two distributions over emoji."""

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
        return asdict(distribution_distance(read_rows(predictions), read_rows(references)))
