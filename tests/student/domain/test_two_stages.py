"""The two-stage recipe by its commands: masked words of the corpus, then the multi-label baseline on the pairs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from emojit.baselines.record import read_record
from emojit.cli.app import app
from emojit.recipe import dump
from emojit.release.baseline_facts import baseline_context


def ask(*arguments: str) -> dict[str, object]:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_an_encoder_that_read_the_corpus_becomes_the_multi_label_baseline(build, recipe, tmp_path):
    (tmp_path / "tiny.toml").write_text(dump(recipe), encoding="utf-8")
    domain, bert = tmp_path / "domain", tmp_path / "bert"

    first = ask(
        "train", str(tmp_path / "tiny.toml"), "--dataset", str(build), "--out", str(domain), "--set", "train.epochs=1"
    )
    settings = (
        f"base={domain}",
        "epochs=12",
        "batch_size=16",
        "learning_rate=5e-3",
        "max_tokens=40",
        "loss=bce",
        "choice=threshold",
    )
    ask(
        "baseline",
        "fit",
        "bert",
        "--dataset",
        str(build),
        "--out",
        str(bert),
        *(f"--set={setting}" for setting in settings),
    )

    assert first["objective"] == "mlm"
    record = read_record(bert)
    assert record.licences == ("mit", "cc-by-sa-4.0")
    assert len(record.sources) == 1
    assert "tiny: tiny-bert (mit), which went on learning masked words on with-corpus" in record.sources[0]
    assert f"{first['training']['best_step']} updates" in record.sources[0]
    card = baseline_context(bert, repo_id="you/bert", revision=None)
    assert card["sources"] == [record.sources[0]]
    assert str(tmp_path) not in json.dumps(record.as_dict())
    answers = tmp_path / "answers.jsonl"
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "電車アイウエオ"}\n{"text": "魚カキクケコ"}\n', encoding="utf-8")
    ask("predict", "--model", str(bert), "--input", str(texts), "--output", str(answers))
    rows = [json.loads(line)["emojis"] for line in answers.read_text(encoding="utf-8").splitlines()]
    assert rows == [["🚃"], ["🐟"]]
