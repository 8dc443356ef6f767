"""A sweep over a domain run: the figures are those that it measured, and any of its checkpoints can be the encoder that somebody starts from."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emojit.errors import UsageError
from emojit.experiment.sweep.markdown import markdown
from emojit.experiment.sweep.report import sweep
from emojit.experiment.sweep.writing import save_choice
from emojit.lineage import read_lineage
from emojit.student.domain.encoder import load_encoder
from emojit.student.kept import KEPT, kept_files


@pytest.fixture
def folder(run, tmp_path) -> Path:
    shutil.copytree(run.folder, tmp_path / "mlm")
    return tmp_path / "mlm"


def test_the_curve_is_what_the_run_measured_and_its_best_checkpoint_is_the_runs(run, folder):
    report = sweep([folder], quiet=True).sweep

    with (folder / "train_log.csv").open(encoding="utf-8", newline="") as file:
        log = {int(row["step"]): float(row["hit_at_1"]) for row in csv.DictReader(file)}
    assert {one.step: one.scores["hit_at_1"] for one in report.curves[0].checkpoints} == log
    assert set(log) == set(kept_files(folder / KEPT))
    assert report.by == "hit_at_1"
    assert report.best.score == pytest.approx(run.record.best.hit_at_1)
    assert report.curves[0].length == 40
    assert "masked words of articles that it never read" in markdown(report)


def test_any_checkpoint_becomes_an_encoder_with_its_own_lineage(folder, tmp_path):
    first = next(iter(kept_files(folder / KEPT)))
    report = sweep([folder], take=f"checkpoint-{first}", quiet=True).sweep

    save_choice(folder, report.best, report.by, tmp_path / "chosen")

    lineage = read_lineage(tmp_path / "chosen")
    assert (lineage.step, lineage.scores["hit_at_1"]) == (first, report.best.score)
    encoder = load_encoder(str(tmp_path / "chosen"), None)
    kept = load_file(kept_files(folder / KEPT)[first])
    weights = encoder.model.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in kept.items())


def test_a_checkpoint_that_is_gone_is_a_row_that_says_so_and_means_are_refused(folder):
    files = kept_files(folder / KEPT)
    gone, broken, *_ = files
    files[gone].unlink()
    files[broken].write_bytes(b"-")

    rows = {one.step: one for one in sweep([folder], quiet=True).sweep.curves[0].checkpoints}

    assert rows[gone].problem == "its weights were not kept"
    assert rows[broken].problem.startswith(f"checkpoint-{broken}.safetensors: no kept checkpoint")
    with pytest.raises(UsageError, match="is a domain run"):
        sweep([folder], average=2, quiet=True)


def test_runs_that_found_words_in_two_ways_do_not_stand_side_by_side(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["text"]["words"] = "letters"
    (tmp_path / "other" / "run.json").write_text(json.dumps(record), encoding="utf-8")

    with pytest.raises(UsageError, match=r"other found words by letters, mlm by \w+: their figures do not compare"):
        sweep([folder, tmp_path / "other"], quiet=True)
