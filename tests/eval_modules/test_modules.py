"""The metric modules: loadable alone and offline, equal for every form of input, the formulas of emojit.metrics."""

from __future__ import annotations

import doctest
import json
import os
import random
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import datasets
import evaluate
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emojit.emoji import INVENTORY
from emojit.errors import MetricInputError
from emojit.metrics import (
    MODULE_FIGURES,
    diversity,
    exact_match,
    has_text,
    jaccard_scores,
    module_figures,
    precision_recall_f1,
    read_field,
)
from emojit.metrics.inputs import plain_fields

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "eval_modules"
NAMES = tuple(MODULE_FIGURES)

PREDICTIONS = [["📖", "😊", "🇯🇵", "📚", "👏"], ["🎉", "🇯🇵", "🇯🇵", "😊", "🇯🇵"], ["❤️", "👨‍👩‍👧‍👦"], []]
REFERENCES = [["🤔", "📚", "📖", "🇯🇵", "🔍"], ["🏆", "🎉", "👏", "🇯🇵", "💪"], ["👨‍👩‍👧‍👦"], ["😊"]]
VOTES = [[REFERENCES[0], PREDICTIONS[0]], [REFERENCES[1]], [REFERENCES[2], ["❤️"], []], [["😊"]]]
FORMS = {
    "lists": lambda rows: rows,
    "strings with blanks": lambda rows: [" ".join(row) for row in rows],
    "strings without blanks": lambda rows: ["".join(row) for row in rows],
}


def arguments(name, predicted_as="lists", expected_as="lists", rows=slice(None)):
    """Return what `compute` of a module is given, in the forms asked for."""
    found = {"predictions": FORMS[predicted_as](PREDICTIONS)[rows]}
    if name == "emoji_votes":
        found["references"] = [FORMS[expected_as](votes) for votes in VOTES[rows]]
    elif name != "emoji_validity":
        found["references"] = FORMS[expected_as](REFERENCES)[rows]
    return found


@pytest.fixture(scope="module", params=NAMES)
def metric(request):
    return evaluate.load(str(MODULES / request.param))


@pytest.fixture(scope="module", params=[name for name in NAMES if name not in {"emoji_votes", "emoji_validity"}])
def paired(request):
    """A module that takes one reference for each prediction."""
    return evaluate.load(str(MODULES / request.param))


@pytest.fixture(scope="module")
def jaccard():
    return evaluate.load(str(MODULES / "emoji_jaccard"))


def test_the_copies_are_what_the_generator_makes_of_emojit():
    script = ROOT / "scripts" / "build_eval_modules.py"

    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("predicted_as", FORMS)
@pytest.mark.parametrize("expected_as", FORMS)
def test_every_form_of_input_gives_the_same_values(metric, predicted_as, expected_as):
    plain = metric.compute(**arguments(metric.name))

    assert metric.compute(**arguments(metric.name, predicted_as, expected_as)) == plain
    assert module_figures(metric.name, arguments(metric.name, predicted_as, expected_as)) == plain


def test_the_values_are_those_worked_out_by_hand(jaccard):
    result = jaccard.compute(predictions=PREDICTIONS[:2], references=REFERENCES[:2])

    assert result["jaccard"] == pytest.approx((3 / 7 + 1 / 3) / 2)
    assert (result["precision_micro"], result["recall_micro"]) == pytest.approx((5 / 8, 5 / 10))
    assert result["exact_match"] == result["empty_predictions"] == result["outside_inventory"] == 0


def test_the_modules_agree_with_emojit_metrics_on_random_rows(jaccard):
    rng = random.Random(0)
    predictions, references = ([rng.sample(INVENTORY[:9], rng.randint(0, 5)) for _ in range(60)] for _ in range(2))
    scores = jaccard_scores(predictions, references)
    varied = diversity(predictions, references)

    result = jaccard.compute(predictions=predictions, references=references)
    other = evaluate.load(str(MODULES / "emoji_diversity")).compute(predictions=predictions, references=references)

    assert result["jaccard"] == sum(scores) / len(scores)
    assert result["exact_match"] == exact_match(predictions, references)
    for average in ("micro", "macro"):
        ours = precision_recall_f1(predictions, references, average=average)
        assert [result[f"{name}_{average}"] for name in ("precision", "recall", "f1")] == [
            ours.precision,
            ours.recall,
            ours.f1,
        ]
    assert [other["outside_top"], other["distinct"], other["entropy_bits"]] == [
        varied.predictions.outside_top,
        varied.predictions.distinct,
        varied.predictions.entropy_bits,
    ]
    assert other["reference_entropy_bits"] == varied.references.entropy_bits


