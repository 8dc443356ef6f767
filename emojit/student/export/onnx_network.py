"""An ONNX export as a `Network`: the encoder once, then the decoder step by step on its cache. Needs numpy and onnxruntime, and no torch.

Two graphs. `encoder.onnx` reads token ids (N, L) and their mask and gives all that the decoder wants of a text: the keys and values of every layer's cross
attention, or of a lean T5 its own last layer; nothing here looks into it. `decoder.onnx` takes the last column of each answer (N, 1), these, and the keys and values of the answer so far, none at first; it gives the
logits of the permitted columns alone (N, emoji + 1) and the longer keys and values. What starts an answer is the column behind the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emojit.errors import StudentError
from emojit.student.decoding.network import Columns, Logits
from emojit.student.export.threads import threads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ENCODER, DECODER = "encoder.onnx", "decoder.onnx"
IDS, MASK, CROSS, WRITTEN, PAST, LOGITS, PRESENT = "ids", "mask", "cross", "written", "past", "logits", "present"
"""Names of the graphs' inputs and outputs."""


class OnnxNetwork:
    """The two graphs in a folder.

    Args:
        folder: holds `encoder.onnx` and `decoder.onnx`.
        pad_id: the token that fills a batch.
        emojis: columns without the end (count).

    Raises:
        StudentError: onnxruntime does not take them.
    """

    def __init__(self, folder: Path, *, pad_id: int, emojis: int) -> None:
        self.emojis = emojis
        self._pad_id = pad_id
        self._encoder, self._decoder = _session(folder / ENCODER), _session(folder / DECODER)
        past = next(one for one in self._decoder.get_inputs() if one.name == PAST)
        _, self._slots, self._heads, _, self._width = past.shape  # 2 × layers, heads, width of a head

    def open(self, input_ids: Sequence[Sequence[int]]) -> OnnxSession:
        """Run the encoder over a batch that is padded to its longest text."""
        width = max(map(len, input_ids))
        ids = np.full((len(input_ids), width), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(input_ids):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        (cross,) = self._encoder.run([CROSS], {IDS: ids, MASK: mask})
        past = np.zeros((len(ids), self._slots, self._heads, 0, self._width), dtype=np.float32)
        return OnnxSession(self._decoder, mask, cross, past, start=self.emojis + 1)


class OnnxSession:
    """See `network.Session`."""

    def __init__(
        self,
        decoder: InferenceSession,
        mask: NDArray[np.int64],
        cross: NDArray[np.float32],
        past: NDArray[np.float32],
        *,
        start: int,
    ) -> None:
        self._decoder, self._mask, self._cross, self._past, self._start = decoder, mask, cross, past, start

    def step(self, written: Columns | None) -> Logits:
        """Run the decoder over one column per row."""
        last = np.full(len(self._mask), self._start, dtype=np.int64) if written is None else written
        feed = {WRITTEN: last[:, None], MASK: self._mask, CROSS: self._cross, PAST: self._past}
        logits: Logits
        logits, self._past = self._decoder.run([LOGITS, PRESENT], feed)
        return logits

    def keep(self, rows: Columns) -> None:
        """Reorder what was read and the cache."""
        self._mask, self._cross, self._past = self._mask[rows], self._cross[rows], self._past[rows]


def _session(path: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3  # errors: it warns of initialisers that its own optimiser has made useless
    try:
        return InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (state.Fail, state.InvalidGraph, state.InvalidProtobuf, state.NoSuchFile, state.NotImplemented) as exc:
        said = str(exc).splitlines()[0]
        raise StudentError(f"{path}: onnxruntime does not take it ({said})", hint="export the model again") from exc
