"""emoji_votes: how well predicted emoji agree with several references per text, and those with each other.

Only the files that this one imports relatively are fetched by `evaluate.load`, and their own imports are not followed:
every sibling is named here. One module per import line and no comment behind it, for `evaluate` reads these lines with
regular expressions.
"""

from dataclasses import asdict

import datasets
import evaluate

from .errors import MetricInputError
from .fields import read_rows
from .inputs import plain_vote_pairs
from .overlap import jaccard_scores
from .reader import INVENTORY
from .table import FORMS
from .votes import vote_figures

_DESCRIPTION = f"""
Jaccard index of predicted emoji with the best and with the mean of several references (votes) per text, and of the votes
with each other: the ceiling. Any spelling of the {len(FORMS.split())} emoji of Emoji 16.0 is read, skin tones are folded, order and
repetition do not count.
"""

_INPUTS = """
Args:
    predictions: list of strings of emoji, with or without blanks between them, or list of lists of emoji.
    references: for each prediction the list of its votes, one or more; a vote is a string of emoji or a list of emoji.

Returns:
    jaccard_best: mean over the texts of the Jaccard index with the vote that agrees best, in [0, 1].
    jaccard_mean: mean over the texts of the mean Jaccard index with the votes, in [0, 1].
    votes_per_text: mean number of votes (count).
    compared_texts: texts with two votes or more (count); the four figures below are taken on them, None without any.
    compared_best: as jaccard_best, one vote left out at a time, so that it is comparable with ceiling_best, in [0, 1].
    compared_mean: as jaccard_mean, in [0, 1].
    ceiling_best: mean over texts and votes of the Jaccard index of a vote with the best of the other votes, in [0, 1].
    ceiling_mean: mean over the texts of the mean Jaccard index of two of their votes, in [0, 1].

Examples:
    >>> import evaluate
    >>> metric = evaluate.load("./eval_modules/emoji_votes")
    >>> result = metric.compute(predictions=["🎉"], references=[["🎉😊", "🎉"]])
    >>> result["jaccard_best"], result["jaccard_mean"], result["ceiling_mean"]
    (1.0, 0.75, 0.5)
"""

_CITATION = """
@inproceedings{lin2004rouge,
  title = {{ROUGE}: A package for automatic evaluation of summaries},
  author = {Lin, Chin-Yew},
  booktitle = {Text Summarization Branches Out},
  pages = {74--81},
  year = {2004}
}
"""


class EmojiVotes(evaluate.Metric):
    """Agreement with several references per text, beside that of the references with each other."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")  # also of a list: see `plain_fields`
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text, "references": datasets.Sequence(text)}),
            license="apache-2.0",
        )

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Add one row to what `compute` scores; checks and errors as in `add_batch`."""
        (predicted,), (expected,) = plain_vote_pairs([prediction], [reference])
        evaluate.Metric.add(self, prediction=predicted, reference=expected, **kwargs)

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Add rows to what `compute` scores.

        Raises MetricInputError (a ValueError) when the two lists differ in length or are empty, where evaluate itself
        would end in an IndexError, and when a row is not of the form that is asked for, which evaluate would cast.
        """
        predicted, expected = plain_vote_pairs(predictions, references)
        evaluate.Metric.add_batch(self, predictions=predicted, references=expected, **kwargs)

    def _compute(self, predictions, references):
        return asdict(vote_figures(read_rows(predictions), [read_rows(votes) for votes in references]))