def test_spellings_are_folded_and_what_is_outside_the_inventory_is_counted(jaccard):
    newer = "\U0001faea"  # came with Emoji 17.0

    result = jaccard.compute(predictions=["❤ 👍🏽" + newer], references=[["❤️", "👍"]])

    assert (result["jaccard"], result["outside_inventory"]) == (1.0, 1)


def test_batches_and_single_rows_add_up(metric):
    whole = metric.compute(**arguments(metric.name))
    metric.add_batch(**arguments(metric.name, rows=slice(3)))
    metric.add(**{key.removesuffix("s"): rows[0] for key, rows in arguments(metric.name, rows=slice(3, 4)).items()})

    assert metric.compute() == whole


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        ([], [], "nothing to score"),
        (["🎉"], ["🎉", "😊"], "1 predictions for 2 references"),
        (["🎉"], None, "both needed"),
        ([None], ["🎉"], "expected a string or a list of strings, got None"),
        ({"🎉": 1}, ["🎉"], "predictions must be a list of rows, got {'🎉': 1}"),
        (["🎉"], 3, "references must be a list of rows, got 3"),
        ("🎉", "🎉", "predictions must be a list of rows, got the string '🎉'"),
        (["🎉", 2], ["🎉", "🎉"], r"predictions\[1\]: expected a string or a list of strings, got 2"),
        (["🎉"], [[["🎉"], ["😊"]]], r"references\[0\]: expected .* got \[\['🎉'\], \['😊'\]\]"),
        ([["🎉", None]], ["🎉"], r"predictions\[0\]: expected"),
        ([{"🎉": 1}], ["🎉"], r"predictions\[0\]: expected"),
    ],
)
def test_input_that_cannot_be_scored_is_a_value_error_that_says_so(paired, predictions, references, message):
    with pytest.raises(ValueError, match=message):
        paired.compute(predictions=predictions, references=references)


