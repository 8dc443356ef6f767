"""The card of a model with exports beside its weights, and the check of these before a push."""

from __future__ import annotations

import pytest

from emojit.errors import StudentError
from emojit.release.staging import stage_model
from emojit.student.export.record import SCHEMA_VERSION, Check, ExportRecord, digest


def test_the_card_names_the_exports_beside_the_weights_and_a_stale_one_stops_the_push(run_folder, tmp_path):

    weights = run_folder / "model" / "model.safetensors"
    folder = run_folder / "model" / "onnx"
    folder.mkdir()
    (folder / "encoder.onnx").write_bytes(b"graph")
    record = ExportRecord(
        schema_version=SCHEMA_VERSION, format="onnx", precision="int8", kept_float32=("embeddings",), model_type="t5",
        weights={weights.name: digest(weights)}, emojis="0" * 64, method="greedy",
        check=Check(source="500 rows of the test split", texts=500, equal=493, required=0.98),
        files={"encoder.onnx": digest(folder / "encoder.onnx")}, size=22_842_099, versions={},
    )  # fmt: skip
    record.write(folder)
    staged = stage_model(run_folder, tmp_path / "staged", repo_id="me/student", revision="v1")
    card = (staged / "README.md").read_text(encoding="utf-8")
    assert (
        "* `onnx/`: ONNX Runtime, matrices in int8, 22.8 MB; the same emoji as the weights on 493 of 500 texts" in card
    )
    assert "--backend onnx TEXT" in card
    assert "- onnx\n" in card
    assert (staged / "onnx" / "export.json").is_file()
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(StudentError, match="exported from other weights"):
        stage_model(run_folder, tmp_path / "again", repo_id="me/student", revision="v1")
