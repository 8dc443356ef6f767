"""A student with an export beside its weights: published, verified, and asked from a fresh download."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emojit.recipe import DecodingConfig, ModelConfig
from emojit.release.push import push
from emojit.release.verify.run import verify
from emojit.resources import resource
from emojit.student.export import export, load_exported
from emojit.student.model import new_student
from emojit.student.predict import load_student, make_student

SIZE = ModelConfig(vocab_size=3000, d_model=16, d_ff=16, num_layers=1, num_heads=2)


@pytest.fixture
def texts() -> list[str]:
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["sns_text"] for line in lines][:20]


@pytest.fixture
def file(texts, tmp_path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture
def run(run_folder, texts) -> Path:
    """The run with made-up figures, and a model that can be loaded."""
    import torch

    torch.manual_seed(0)
    model = run_folder / "model"
    shutil.rmtree(model)
    new = new_student(SIZE, texts)
    student = make_student(new.model, new.tokenizer, new.vocabulary, DecodingConfig(), source="new", commit=None)
    student.model.save_pretrained(model)
    student.tokenizer.save_pretrained(model)
    student.save_decoding(model)
    return run_folder


@pytest.mark.parametrize("form", ["ctranslate2", pytest.param("onnx", marks=pytest.mark.slow)])
def test_a_pushed_export_is_on_the_card_passes_verify_and_answers_from_a_fresh_download(
    account, run, file, texts, tmp_path, monkeypatch, form
):
    expected = load_student(run).predict(texts)
    record = export(run, form, texts=file).record
    repo_id = f"{account.name}/student"
    push("model", run, repo_id, tag="v1", quiet=True)

    files = account.files(repo_id, "model", "v1")
    assert {f"{form}/{name}" for name in (*record.files, "export.json")} <= files
    card = Path(account.api.hf_hub_download(repo_id, "README.md")).read_text(encoding="utf-8")
    assert f"* `{form}/`" in card
    assert f"on {len(texts)} of {len(texts)} texts" in card
    assert f"--backend {form} TEXT" in card

    wrong = [finding for finding in verify(f"{repo_id}@v1", quiet=True).findings.kept if finding.check != "data"]
    assert wrong == []

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "fresh"))
    student = load_exported(repo_id, form, "v1")
    assert student.commit == account.tags(repo_id, "model")["v1"]
    assert student.predict(texts) == expected


def test_verify_finds_an_export_of_other_weights_and_one_that_cannot_be_read(account, run, file, tmp_path):
    record = export(run, "ctranslate2", texts=file).record
    repo_id = f"{account.name}/student"
    push("model", run, repo_id, tag="v1", quiet=True)
    folder = Path(account.api.snapshot_download(repo_id, local_dir=tmp_path / "copy"))
    stale = replace(record, weights={"model.safetensors": "0" * 64})
    stale.write(folder / "ctranslate2")
    said = {finding.what: finding.found for finding in verify(str(folder), quiet=True).findings.kept}
    assert "was exported from other weights" in said["is no export of these weights"]
    (folder / "ctranslate2" / "export.json").write_text("{}", encoding="utf-8")
    said = {finding.what: finding.found for finding in verify(str(folder), quiet=True).findings.kept}
    assert "export.json: cannot be read" in said["is no export of these weights"]