@pytest.mark.parametrize(
    ("name", "call", "message"),
    [
        ("emoji_votes", {"predictions": ["🎉"], "references": [[]]}, r"references\[0\] has no vote"),
        ("emoji_votes", {"predictions": ["🎉"], "references": [["🎉"], ["🎉"]]}, "1 predictions for 2 references"),
        ("emoji_votes", {"predictions": ["🎉"], "references": ["🎉"]}, r"references\[0\] must be a list of votes"),
        ("emoji_votes", {"predictions": ["🎉"], "references": [None]}, r"references\[0\] must be a list of votes"),
        (
            "emoji_votes",
            {"predictions": ["🎉"], "references": [[[["🎉"]]]]},
            r"votes of references\[0\]\[0\]: expected",
        ),
        ("emoji_votes", {"predictions": ["🎉"], "references": "🎉"}, "references must be a list of rows, got '🎉'"),
        ("emoji_votes", {"predictions": ["🎉"], "references": None}, "both needed"),
        ("emoji_validity", {"predictions": []}, "nothing to score"),
        ("emoji_validity", {"predictions": [None]}, "expected a string or a list of strings, got None"),
        ("emoji_validity", {"predictions": [2]}, "expected a string or a list of strings, got 2"),
        ("emoji_validity", {"predictions": ["🎉"], "most": 0}, "most must be >= 1, got 0"),
        ("emoji_validity", {"predictions": ["🎉"], "most": 2.5}, "most must be a whole number, got 2.5"),
        ("emoji_validity", {"predictions": ["🎉"], "most": "5"}, "most must be a whole number, got '5'"),
        ("emoji_validity", {"predictions": ["🎉"], "inventory": ["🎉", "x"]}, "inventory must hold emoji and nothing"),
        ("emoji_validity", {"predictions": ["🎉"], "inventory": ""}, "inventory must hold emoji and nothing else"),
        ("emoji_validity", {"predictions": ["🎉"], "inventory": "🎉\U0001faea"}, "which is not in Emoji 16.0"),
        (
            "emoji_diversity",
            {"predictions": ["🎉"], "references": ["🎉"], "top_n": 2.5},
            "top_n must be a whole number",
        ),
        ("emoji_diversity", {"predictions": ["🎉"], "references": ["🎉"], "top_n": True}, "whole number, got True"),
        ("emoji_diversity", {"predictions": ["🎉"], "references": ["🎉"], "top_n": None}, "whole number, got None"),
        ("emoji_diversity", {"predictions": ["🎉"], "references": ["🎉"], "top_n": 0}, "top_n must be >= 1, got 0"),
        ("emoji_diversity", {"predictions": ["🎉"], "references": ["🎉"], "top_n": 1907}, "top_n must be <= 1906"),
    ],
)
def test_so_is_what_only_one_module_refuses_and_emojit_refuses_it_in_the_same_words(name, call, message):
    metric = evaluate.load(str(MODULES / name), keep_in_memory=True)

    with pytest.raises(ValueError, match=message) as refused:
        metric.compute(**call)
    if None not in (call.get("references", ""), call["predictions"]):  # what is missing has a message of its own
        with pytest.raises(MetricInputError) as ours:
            module_figures(name, call)
        assert str(ours.value) == str(refused.value)
    good = arguments(name)
    assert metric.compute(**good) == module_figures(name, good)  # nothing is left of the rows before


@pytest.mark.parametrize(
    "call",
    [
        {"prediction": None, "reference": "🎉"},
        {"prediction": "🎉"},
        {"prediction": "🎉", "reference": [["🎉"], ["😊"]]},
        {"prediction": ["🎉", 2], "reference": "🎉"},
    ],
)
def test_a_single_row_is_checked_as_a_batch_is(paired, call):
    with pytest.raises(ValueError, match=r"(predictions|references)\[0\]: expected a string or a list of strings"):
        paired.add(**call)


def test_strings_and_lists_may_stand_side_by_side_within_a_batch_and_between_batches(metric):
    lists = arguments(metric.name)
    mixed = {
        side: [*rows[:1], *arguments(metric.name, *["strings with blanks"] * 2)[side][1:]]
        for side, rows in lists.items()
    }
    metric.add_batch(**{side: rows[:2] for side, rows in mixed.items()})
    metric.add_batch(**arguments(metric.name, "lists", "strings without blanks", rows=slice(2, 3)))
    metric.add(
        **{side.removesuffix("s"): rows[3] for side, rows in arguments(metric.name, "strings with blanks").items()}
    )

    assert metric.compute() == metric.compute(**mixed) == metric.compute(**lists) == module_figures(metric.name, mixed)


def _arrays(rows):
    return [np.array(row, dtype=object) for row in rows]


