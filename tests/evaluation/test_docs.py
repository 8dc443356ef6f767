"""What docs/metrics.md and docs/evaluation.md state is what the code does: figures, limits, rules and snippets are read from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emojit.evaluation.breakdowns import BANDS, LENGTHS
from emojit.evaluation.calibration import BINS
from emojit.evaluation.errors.analysis import EXAMPLES
from emojit.evaluation.errors.rules import CATEGORIES, FREQUENT, LOW
from emojit.evaluation.resampling import CONFIDENCE, RESAMPLES, SEED
from emojit.metrics import MODULE_FIGURES, module_figures
from emojit.metrics.groups import GROUPS, SUBGROUPS

ROOT = Path(__file__).resolve().parents[2]
WORDS = {9: "nine", 10: "ten", 20: "Twenty", 7: "seven"}


@pytest.fixture(scope="module")
def evaluation() -> str:
    return " ".join((ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def metrics() -> str:
    return (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_table_of_rules_is_that_of_the_code(evaluation):
    rows = re.findall(r"\| (\d) \| `([\w-]+)` \| (.*?) \|(?= \||\s)", evaluation)

    assert rows == [(str(place), one.name, one.rule) for place, one in enumerate(CATEGORIES, start=1)]


def test_every_limit_that_the_docs_state_is_the_codes(evaluation, metrics):
    least = [count for count, _ in BANDS]
    stated = (
        f"{100 * CONFIDENCE:g} % percentile intervals of a bootstrap over rows ({RESAMPLES:,} draws, seed {SEED};",
        f"Jaccard index is below {LOW:g}: of five emoji against five",
        f"up to {', '.join(str(most) for most, _ in LENGTHS)}, more;",
        f"{least[0]} or more, {least[1]} to {least[0] - 1}, {least[2]} to {least[1] - 1}, {least[3]} to {least[2] - 1}, none",
        f"sorted into at most {WORDS[BINS]} bins",
        f"{WORDS[EXAMPLES]} low rows of the model",
        f"the {FREQUENT} most frequent emoji of the training split",
        f"All figures of the {WORDS[len(MODULE_FIGURES)]} metric modules",
    )
    assert [sentence for sentence in stated if sentence not in evaluation] == []
    assert f"groups ({WORDS[len(set(GROUPS.values()))]}) or subgroups ({len(set(SUBGROUPS.values()))})" in metrics


def test_every_figure_of_every_module_is_explained(metrics):
    rows = [["🎉"], ["🎉", "📚"]]
    missing = []
    for name, (takes, _) in MODULE_FIGURES.items():
        call = dict.fromkeys(takes[:2] if "references" in takes else takes[:1], rows)
        found = module_figures(name, call | ({"references": [[row] for row in rows]} if name == "emoji_votes" else {}))
        missing += [key for key in found if f"`{key}`" not in metrics]

    assert missing == []


def test_the_snippets_of_the_metrics_page_run_and_answer_what_stands_beside_them(metrics, monkeypatch):
    monkeypatch.chdir(ROOT)
    first, second = re.findall(r"```python\n(.*?)```", metrics, re.DOTALL)
    names: dict[str, object] = {}

    exec(first, names)
    claims = re.findall(r"^(\S+)  # (\[.*?\])", first, re.MULTILINE)
    assert [str(eval(code, names)) for code, _ in claims] == [said for _, said in claims]
    exec(second.replace("metric.compute()", "found = metric.compute()"), names)
    assert names["found"] == module_figures("emoji_length", {"predictions": ["🎉😊"], "references": ["🎉"]})
