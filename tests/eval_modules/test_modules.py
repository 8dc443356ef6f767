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

import evaluate
import pytest
import yaml

from emojit.emoji import INVENTORY
from emojit.metrics import diversity, exact_match, jaccard_scores, precision_recall_f1

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "eval_modules"
NAMES = ("emoji_jaccard", "emoji_diversity")

PREDICTIONS = [["📖", "😊", "🇯🇵", "📚", "👏"], ["🎉", "🇯🇵", "🇯🇵", "😊", "🇯🇵"], ["❤️", "👨‍👩‍👧‍👦"], []]
REFERENCES = [["🤔", "📚", "📖", "🇯🇵", "🔍"], ["🏆", "🎉", "👏", "🇯🇵", "💪"], ["👨‍👩‍👧‍👦"], ["😊"]]
FORMS = {
    "lists": lambda rows: rows,
    "strings with blanks": lambda rows: [" ".join(row) for row in rows],
    "strings without blanks": lambda rows: ["".join(row) for row in rows],
}


@pytest.fixture(scope="module", params=NAMES)
def metric(request):
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
    plain = metric.compute(predictions=PREDICTIONS, references=REFERENCES)

    assert (
        metric.compute(predictions=FORMS[predicted_as](PREDICTIONS), references=FORMS[expected_as](REFERENCES))
        == plain
    )


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
    whole = metric.compute(predictions=PREDICTIONS, references=REFERENCES)
    metric.add_batch(predictions=PREDICTIONS[:3], references=REFERENCES[:3])
    metric.add(prediction=PREDICTIONS[3], reference=REFERENCES[3])

    assert metric.compute() == whole


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        ([], [], "nothing to score"),
        (["🎉"], ["🎉", "😊"], "1 predictions for 2 references"),
        (["🎉"], None, "both needed"),
        ([None], ["🎉"], "expected a string or a list of strings, got None"),
    ],
)
def test_input_that_cannot_be_scored_is_a_value_error_that_says_so(metric, predictions, references, message):
    with pytest.raises(ValueError, match=message):
        metric.compute(predictions=predictions, references=references)


def test_the_size_of_the_top_can_be_set():
    metric = evaluate.load(str(MODULES / "emoji_diversity"))

    assert metric.compute(predictions=["🎉😊", "🎉"], references=["🎉", "📚 🎉"], top_n=1)[
        "outside_top"
    ] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="top_n must be >= 1, got 0"):
        metric.compute(predictions=["🎉"], references=["🎉"], top_n=0)


ALONE = """
import json, socket, sys
def refuse(*_): raise AssertionError("the network was touched")
socket.socket.connect = socket.getaddrinfo = refuse
import evaluate
result = evaluate.load(sys.argv[1]).compute(predictions=["📖😊🇯🇵📚👏"], references=["🤔 📚 📖 🇯🇵 🔍"])
result["emojit"] = any(name.split(".")[0] == "emojit" for name in sys.modules)
print(json.dumps(result))
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_module_stands_alone_without_emojit_and_without_network(name, tmp_path):
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "PYTHONWARNINGS": "default"}
    environment.pop("HF_EVALUATE_OFFLINE", None)

    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", ALONE, str(MODULES / name)],
        cwd=tmp_path,
        env={key: value for key, value in environment.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result.pop("emojit") is False
    assert result.get("jaccard", 3 / 7) == pytest.approx(3 / 7)
    assert result.get("distinct", 5) == 5


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_that_of_a_gradio_space_and_names_every_output(name):
    _, head, body = (MODULES / name / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    front = yaml.safe_load(head)
    result = evaluate.load(str(MODULES / name)).compute(predictions=["🎉"], references=["🎉"])

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
    snippet = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1].replace(f"<user>/{name}", str(MODULES / name))
    claims = re.findall(r"`(\w+)` ([\d./]+\d)", re.search(r"^The example.*gives.*$", card, re.MULTILINE)[0])
    names: dict[str, object] = {}

    exec(snippet.replace("metric.compute(", "result = metric.compute("), names)

    assert claims
    for key, figure in claims:
        assert names["result"][key] == pytest.approx(float(Fraction(figure)), abs=5e-4), key
