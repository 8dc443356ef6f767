"""The number of emoji, fitted to a student's validation rows at the end of its training."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from emojit.student.decoding import Settings
from emojit.student.decoding.calibration import MOST_ROWS, DecodingCalibration, fit_end_bias, fit_prefix
from emojit.student.decoding.mbr import rank
from emojit.student.decoding.search import first_chances
from emojit.student.predict import Student, make_student, settings_of
from emojit.student.rows import encode_texts

logger = logging.getLogger(__name__)


def calibrated(student: Student, texts: Sequence[str], references: Sequence[Sequence[str]]) -> Student:
    """Return the student with what `calibrate` finds where its recipe says `length = "calibrated"`, and unchanged otherwise."""
    if student.decoding.length != "calibrated":
        return student
    return make_student(
        student.model,
        student.tokenizer,
        student.vocabulary,
        student.decoding,
        source=student.source,
        commit=student.commit,
        calibration=calibrate(student, texts, references),
    )


def calibrate(student: Student, texts: Sequence[str], references: Sequence[Sequence[str]]) -> DecodingCalibration:
    """Fit the number of emoji to validation rows, for the highest mean Jaccard.

    Args:
        student: the best weights.
        texts: at least one; of more than `MOST_ROWS` a part that is spread evenly is looked at.
        references: the emoji that are right.
    """
    rows = min(len(texts), MOST_ROWS)
    places = [place * len(texts) // rows for place in range(rows)]
    texts, references = [texts[place] for place in places], [references[place] for place in places]
    settings = settings_of(student.decoding)
    if settings.method == "mbr" and not settings.samples:
        found = fit_prefix(*_first(student, texts, settings), settings, references)
    else:
        found = fit_end_bias(lambda changed: student.ask(texts, changed)[0], settings, references)
    logger.info(
        "calibrated method=%s rows=%d jaccard=%.4f before=%.4f",
        found.method, found.rows, found.jaccard, found.uncalibrated_jaccard,
    )  # fmt: skip
    return found


def _first(
    student: Student, texts: Sequence[str], settings: Settings
) -> tuple[list[list[str]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the likeliest first emoji of each text, and their probabilities (N, `max_emojis`)."""
    encoded = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens)
    emojis = list(student.vocabulary.emoji_of.values())
    most = min(settings.max_emojis, len(emojis))
    rankings: list[list[str]] = [[] for _ in texts]
    chances = np.zeros((len(texts), most))
    network = student.network()
    settings = dataclasses.replace(settings, min_emojis=1)  # the first is an emoji in any case
    for batch in student.batches(encoded.input_ids, None, quiet=True):
        session = network.open([encoded.input_ids[i] for i in batch])
        order, likely = rank(np.exp(first_chances(session, settings, len(batch))[:, :-1]), most)
        chances[batch] = likely
        for index, row in zip(batch, order, strict=True):
            rankings[index] = [emojis[column] for column in row]
    return rankings, chances
