"""emoji_diversity: how varied predicted emoji are, beside the same figures for the references.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

import datasets
import evaluate

from .diversity import diversity
from .errors import MetricInputError
from .fields import read_field
from .inputs import check_count, plain_pairs
from .reader import INVENTORY
from .table import FORMS

_DESCRIPTION = f"""
Share of the predicted emoji that are not among the references' n most common ones, number of different emoji and
entropy in bits, with the same figures for the references. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0
is read, skin tones are folded. Not a measure of quality: read it next to emoji_jaccard.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: the same, one per prediction; strings and lists may stand side by side.
    top_n: how many of the references' most common emoji count as the top (count, a whole number from 1); 5 unless given. Of
        equally frequent emoji the one with the lower code points is the more common.

Returns:
    outside_top: share of the predicted emoji outside the top, in [0, 1]; 0.0 where no emoji was predicted.
    distinct: number of different emoji predicted (count, at most the size of the inventory).
    entropy_bits: Shannon entropy of the predicted emoji's frequencies (bits), at least 0.
    reference_outside_top, reference_distinct, reference_entropy_bits: the same for the references.

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_diversity")
    >>> result = metric.compute(predictions=["🎉😊", "🎉"], references=["🎉", "📚 🎉"], top_n=1)
    >>> round(result["outside_top"], 4), result["distinct"], result["reference_distinct"]
    (0.3333, 2, 2)
"""

_CITATION = """
@article{shannon1948mathematical,
  title = {A mathematical theory of communication},
  author = {Shannon, Claude E.},
  journal = {Bell System Technical Journal},
  volume = {27},
  number = {3},
  pages = {379--423},
  year = {1948}
}
"""


class EmojiDiversity(evaluate.Metric):
    """Variety of predicted emoji, with that of the references beside it."""

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

    def _compute(self, predictions, references, top_n=5):
        found = diversity(
            [read_field(row).emojis for row in predictions],
            [read_field(row).emojis for row in references],
            top_n=check_count("top_n", top_n, most=len(INVENTORY)),
        )
        return {
            "outside_top": found.predictions.outside_top,
            "distinct": found.predictions.distinct,
            "entropy_bits": found.predictions.entropy_bits,
            "reference_outside_top": found.references.outside_top,
            "reference_distinct": found.references.distinct,
            "reference_entropy_bits": found.references.entropy_bits,
        }
