"""The model card and the model repository: functions of a run folder, and usable by plain transformers."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from emojit.errors import CardError, StudentError
from emojit.recipe import LossConfig
from emojit.release.cards import render_model_card
from emojit.release.eval_results import render_eval_results
from emojit.release.push import push
from emojit.release.staging import stage_model


def change(path: Path, key: str, value: object) -> None:
    """Set a fact of a JSON file by its dotted key; ... removes it."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    *parents, last = key.split(".")
    table = facts
    for name in parents:
        table = table[name]
    if value is ...:
        del table[last]
    else:
        table[last] = value
    path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_card_of_a_run_is_the_recorded_one(run_folder, golden):
    golden("model.md", render_model_card(run_folder, repo_id="you/small-student", revision="v1"))


def test_the_eval_results_of_a_run_are_the_recorded_ones(run_folder, golden):
    for name, text in render_eval_results(run_folder).items():
        golden(name, text)


def test_a_card_has_the_further_figures_with_their_intervals_beside_the_strongest_baseline(run_folder):
    report = json.loads((run_folder / "eval_metrics.json").read_text(encoding="utf-8"))
    student, linear = (next(one for one in report["systems"] if one["name"] == name) for name in ("student", "linear"))
    known = report["analysis"]["intervals"]

    card = render_model_card(run_folder)

    def cell(system, field, module, name):
        ends = known[system["name"]][module][name]
        return f"{system[field][name]:.3f} [{ends['low']:.3f}, {ends['high']:.3f}]"

    for label, field, module, name in (
        ("answers that keep every rule", "validity", "emoji_validity", "valid"),
        ("correlation of the lengths", "length", "emoji_length", "correlation"),
        ("Jaccard index of the subgroups", "category", "emoji_category", "subgroup_jaccard"),
        (
            "Jensen–Shannon divergence of the frequencies (bits)",
            "distribution",
            "emoji_distribution",
            "jensen_shannon",
        ),
        ("Jaccard index with the best of the other votes", "votes", "emoji_votes", "compared_best"),
    ):
        cells = [cell(system, field, module, name) for system in (student, linear)]
        assert f"| {label} | {' | '.join(cells)} |" in card
    ceiling = cell(student, "votes", "emoji_votes", "ceiling_best")
    assert f"| a vote, the ceiling: {ceiling} |" in card
    assert "on the 148 texts with two votes or more" in card


def test_the_card_of_a_report_of_before_these_figures_lacks_the_table_and_odd_figures_are_left_out(run_folder):
    change(run_folder / "eval_metrics.json", "analysis", {"intervals": {"student": "none"}})
    path = run_folder / "eval_metrics.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    report["systems"][0]["length"]["mean"] = "many"
    path.write_text(json.dumps(report), encoding="utf-8")
    card = render_model_card(run_folder)
    assert "| emoji per text |" not in card
    assert "| answers that keep every rule | 1.000 | 1.000 |" in card

    for system in report["systems"]:
        for field in ("diversity", "length", "category", "distribution", "validity", "votes"):
            system.pop(field, None)
    path.write_text(json.dumps(report), encoding="utf-8")

    assert "held against" not in render_model_card(run_folder)


def test_a_student_that_loses_to_the_constant_says_so(run_folder):
    assert "loses to the best constant answer" in render_model_card(run_folder)


def test_model_index_and_eval_results_say_the_same_in_the_hubs_own_reading(run_folder):
    index = {
        result.metric_type: result.metric_value
        for result in ModelCard(render_model_card(run_folder)).data.eval_results
    }
    files = {}
    for text in render_eval_results(run_folder).values():
        (entry,) = parse_eval_result_entries(yaml.safe_load(text))
        assert (entry.dataset_id, len(entry.dataset_revision)) == ("you/small-pairs", 40)
        files[entry.task_id] = entry.value

    assert files == index
    assert index["emoji_jaccard"] == pytest.approx(0.0712345678, abs=1e-6)


def test_an_evaluation_on_a_folder_has_no_eval_results_for_a_hub(run_folder):
    change(run_folder / "eval_metrics.json", "dataset.commit", None)

    assert render_eval_results(run_folder) == {}
    assert (
        "revision"
        not in ModelCard(render_model_card(run_folder)).data.to_dict()["model-index"][0]["results"][0]["dataset"]
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("eval_metrics.json", "verdict"),
        ("eval_metrics.json", "systems"),
        ("eval_metrics.json", "dataset.rows"),
        ("eval_metrics.json", "confidence"),
        ("run.json", "data"),
        ("run.json", "hardware"),
    ],
)
def test_a_missing_fact_is_a_card_error_that_names_the_file_and_the_key(run_folder, name, key):
    change(run_folder / name, key, ...)

    with pytest.raises(CardError, match=rf"{re.escape(name)}.*{key.split('.')[-1]}"):
        render_model_card(run_folder)


