"""How likely a student finds the emoji of an answer, each as the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emojit.student.decoding.search import first_chances
from emojit.student.rows import encode_texts

if TYPE_CHECKING:
    from emojit.student.predict import Student


def first_step_chances(
    student: Student, texts: Sequence[str], answers: Sequence[Sequence[str]], *, quiet: bool = True
) -> list[list[float]]:
    """Return for every emoji of every answer the probability that the student would begin with it, in [0, 1].

    One step of the network per text: the encoder and one position of the decoder, a fraction of what writing an answer takes.

    Args:
        student: who is asked.
        texts: N texts.
        answers: of each its answer; emoji that the student cannot write have the probability 0.
        quiet: no progress bar.
    """
    column = {emoji: place for place, emoji in enumerate(student.vocabulary.emoji_of.values())}
    encoded = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens)
    network, settings = student.network(), student.settings
    found: list[list[float]] = [[] for _ in texts]
    for batch in student.batches(encoded.input_ids, None, quiet=quiet):
        session = network.open([encoded.input_ids[index] for index in batch])
        chances = np.exp(first_chances(session, settings, len(batch)))
        for row, index in zip(chances, batch, strict=True):
            found[index] = [float(row[column[emoji]]) if emoji in column else 0.0 for emoji in answers[index]]
    return found
