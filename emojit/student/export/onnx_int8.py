"""An ONNX export with its matrices in int8: weights once and for all, a column at a time; what they are multiplied with when it is known.

Which matrices bear that differs from student to student: one that is unsure between two emoji changes its mind at the third decimal of a logit. So there is
a ladder, from everything to little, and the export takes the first rung whose answers are the original's. Rows of embeddings are looked up and not
multiplied: int8 makes them no faster, and cost most of the equal answers where it was tried, so they stay.

Source: ONNX Runtime, dynamic quantization, https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emojit.student.export.onnx_network import DECODER, ENCODER, LOGITS

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_WORST = 0.015
"""Relative error of a matrix in int8 (root mean square) from which it counts as one with outliers; a normal one has 0.008."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What an int8 export leaves in float32."""

    kept: tuple[str, ...]
    """In words, for the record."""
    nodes: dict[str, list[str]]
    """Nodes that stay, by file."""


def rungs(folder: Path) -> list[Rung]:
    """Return the ladder for two graphs in float32, from the fastest rung to the closest.

    Args:
        folder: holds `encoder.onnx` and `decoder.onnx`.
    """
    import onnx

    graphs = {name: onnx.load(folder / name).graph for name in (ENCODER, DECODER)}
    tables = {name: _matrices(graph, folder) for name, graph in graphs.items()}
    # A lean T5's keys and values of the cross attention, one matrix a head, meet one vector of each text: nothing to gain.
    stacked = {name: [node for node, weight in table.items() if weight.ndim > 2] for name, table in tables.items()}
    outliers = {
        name: [*stacked[name], *(node for node, weight in table.items() if relative_error(weight) > _WORST)]
        for name, table in tables.items()
    }
    head = _product_before(graphs[DECODER], LOGITS)
    decoder = list(tables[DECODER])
    attention = {name: [node.name for node in graph.node if _in_attention(node)] for name, graph in graphs.items()}
    looked_up = ("embeddings", "keys and values of the cross attention") if any(stacked.values()) else ("embeddings",)
    words = (*looked_up, "matrices with outliers") if outliers != stacked else looked_up
    of_encoder = ("embeddings", "matrices with outliers") if outliers[ENCODER] != stacked[ENCODER] else ("embeddings",)
    ladder = [
        Rung(kept=looked_up, nodes=stacked),
        Rung(kept=words, nodes=outliers),
        Rung(kept=(*words, "output head"), nodes={**outliers, DECODER: [*outliers[DECODER], *head]}),
    ]
    if tables[ENCODER]:
        ladder += [
            Rung(kept=(*of_encoder, "decoder"), nodes={**outliers, DECODER: decoder}),
            Rung(
                kept=(*of_encoder, "decoder", "attention"),
                nodes={ENCODER: [*outliers[ENCODER], *attention[ENCODER]], DECODER: decoder},
            ),
        ]
    else:  # an encoder without layers: nothing would be left in int8 without the decoder
        kept = [*outliers[DECODER], *head, *attention[DECODER]]
        ladder.append(Rung(kept=(*words, "output head", "attention"), nodes={**outliers, DECODER: kept}))
    return [rung for number, rung in enumerate(ladder) if number == 0 or rung.kept != ladder[number - 1].kept]


def _in_attention(node: NodeProto) -> bool:
    """Whether a node was traced in a module of attention; torch's exporter writes the modules' names beside it."""
    return any("att" in scope.value.lower() for scope in node.metadata_props if scope.key.endswith("name_scopes"))


def quantise(folder: Path, out: Path, rung: Rung) -> None:
    """Write both graphs in int8.

    Args:
        folder: the graphs in float32.
        out: another folder, which exists.
        rung: what stays.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        for name in (ENCODER, DECODER):
            quantize_dynamic(
                folder / name,
                out / name,
                op_types_to_quantize=["MatMul"],
                nodes_to_exclude=rung.nodes.get(name, []),
                per_channel=True,
                weight_type=QuantType.QInt8,
                use_external_data_format=(folder / f"{name}.data").is_file(),
            )


def _matrices(graph: GraphProto, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the matrices that something is multiplied with, by node."""
    from onnx import numpy_helper

    weights = {one.name: one for one in graph.initializer}
    return {
        node.name: numpy_helper.to_array(weights[node.input[1]], str(folder))
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in weights
    }


def relative_error(weight: NDArray[np.float32]) -> float:
    """Return the error of a matrix (in, out) in int8 with one scale per output: root mean square, as a share of that of the matrix."""
    scale = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny) / 127
    wrong = weight - np.round(weight / scale) * scale
    whole = float(np.square(weight, dtype=np.float64).sum())
    return float(np.sqrt(np.square(wrong, dtype=np.float64).sum() / whole)) if whole else 0.0


def _product_before(graph: GraphProto, output: str) -> list[str]:
    """Return the node of the matrix product nearest to an output of the graph: the first one met on the way back from it."""
    made_by = {name: node for node in graph.node for name in node.output}
    name = output
    while (node := made_by.get(name)) is not None:
        if node.op_type == "MatMul":
            return [node.name]
        name = node.input[0]
    return []


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep apart what onnxruntime 1.31 says on the root logger: advice for graphs of older exporters, and a line per node."""
    root = logging.getLogger()

    def ours(record: logging.LogRecord) -> bool:
        return "onnxruntime" not in record.pathname

    root.addFilter(ours)
    try:
        yield
    finally:
        root.removeFilter(ours)
