"""What a card says of a student that learned in stages, from word vectors, or a part of the emoji."""

from __future__ import annotations

import dataclasses
import json

import pytest

from emojit.release.cards import render_model_card

STAGES = [
    {
        "name": "gaps", "objective": "span_corruption", "origin": {"kind": "hub", "repo": "you/wiki", "revision": "0123456789abcdef"},
        "licence": "cc-by-sa-4.0", "rows": 20000, "kept_back": 500, "left_out": {"held_out_text": 3}, "cut": 0, "steps": 625, "epochs": 1.0,
        "chosen_by": "loss", "best_step": 600, "best_score": 3.25, "train_loss": 3.4,
    },
    {
        "name": "silver", "objective": "pairs", "origin": {"kind": "file", "path": "silver.jsonl", "sha256": "fedcba9876543210"},
        "licence": None, "rows": 10000, "kept_back": 0, "left_out": {}, "cut": 0, "steps": 312, "epochs": 1.0,
        "chosen_by": "jaccard", "best_step": 312, "best_score": 0.25, "train_loss": 5.0,
    },
]  # fmt: skip


def test_stages_vectors_and_the_part_of_the_emoji_stand_on_the_card_with_their_sources(run_folder):
    path = run_folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    run["stages"] = STAGES
    run["model"] |= {"vectors": "chiVe (Apache-2.0), in ja-ginza 5.3.0", "emojis": 100}
    run["data"]["unanswerable"] = 7
    path.write_text(json.dumps(run, ensure_ascii=False), encoding="utf-8")

    card = render_model_card(run_folder)

    assert (
        "| stage gaps | span corruption on 20,000 rows from you/wiki (0123456789ab): 625 updates (1.0 epochs), weights of update 600, loss 3.250 |"
        in card
    )
    assert "| stage silver | pairs on 10,000 rows from silver.jsonl (fedcba987654): 312 updates" in card
    assert "word vectors: chiVe (Apache-2.0), in ja-ginza 5.3.0, https://github.com/WorksApplications/chiVe" in card
    assert "| emoji it can write | the 100 most frequent of the training split |" in card
    assert "| rows left out, without any of them | 7 |" in card
    assert "can write 100 of the 1,906 emoji" in card
    assert "license: cc-by-sa-4.0" in card
    assert "the word vectors: apache-2.0" in card
    assert "the sentences of stage gaps: cc-by-sa-4.0" in card


def test_a_stage_is_made_again_from_the_commit_that_it_read_and_a_file_that_is_missing_is_named(run_folder):
    from emojit.errors import UsageError
    from emojit.recipe import StageConfig
    from emojit.release.reproduce.model import recipe_of
    from emojit.student import read_run

    path = run_folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    run["stages"] = STAGES
    run["recipe"]["decoding"] = {}
    gaps, silver = (
        StageConfig(name="gaps", objective="span_corruption", source="you/wiki"),
        StageConfig(name="silver", objective="pairs", source="silver.jsonl"),
    )
    run["recipe"]["stages"] = [dataclasses.asdict(gaps), dataclasses.asdict(silver)]
    path.write_text(json.dumps(run, ensure_ascii=False), encoding="utf-8")

    with pytest.raises(UsageError, match=r"stage silver learned from silver\.jsonl \(sha256 fedcba987654\)"):
        recipe_of(read_run(run_folder))

    run["stages"], run["recipe"]["stages"] = STAGES[:1], run["recipe"]["stages"][:1]
    path.write_text(json.dumps(run, ensure_ascii=False), encoding="utf-8")
    assert recipe_of(read_run(run_folder)).stages == (dataclasses.replace(gaps, revision="0123456789abcdef"),)
