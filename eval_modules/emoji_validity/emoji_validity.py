"""emoji_validity: whether answers are one to five different emoji of the inventory, and nothing else.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

from dataclasses import asdict

import datasets
import evaluate

from .errors import MetricInputError
from .fields import read_rows
from .inputs import plain_fields
from .reader import INVENTORY
from .table import FORMS
from .validity import read_inventory, validity

_DESCRIPTION = f"""
Shares of the answers that are empty, hold an emoji outside the inventory, too many emoji, an emoji twice, or text; and of
those without any fault. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0 is read, skin tones are folded. It needs no
references, and says nothing about whether an answer fits.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    inventory: the emoji that are allowed, a string or a list; all of Emoji 16.0 unless given.
    most: how many emoji an answer may hold (count, at least 1); 5 unless given.

Returns:
    valid: share of the answers without any of the faults below, in [0, 1].
    empty: share without an emoji of the inventory, in [0, 1].
    outside_inventory: share with an emoji that is outside the inventory, in [0, 1].
    too_many: share with more than `most` emoji, as they were written, in [0, 1].
    repeated: share with an emoji twice or more, in [0, 1].
    with_text: share with characters that are neither emoji nor blanks, in [0, 1].

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_validity")
    >>> result = metric.compute(predictions=["🎉 😊", "🎉🎉", "祭り🎉", ""])
    >>> result["valid"], result["repeated"], result["with_text"]
    (0.25, 0.25, 0.25)
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


class EmojiValidity(evaluate.Metric):
    """Shares of the answers that break a rule."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")  # also of a list: see `plain_fields`
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text}),
            license="apache-2.0",
        )

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Add one row to what `compute` counts; checks and errors as in `add_batch`."""
        (row,) = plain_fields("predictions", [prediction])
        evaluate.Metric.add(self, prediction=row, **kwargs)

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Add rows to what `compute` counts.

        Raises MetricInputError (a ValueError) when there is none, where evaluate itself would end in an IndexError, and when a
        row is neither a string nor a list of strings, which evaluate would cast.
        References are taken and passed over, so that the module can stand among others in `evaluate.combine`.
        """
        if predictions is None:
            raise MetricInputError("predictions are needed")
        rows = plain_fields("predictions", predictions)
        if not rows:
            raise MetricInputError("nothing to score: predictions is empty")
        evaluate.Metric.add_batch(self, predictions=rows, **kwargs)

    def _compute(self, predictions, inventory=None, most=5):
        allowed = None if inventory is None else read_inventory(inventory)
        return asdict(validity(predictions, inventory=allowed, most=most))