@pytest.mark.parametrize(
    ("keys", "words", "unit"),
    [
        ({}, "the cross entropy over the emoji", "nats per emoji"),
        ({"train.loss": "focal", "train.loss_gamma": 2.0}, "the focal loss over the emoji", "by the loss focal"),
        ({"loss": {"name": "order_free"}}, "the order-free loss over the emoji", "by the loss order free"),
        (
            {"loss": dataclasses.asdict(LossConfig(name="set"))},
            "the order-free loss over the emoji",
            "by the loss set",
        ),
        ({"loss": {"kind": "brand-new", "beta": 0.9}}, 'what the recipe calls "brand-new"', "by the loss brand-new"),
    ],
)
def test_the_card_names_the_loss_of_the_recipe(run_folder, keys, words, unit):
    for key, value in keys.items():
        change(run_folder / "run.json", f"recipe.{key}", value)

    card = render_model_card(run_folder)

    assert f"The loss is {words}" in card
    assert unit in card
    assert ("the cross entropy over" in card) is (not keys)
    assert ("Its parameters: `gamma` `2.0`." in card) is ("train.loss_gamma" in keys)


@pytest.mark.parametrize(
    ("loss", "parameters"),
    [
        (LossConfig(), None),
        (LossConfig(name="focal"), "`alpha` `0.0`, `gamma` `2.0`"),
        (LossConfig(name="class_weighted"), '`beta` `0.999`, `weighting` `"effective"`'),
        (LossConfig(name="dice"), "`dice_alpha` `0.0`, `dice_gamma` `1.0`"),
        (LossConfig(name="majority_or_minority"), "`majority_lambda` `0.5`, `majority_share` `0.5`"),
        (LossConfig(name="set"), '`order` `"shuffled"`'),
        (LossConfig(name="set", soft_votes=True), '`order` `"shuffled"`'),
    ],
)
def test_the_card_states_the_parameters_of_its_own_loss_and_of_no_other(run_folder, loss, parameters):
    change(run_folder / "run.json", "recipe.loss", dataclasses.asdict(loss))

    card = render_model_card(run_folder)

    assert ("Its parameters:" in card) is (parameters is not None)
    assert parameters is None or f"Its parameters: {parameters}." in card
    assert ("as many of the teacher's votes as hold it" in card) is loss.soft_votes
    assert "what the recipe calls" not in card


def test_without_a_training_curve_the_card_shows_none(run_folder):
    assert "](run/plots/training.png)" in render_model_card(run_folder)

    (run_folder / "plots" / "training.png").unlink()

    assert "training.png" not in render_model_card(run_folder)


def test_emissions_are_those_of_codecarbons_last_run_or_said_not_to_be_measured(run_folder):
    assert "| emissions | not measured |" in render_model_card(run_folder)

    (run_folder / "emissions.csv").write_text(
        "timestamp,emissions,energy_consumed,country_name\n2026,9,9,Japan\n2026,0.0123,0.0456,Japan\n",
        encoding="utf-8",
    )

    card = render_model_card(run_folder)
    assert "| emissions | 12.3 g of CO₂ equivalent, measured by codecarbon, Japan |" in card
    assert "| energy | 0.046 kWh |" in card
    assert ModelCard(card).data.to_dict()["co2_eq_emissions"] == {
        "emissions": 12.3,
        "source": "codecarbon",
        "training_type": "fine-tuning",
        "hardware_used": "A CPU",
        "geographical_location": "Japan",
    }


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "emissions,energy_consumed\nmany,1\n"])
def test_a_file_that_is_none_of_codecarbons_is_named(run_folder, text):
    (run_folder / "emissions.csv").write_text(text, encoding="utf-8")

    with pytest.raises(CardError, match=r"emissions\.csv"):
        render_model_card(run_folder)


@pytest.mark.parametrize("name", ["run.json", "eval_metrics.json", "predictions_sample.jsonl"])
def test_a_missing_file_is_a_card_error(run_folder, name):
    (run_folder / name).unlink()

    with pytest.raises(CardError, match=re.escape(name)):
        render_model_card(run_folder)


