"""A row of the published data set. Its columns are part of the public contract: one may be added, none renamed."""

from __future__ import annotations

from dataclasses import dataclass

from emojit import emoji
from emojit.corpus.records import Sentence
from emojit.teacher.records import Labelled

LEAKED = "emoji_in_rewrite"
"""Flag of a row whose rewrite held emoji before they were taken out."""

WRITTEN = "teacher"
"""Source of the posts that the teacher wrote for rare emoji, in place of a corpus."""

STEERED = "steered"
"""Flag of a row whose emoji were chosen by a prompt that named emoji to avoid, because they were over the cap."""

RARE = "rare_emoji"
"""Flag of a row whose post the teacher wrote for a rare emoji: it stands in no corpus, so its original text is the post itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A sentence, its casual rewrite, and the emoji chosen for the rewrite.

    Attributes:
        id: 16 hex digits of sha256 over source, doc_id and the original text.
        original_text: the sentence as it stands in the corpus.
        sns_text: the rewrite, without emoji.
        emojis: 1 to 5 distinct fully-qualified emoji without skin tone: the consensus of the votes (`emojit.metrics.consensus`).
        emoji_string: the same, joined by one blank.
        votes: every readable choice of the teacher, in the order in which they were asked for.
        teacher: model name.
        prompt_id: hash of the prompts' wording.
        flags: what a reader may want to filter by.
    """

    id: str
    original_text: str
    sns_text: str
    emojis: tuple[str, ...]
    emoji_string: str
    votes: tuple[tuple[str, ...], ...]
    source: str
    doc_id: str
    title: str | None
    url: str | None
    licence: str | None
    teacher: str
    prompt_id: str
    flags: tuple[str, ...]


def make_pair(
    sentence: Sentence, labelled: Labelled, *, teacher: str, prompt_id: str, flags: tuple[str, ...] = ()
) -> Pair:
    """Join a sentence and what the teacher made of it.

    Args:
        sentence: from the corpus.
        labelled: no rejection.
        teacher: model name.
        prompt_id: hash of the prompts' wording.
        flags: what the build says about the row, beside the flags of the sentence.
    """
    if labelled.sns_text is None or not labelled.emojis:
        raise ValueError(f"sentence {sentence.id} was rejected: {labelled.reason}")
    return Pair(
        id=sentence.id,
        original_text=sentence.text,
        sns_text=labelled.sns_text,
        emojis=labelled.emojis,
        emoji_string=emoji.join(labelled.emojis),
        votes=labelled.votes,
        source=sentence.source,
        doc_id=sentence.doc_id,
        title=sentence.title,
        url=sentence.url,
        licence=sentence.licence,
        teacher=teacher,
        prompt_id=prompt_id,
        flags=(*sentence.flags, *((LEAKED,) if labelled.leaked else ()), *flags),
    )