CONTAINERS = {
    "tuples": lambda rows: tuple(map(tuple, rows)),
    "numpy strings": lambda rows: np.array([" ".join(row) for row in rows]),
    "numpy rows": _arrays,
    "a series with an index of its own": lambda rows: pd.Series(rows, index=range(7, 7 + len(rows))),
    "a series of arrays, as Parquet is read": lambda rows: pd.Series(_arrays(rows), index=range(7, 7 + len(rows))),
    "a column of a data set": lambda rows: datasets.Dataset.from_dict({"emojis": rows})["emojis"],
    "a column of Arrow": lambda rows: pa.array(rows, pa.list_(pa.string())),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_whatever_holds_the_rows_gives_the_same_values(metric, container):
    make, plain = CONTAINERS[container], arguments(metric.name)
    call = {"predictions": make(PREDICTIONS)}
    if "references" in plain:
        call["references"] = [make(votes) for votes in VOTES] if metric.name == "emoji_votes" else make(REFERENCES)

    assert metric.compute(**call) == module_figures(metric.name, call) == module_figures(metric.name, plain)


@given(st.lists(st.text("😀👍❤\ufe0f\u200d🏽🏻🇯🇵1#\u20e3 x\n👩💻", max_size=6), max_size=4))
def test_a_list_reads_as_the_string_that_a_module_stores_for_it(items):
    (stored,) = plain_fields("predictions", [items])

    assert read_field(stored) == read_field(items)
    assert has_text(stored) == has_text(items)


def test_modules_can_be_combined_also_with_the_one_that_takes_no_references():
    names = ("emoji_jaccard", "emoji_length", "emoji_validity")
    both = evaluate.combine([evaluate.load(str(MODULES / name), keep_in_memory=True) for name in names])

    result = both.compute(predictions=["🎉"], references=["🎉 😊"])

    assert (result["jaccard"], result["mean"], result["valid"]) == (0.5, 1.0, 1.0)


def test_the_size_of_the_top_can_be_set():
    metric = evaluate.load(str(MODULES / "emoji_diversity"))

    assert metric.compute(predictions=["🎉😊", "🎉"], references=["🎉", "📚 🎉"], top_n=1)[
        "outside_top"
    ] == pytest.approx(1 / 3)


ALONE = Path(__file__).with_name("alone.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What the modules answer in a process without emojit and without network, and in two that share the rows."""
    folder = tmp_path_factory.mktemp("alone")
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "PYTHONWARNINGS": "default"}
    environment.pop("HF_EVALUATE_OFFLINE", None)
    parts = (
        ("lists", slice(None)),
        ("strings with blanks", slice(3)),
        ("lists", slice(3, None)),
    )  # of either process its own form
    calls = [{name: arguments(name, form, form, rows=part) for name in NAMES} for form, part in parts]
    calls = [{str(MODULES / name): call for name, call in part.items()} for part in calls]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", ALONE, json.dumps(calls)],
        cwd=folder,
        env={key: value for key, value in environment.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


@pytest.mark.parametrize("name", NAMES)
def test_a_module_stands_alone_without_emojit_and_without_network(alone, name):
    answers, _ = alone

    assert answers["emojit"] is False
    assert answers["one process"][str(MODULES / name)] == module_figures(name, arguments(name))


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_that_add_a_part_of_the_rows_each_get_the_figures_of_all(alone, name):
    answers, folder = alone

    assert answers["two processes"][str(MODULES / name)] == module_figures(name, arguments(name))
    assert answers["the second ended with"] == 0  # and was answered None
    assert not list((folder / "shared").rglob("*.arrow"))


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_that_of_a_gradio_space_and_names_every_output(name):
    _, head, body = (MODULES / name / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    front = yaml.safe_load(head)
    result = module_figures(name, arguments(name))

    assert (front["title"], front["sdk"], front["app_file"]) == (name, "gradio", "app.py")
    assert front["tags"] == ["evaluate", "metric"]
    assert [key for key in result if f"`{key}`" not in body] == []
    compile((MODULES / name / "app.py").read_text(encoding="utf-8"), "app.py", "exec")
    assert (MODULES / name / "requirements.txt").is_file()


def test_the_example_in_the_documentation_of_the_inputs_runs(metric, monkeypatch):
    monkeypatch.chdir(ROOT)
    example = doctest.DocTestParser().get_doctest(metric.inputs_description, {}, metric.name, None, 0)

    assert len(example.examples) == 4
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_the_cards_example_are_what_its_snippet_gives(name):
    card = (MODULES / name / "README.md").read_text(encoding="utf-8")
    snippet = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1].replace(
        f'"<user>/{name}"', f'"{MODULES / name}", keep_in_memory=True'
    )
    claims = re.findall(r"`(\w+)` ([\d./]+\d)", re.search(r"^The example.*gives.*$", card, re.MULTILINE)[0])
    names: dict[str, object] = {}

    exec(snippet.replace("metric.compute(", "result = metric.compute("), names)

    assert claims
    for key, figure in claims:
        assert names["result"][key] == pytest.approx(float(Fraction(figure)), abs=5e-4), key
