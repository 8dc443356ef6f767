"""A saved baseline is published like a student: a card that says what it is, scores, provenance, and anybody can ask it from the Hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emojit.baselines import Example
from emojit.baselines.record import SCHEMA_VERSION, BaselineRecord, LearnedFrom, write_record
from emojit.baselines.registry import make_baseline
from emojit.baselines.saved import SavedBaseline
from emojit.errors import StudentError
from emojit.evaluation.predictor import load_predictor
from emojit.provenance import code, hardware, package_versions
from emojit.release.cards import render_baseline_card
from emojit.release.push import push
from emojit.release.verify.run import verify

ROWS = [Example(text="桜が咲いた", emojis=("🌸", "😊")), Example(text="電車が遅れた", emojis=("🚃",))]


@pytest.fixture
def saved(tmp_path):
    """Neighbours that know two rows."""
    folder = tmp_path / "neighbours"
    folder.mkdir()
    baseline = make_baseline("nearest-neighbour")
    baseline.fit(ROWS)
    baseline.save(folder)
    data = LearnedFrom(
        name="me/pairs",
        repo_id="me/pairs",
        revision="v1",
        commit="0" * 40,
        fingerprints={"train": "0" * 16},
        rows={"train": 2},
        input_column="sns_text",
        licence="cc-by-sa-4.0",
    )
    write_record(
        folder,
        BaselineRecord(
            schema_version=SCHEMA_VERSION,
            name=baseline.name,
            data=data,
            sources=baseline.sources,
            licences=baseline.licences,
            seconds=0.1,
            code=code(),
            versions=package_versions(("numpy",)),
            hardware=hardware(),
        ),
    )
    return folder


def test_a_baseline_is_published_with_a_card_that_says_what_it_is_and_answers_from_the_hub(account, saved):
    repo_id = f"{account.name}/emoji-neighbours"

    push("model", saved, repo_id, tag="v1", quiet=True)

    files = account.files(repo_id, "model", "v1") - {".gitattributes"}
    assert files == {
        "README.md", "baseline.json", "state.json", "model.safetensors", "provenance.json", "manifest.json"
    }  # fmt: skip
    loaded = load_predictor(repo_id, "v1")
    assert isinstance(loaded, SavedBaseline)
    assert loaded.commit == account.tags(repo_id, "model")["v1"]
    assert loaded.predict([row.text for row in ROWS]) == [list(row.emojis) for row in ROWS]
    card = account.api.model_info(repo_id, revision="v1").card_data
    assert card is not None
    assert card["license"] == "cc-by-sa-4.0"
    assert card["datasets"] == ["me/pairs"]
    assert "baseline" in card["tags"]
    made = json.loads((saved / "baseline.json").read_text(encoding="utf-8"))
    stated = Path(account.api.hf_hub_download(repo_id, "provenance.json", revision="v1"))
    provenance = json.loads(stated.read_text(encoding="utf-8"))
    assert provenance["made"] == {key: made[key] for key in ("code", "hardware", "versions")}
    assert provenance["inputs"][0]["commit"] == "0" * 40
    assert verify(f"{repo_id}@v1", quiet=True).findings.total == 0


def test_the_card_of_a_baseline_says_that_it_is_one_and_how_to_ask_it(saved):
    card = render_baseline_card(saved, repo_id="me/emoji-neighbours", revision="v1")

    assert "**This is a baseline, no neural network**: `nearest-neighbour` copies the emoji" in card
    assert 'emojit predict --model me/emoji-neighbours --revision v1 "おにぎりがおいしい"' in card
    assert "It was not evaluated before it was published." in card
    assert "Released under **cc-by-sa-4.0**" in card


def test_the_card_of_an_evaluated_baseline_shows_every_system(saved):
    report = Path(__file__).parent / "run_folder" / "eval_metrics.json"
    (saved / "eval_metrics.json").write_bytes(report.read_bytes())

    card = render_baseline_card(saved)

    assert "| the linear model | 0.200 [0.180, 0.220] |" in card
    assert "model-index:" in card


def test_half_a_baseline_is_not_published(account, saved):
    (saved / "state.json").unlink()

    with pytest.raises(StudentError, match=r"state\.json is missing"):
        push("model", saved, f"{account.name}/half", tag="v1", quiet=True)
