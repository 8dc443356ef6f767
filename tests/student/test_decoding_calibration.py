"""The number of emoji, fitted to validation rows."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

from emojit.emoji import INVENTORY
from emojit.metrics import jaccard_scores
from emojit.recipe import DecodingConfig
from emojit.student.calibrate import calibrate, calibrated
from emojit.student.decoding import FILE_NAME, Settings
from emojit.student.decoding.calibration import DecodingCalibration, fit_end_bias, fit_prefix
from emojit.student.decoding.mbr import best_prefixes
from emojit.student.predict import load_student, make_student

EMOJI = sorted(INVENTORY)[:8]


def with_decoding(student, **given):
    return make_student(
        student.model, student.tokenizer, student.vocabulary, DecodingConfig(**given), source="test", commit=None
    )


def test_scale_and_size_are_those_with_the_highest_jaccard_of_the_grid():
    rng = np.random.default_rng(0)
    chances = -np.sort(-rng.dirichlet(np.ones(8), 80)[:, :5], axis=1)
    rankings = [rng.permutation(EMOJI)[:5].tolist() for _ in range(80)]
    references = [rng.choice(EMOJI, rng.integers(1, 6), replace=False).tolist() for _ in range(80)]
    how = Settings(method="mbr", min_emojis=2)

    found = fit_prefix(rankings, chances, how, references)

    def mean(scale, size):
        order = np.tile(np.arange(5), (80, 1))
        chosen = best_prefixes(order, chances, scale=scale, size=size, least=2)
        scores = jaccard_scores([[row[i] for i in c] for row, c in zip(rankings, chosen, strict=True)], references)
        return sum(scores) / len(scores)

    grid = np.round(np.arange(1.0, 4.01, 0.2), 1)
    assert found.jaccard == pytest.approx(mean(found.scale, found.size))
    assert found.jaccard == pytest.approx(max(mean(*at) for at in itertools.product(grid, grid)))
    assert found.uncalibrated_jaccard == pytest.approx(mean(how.scale, how.size))
    assert found.jaccard >= found.uncalibrated_jaccard


def test_the_bias_of_the_end_is_the_one_with_the_highest_jaccard_and_small_where_it_does_not_matter():
    right = EMOJI[:3]

    def answer(settings):
        return [EMOJI[: 5 if settings.end_bias < -1 else 3 if settings.end_bias < 2 else 1]]

    found = fit_end_bias(answer, Settings(), [right])

    assert (found.end_bias, found.jaccard, found.uncalibrated_jaccard) == (0.0, 1.0, 1.0)
    assert fit_end_bias(answer, Settings(), [EMOJI[:1]]).end_bias == 2.0


@pytest.mark.parametrize("method", [{"method": "mbr"}, {"method": "greedy"}, {"method": "mbr", "samples": 4}])
def test_a_calibrated_student_answers_validation_as_well_as_it_was_fitted(model_folder, rows, method):
    texts = [row["sns_text"] for row in rows["train"]]
    references = [row["emojis"] for row in rows["train"]]
    student = with_decoding(load_student(model_folder), length="calibrated", **method)

    fitted = calibrated(student, texts, references)

    scores = jaccard_scores(fitted.predict(texts), references)
    assert sum(scores) / len(scores) == pytest.approx(fitted.calibration.jaccard, abs=1e-6)
    assert fitted.calibration.jaccard >= fitted.calibration.uncalibrated_jaccard
    assert fitted.calibration.rows == len(texts)


def test_length_left_to_the_model_is_not_calibrated(model_folder, rows):
    student = with_decoding(load_student(model_folder), method="mbr")

    assert calibrated(student, ["雨"], [["☔"]]) is student


def test_what_was_fitted_for_another_method_is_not_used(model_folder):
    student = with_decoding(load_student(model_folder), method="mbr", length="calibrated")
    fitted = calibrate(student, ["雨", "晴れ"], [["☔"], ["☀️"]])

    other = dataclasses.replace(student, decoding=DecodingConfig(length="calibrated"), calibration=fitted)

    assert other.settings == Settings()


def test_it_reads_back_as_it_was_written(tmp_path, model_folder):
    student = with_decoding(load_student(model_folder), method="mbr", length="calibrated")
    fitted = calibrated(student, ["雨", "晴れ"], [["☔"], ["☀️"]])

    fitted.save_decoding(tmp_path)

    table = json.loads((tmp_path / FILE_NAME).read_text(encoding="utf-8"))
    assert DecodingCalibration.from_dict(table["calibration"]) == fitted.calibration
    assert table["decoding"]["scale"] == fitted.calibration.scale