@pytest.mark.parametrize(
    ("data", "base", "base_licence", "licence"),
    [
        ("cc0-1.0", None, None, "cc0-1.0"),
        ("cc0-1.0", "someone/t5", "cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("cc-by-sa-4.0", "someone/t5", None, "unknown"),
        ("unknown", None, None, "unknown"),
    ],
)
def test_the_model_inherits_the_licence_of_data_and_base(run_folder, data, base, base_licence, licence):
    change(run_folder / "run.json", "data.licence", data)
    change(run_folder / "run.json", "model.base", base)
    change(run_folder / "run.json", "model.base_licence", base_licence)

    assert ModelCard(render_model_card(run_folder)).data.license == licence


def test_licences_that_do_not_go_together_stop_the_card(run_folder):
    change(run_folder / "run.json", "model.base_licence", "cc-by-nc-4.0")

    with pytest.raises(CardError, match="do not go together"):
        render_model_card(run_folder)


def test_a_staged_model_has_the_model_on_top_and_the_run_below(run_folder, tmp_path):
    folder = stage_model(run_folder, tmp_path / "out", repo_id="you/small-student", revision="v1")

    assert set(digests(folder)) == {
        ".eval_results/emoji_exact_match.yaml",
        ".eval_results/emoji_f1_macro.yaml",
        ".eval_results/emoji_f1_micro.yaml",
        ".eval_results/emoji_jaccard.yaml",
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "run/config.yaml",
        "run/eval_metrics.json",
        "run/plots/jaccard.png",
        "run/plots/training.png",
        "run/predictions_sample.jsonl",
        "run/run.json",
        "tokenizer.json",
    }


def test_kept_checkpoints_and_what_a_sweep_keeps_are_published_only_where_somebody_asks(run_folder, tmp_path):
    for name in ("checkpoints-kept/checkpoint-3.safetensors", "sweep/.scores/0.json", "sweep/sweep.md"):
        (run_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (run_folder / name).write_bytes(b"-")

    plain = stage_model(run_folder, tmp_path / "plain")
    asked = stage_model(run_folder, tmp_path / "asked", kept_checkpoints=True)

    more = {name for name in digests(plain) if "checkpoint" in name or "sweep" in name}
    assert more == {"run/sweep/sweep.md"}
    assert digests(asked).keys() - digests(plain).keys() == {"run/checkpoints-kept/checkpoint-3.safetensors"}
    shutil.rmtree(run_folder / "checkpoints-kept")
    with pytest.raises(StudentError, match="the run kept no checkpoints"):
        stage_model(run_folder, tmp_path / "none", kept_checkpoints=True)


def test_staging_twice_gives_the_same_bytes_and_leaves_the_run_alone(run_folder, tmp_path):
    (run_folder / "model" / "README.md").write_text("the Trainer's own card\n", encoding="utf-8")
    before = digests(run_folder)

    first = stage_model(run_folder, tmp_path / "first")
    second = stage_model(run_folder, tmp_path / "second")

    assert digests(first) == digests(second)
    assert digests(run_folder) == before
    assert (first / "README.md").read_text(encoding="utf-8").startswith("---\n")


def test_a_run_without_model_or_tokenizer_is_refused(run_folder, tmp_path):
    (run_folder / "model" / "tokenizer.json").unlink()
    with pytest.raises(StudentError, match="no tokenizer"):
        stage_model(run_folder, tmp_path / "out")

    shutil.rmtree(run_folder / "model")
    with pytest.raises(StudentError, match="no finished model"):
        stage_model(run_folder, tmp_path / "out")


def test_the_same_run_pushed_twice_is_there_already(account, run_folder):
    repo_id = f"{account.name}/small-student"
    first = push("model", run_folder, repo_id, tag="v1", quiet=True)

    again = push("model", run_folder, repo_id, tag="v1", quiet=True)

    assert again.already_there
    assert again.commit == first.commit


@pytest.mark.slow
def test_a_pushed_model_runs_by_the_snippet_of_its_card_with_plain_transformers(
    account, run_folder, tmp_path, stranger
):
    _tiny_model(run_folder / "model")
    repo_id = f"{account.name}/small-student"
    push("model", run_folder, repo_id, tag="v1", quiet=True)
    card = account.api.hf_hub_download(repo_id, "README.md", revision="v1", local_dir=tmp_path / "card")
    snippet = re.search(r"```python\n(.+?)```", Path(card).read_text(encoding="utf-8"), re.DOTALL)
    assert snippet is not None

    done = stranger(f"{snippet[1]}\nimport sys\nassert 'emojit' not in sys.modules")

    assert 1 <= len(ast.literal_eval(done.stdout)) <= 5


def _tiny_model(folder: Path) -> None:
    """Save an untrained T5 with a word vocabulary, in memory until then."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    words = {"<pad>": 0, "</s>": 1, "<unk>": 2, "🍲": 3, "😋": 4}
    inner = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(words), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    model = T5ForConditionalGeneration(config)
    model.generation_config.update(max_new_tokens=3, min_new_tokens=2, suppress_tokens=[0, 2])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
