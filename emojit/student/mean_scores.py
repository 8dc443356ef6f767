"""A second opinion on silver rows: the mean of a baseline's scores and of those of a student that has learned from them.

The two err in different places, and their mean is right more often than either. Whether another round of learning from the mean gains anything is for a measurement to say
(`benchmarks/ladder.py`, the rung "second"). The student says how probable each emoji is as the first of an answer; the order-free loss teaches it 1 / |G| for every emoji of an answer G, so
that this times the mean number of emoji is about the probability that an emoji is in the answer, which is what a baseline's score is fitted to.

Source: learning from an ensemble that holds one's own kind: Furlanello et al. (2018), "Born-Again Neural Networks"; Hinton et al. (2015), "Distilling the Knowledge in a
Neural Network".
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from emojit.dataset.silver_record import digest, read_record, silver_file, write_record
from emojit.errors import StudentError, UsageError
from emojit.logs import progress
from emojit.student.decoding.search import first_chances
from emojit.student.predict import Student
from emojit.student.rows import encode_texts
from emojit.student.stages.silver import SilverPair, read_pairs, require_pairs

WEIGHT = 0.5
"""The student's share of the mean, unless told."""
MOST = 24
"""Best emoji of a text that are kept (count), as `emojit baseline label` does."""
_LEAST = 0.01
"""Lowest mean score that is kept."""
_BLOCK = 2048
"""Texts that the student is asked about at once (count)."""


def average_scores(silver: Path, student: Student, out: Path, *, weight: float = WEIGHT, quiet: bool = False) -> int:
    """Write the rows of a file of silver rows with the mean of their scores and a student's, and the record of the new file where the old one has one.

    An answer keeps its number of emoji: they are the best ones of the mean. The same arguments give the same file; it is there under its name when it is complete.

    Args:
        silver: JSON lines of `text`, `emojis` and `scores`, as `emojit baseline label` writes them; a line without scores counts its answer with 1.
        student: whose scores are taken.
        out: file to write; one that is there is replaced, and it may not be `silver`.
        weight: the student's share of the mean, in (0, 1).
        quiet: no progress bar.

    Returns:
        Rows written (count).

    Raises:
        StudentError: `silver` is not there, holds a line that is no pair, or no emoji.
        DatasetError: the record beside it is none, or that of another file.
        UsageError: the weight is out of its range, `out` is `silver`, or it cannot be written.
    """
    if not 0 < weight < 1:
        raise UsageError(f"--weight must lie between 0 and 1, got {weight}", hint="for example --weight 0.5")
    if out.resolve() == silver.resolve():
        raise UsageError(f"--out {out}: is the file that is read", hint="give another name")
    require_pairs(silver)
    record = read_record(silver)
    lengths = [len(pair.emojis) for pair in read_pairs(silver)]
    if not any(lengths):
        raise StudentError(
            f"{silver}: no text with emoji in {len(lengths)} lines", hint="write it with `emojit baseline label`"
        )
    mean = sum(lengths) / len(lengths)
    pairs = read_pairs(silver)
    with (
        silver_file(out) as file,
        progress(total=len(lengths), label="average", unit="text", quiet=quiet) as bar,
    ):
        while block := list(islice(pairs, _BLOCK)):
            for pair, own in zip(block, _own_scores(student, [pair.text for pair in block], mean), strict=True):
                file.write(json.dumps(_row(pair, own, weight), ensure_ascii=False) + "\n")
            bar.update(len(block))
    if record is not None:
        write_record(out, dataclasses.replace(record, sha256=digest(out), student=_source(student, weight)))
    return len(lengths)


def _own_scores(student: Student, texts: Sequence[str], mean: float) -> Iterator[dict[str, float]]:
    """Yield the student's best emoji of each text with about the probability that they are in the answer."""
    import numpy as np

    encoded = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens)
    emojis = list(student.vocabulary.emoji_of.values())
    settings = dataclasses.replace(student.settings, min_emojis=1)  # the first is an emoji in any case
    found: list[dict[str, float]] = [{} for _ in texts]
    network = student.network()
    for batch in student.batches(encoded.input_ids, None, quiet=True):
        session = network.open([encoded.input_ids[place] for place in batch])
        chances = np.exp(first_chances(session, settings, len(batch))[:, :-1]) * mean
        best = np.argsort(-chances, axis=1, kind="stable")[:, :MOST]
        for place, columns, values in zip(batch, best, np.take_along_axis(chances, best, axis=1), strict=True):
            found[place] = {
                emojis[column]: min(1.0, float(value)) for column, value in zip(columns, values, strict=True)
            }
    yield from found


def _row(pair: SilverPair, own: dict[str, float], weight: float) -> dict[str, Any]:
    given = pair.scores or dict.fromkeys(pair.emojis, 1.0)
    means = {
        emoji: round((1 - weight) * min(1.0, given.get(emoji, 0.0)) + weight * own.get(emoji, 0.0), 4)
        for emoji in dict.fromkeys((*given, *own))
    }
    best = sorted(means, key=lambda emoji: -means[emoji])
    scores = {emoji: means[emoji] for emoji in best[:MOST] if means[emoji] >= _LEAST}
    return {"text": pair.text, "emojis": best[: len(pair.emojis)], "scores": scores}


def _source(student: Student, weight: float) -> dict[str, object]:
    """Return what the record says of the student: no path of this machine, but what its weights are."""
    folder = Path(student.source)
    weights = folder / "model.safetensors"
    return {
        "name": folder.name if weights.is_file() else student.source,
        "commit": student.commit,
        "weights_sha256": digest(weights) if weights.is_file() else None,
        "weight": weight,
    }
