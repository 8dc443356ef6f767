"""Which baselines there are, what people call them, and which of them every evaluation fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from emojit.baselines.base import Baseline
from emojit.baselines.bert import Bert
from emojit.baselines.constant import Constant
from emojit.baselines.dense import DenseNeighbours
from emojit.baselines.hybrid import Hybrid
from emojit.baselines.length import LengthPrior
from emojit.baselines.lexicon import Lexicon
from emojit.baselines.linear import Linear
from emojit.baselines.neighbour import NearestNeighbour
from emojit.errors import UsageError
from emojit.lexicon.extra import has_words_extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of baseline."""

    label: str
    """The name for people, with its article."""
    about: str
    """What it does, as half a sentence that begins with a verb."""
    make: Callable[[], Baseline]
    """Makes an unfitted one."""
    kind: type[Baseline]
    """Its class, which loads a saved one."""
    needs_words: bool = False
    """Whether it needs the extra `words`."""
    network: bool = False
    """Whether it is a neural network, with its own extra `train`."""
    always: bool = False
    """Whether every evaluation fits it, where its extra is installed: seconds on thousands of rows."""


def _mean() -> Baseline:
    return DenseNeighbours("mean")


def _maxsim() -> Baseline:
    return DenseNeighbours("maxsim")


def _kinds() -> dict[str, Kind]:
    return {
        "constant": Kind(
            label="the best constant answer",
            about="gives the same emoji to every text",
            make=Constant,
            kind=Constant,
            always=True,
        ),
        "length-prior": Kind(
            label="the best answer by length",
            about="looks only at how long the text is",
            make=LengthPrior,
            kind=LengthPrior,
            always=True,
        ),
        "lexicon": Kind(
            label="the keyword lexicon",
            about="looks for the Japanese names and keywords of emoji in the text",
            make=Lexicon,
            kind=Lexicon,
            always=True,
        ),
        "nearest-neighbour": Kind(
            label="the nearest neighbour",
            about="copies the emoji of the training text with the most similar letters",
            make=NearestNeighbour,
            kind=NearestNeighbour,
            always=True,
        ),
        "neighbours-mean": Kind(
            label="the neighbours by mean vectors",
            about="lets the training texts vote whose words mean about the same on average",
            make=_mean,
            kind=DenseNeighbours,
            needs_words=True,
        ),
        "neighbours-maxsim": Kind(
            label="the neighbours by MaxSim",
            about="lets the training texts vote that have a similar word for each word of the text",
            make=_maxsim,
            kind=DenseNeighbours,
            needs_words=True,
        ),
        "linear": Kind(
            label="the linear model",
            about="adds up what the letters and pairs of letters of the text say for each emoji (ridge regression)",
            make=Linear,
            kind=Linear,
            always=True,
        ),
        "hybrid": Kind(
            label="the hybrid model",
            about="compares letters, words and vectors of words with the training texts (kernel ridge regression)",
            make=Hybrid,
            kind=Hybrid,
            needs_words=True,
            always=True,
        ),
        "bert": Kind(
            label="the multi-label encoder",
            about="is a pretrained encoder that says for each of the most frequent emoji whether it fits (multi-label)",
            make=Bert,
            kind=Bert,
            network=True,
        ),
    }


KINDS = _kinds()
"""Every sort by name, the simplest first."""


def find_kind(name: str) -> Kind:
    """Return a sort of baseline by its name.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in KINDS:
        raise UsageError(f"no baseline is called {name!r}", hint=f"one of {', '.join(KINDS)}")
    return KINDS[name]


def make_baseline(name: str) -> Baseline:
    """Return an unfitted baseline.

    Raises:
        UsageError: there is none of this name.
    """
    return find_kind(name).make()


def default_names() -> tuple[str, ...]:
    """Return the baselines that every evaluation fits, the simplest first; those that need the extra `words` only where it is installed."""
    words = has_words_extra()
    return tuple(name for name, kind in KINDS.items() if kind.always and (words or not kind.needs_words))
