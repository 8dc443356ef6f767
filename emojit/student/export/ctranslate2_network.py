"""A CTranslate2 export as a `Network`. Needs numpy and ctranslate2, and no torch.

CTranslate2 reads a text and writes an answer in one call, and what it read cannot be kept for the next. So a call goes as far ahead as the likeliest answer
does and brings the logits of all its steps; the next call is made for the rows that go on otherwise, with what they wrote as the beginning. Greedy decoding
needs one call for nearly every text; beams and samples read a text again at every step, and are slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emojit.errors import StudentError
from emojit.student.decoding.network import Columns, Logits
from emojit.student.decoding.settings import MOST_EMOJIS
from emojit.student.export.threads import threads, torch_threads_kept

if TYPE_CHECKING:
    from ctranslate2 import Translator

END, START = "</s>", "<start>"
"""Names of the end and of what starts an answer."""


def token_name(token: int) -> str:
    """Return what a token of the text is called. Its end is a token as any other: CTranslate2 4.8 answers a text that is nothing but END with nothing."""
    return f"t{token}"


def column_name(column: int) -> str:
    """Return what an emoji is called."""
    return f"c{column}"


class CTranslate2Network:
    """The model in a folder.

    Args:
        folder: holds `model.bin`, its vocabularies and `config.json`.
        emojis: columns without the end (count).
        ahead: steps that a call goes ahead (count); None means to the end of the longest answer.

    Raises:
        StudentError: ctranslate2 does not take it.
    """

    def __init__(self, folder: Path, *, emojis: int, ahead: int | None = None) -> None:
        from ctranslate2 import Translator

        self.emojis = emojis
        self._ahead = ahead or MOST_EMOJIS
        self._names = [column_name(column) for column in range(emojis)]
        try:
            with torch_threads_kept():
                self._translator = Translator(
                    str(folder), device="cpu", intra_threads=threads(), compute_type="default"
                )
        except (RuntimeError, ValueError) as exc:
            said = str(exc).splitlines()[0]
            raise StudentError(f"{folder}: ctranslate2 does not take it ({said})", hint="export it again") from exc

    def open(self, input_ids: Sequence[Sequence[int]]) -> CTranslate2Session:
        """Name the tokens; they are read at the first step."""
        texts = [[token_name(token) for token in text] for text in input_ids]
        return CTranslate2Session(self._translator, self._names, texts, ahead=self._ahead)


class CTranslate2Session:
    """See `network.Session`. An emoji that a row has already comes with a logit that no decoding would choose."""

    def __init__(self, translator: Translator, names: list[str], texts: list[list[str]], *, ahead: int) -> None:
        self._translator, self._names, self._ahead = translator, names, ahead
        self._texts = texts
        self._written: list[list[int]] = [[] for _ in texts]
        self._foreseen: list[list[tuple[int, NDArray[np.float32]]]] = [[] for _ in texts]  # column and logits of steps

    def step(self, written: Columns | None) -> Logits:
        """Give what was foreseen, and ask anew for the rows that went on otherwise."""
        if written is not None:
            for row, column in enumerate(written.tolist()):
                self._written[row].append(column)
                foreseen = self._foreseen[row]
                self._foreseen[row] = foreseen[1:] if foreseen and foreseen[0][0] == column else []
        self._look_ahead([row for row, foreseen in enumerate(self._foreseen) if not foreseen])
        return np.stack([foreseen[0][1] for foreseen in self._foreseen])[:, : len(self._names) + 1]

    def keep(self, rows: Columns) -> None:
        """Reorder the texts and what is known of them."""
        self._texts = [self._texts[row] for row in rows]
        self._written = [list(self._written[row]) for row in rows]
        self._foreseen = [list(self._foreseen[row]) for row in rows]

    def _look_ahead(self, rows: list[int]) -> None:
        if not rows:
            return
        done = len(self._written[rows[0]])
        results = self._translator.translate_batch(
            [self._texts[row] for row in rows],
            [[self._names[column] for column in self._written[row]] for row in rows],
            beam_size=1,
            max_decoding_length=max(min(done + self._ahead, MOST_EMOJIS), done + 1),
            min_decoding_length=0,
            max_input_length=0,
            no_repeat_ngram_size=1,
            suppress_sequences=[[START]],
            return_logits_vocab=True,
            return_end_token=True,
        )
        place = {name: column for column, name in enumerate(self._names)}
        for row, result in zip(rows, results, strict=True):
            logits = [np.array(one) for one in result.logits[0]][-(len(result.hypotheses[0]) - done) :]
            chosen = [place.get(name, len(place)) for name in result.hypotheses[0][done:]]
            self._foreseen[row] = list(zip(chosen, logits, strict=True))
