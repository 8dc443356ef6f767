"""The pages of the metric modules: each is opened in a real browser of a phone's width and scores its example as emojit does."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emojit.metrics import MODULE_FIGURES, module_figures
from emojit.release.contents import space_kind
from emojit.resources import resource
from emojit.space.source import opened_space, space_to_push

NAMES = tuple(MODULE_FIGURES)
OPENED = tuple(name for name in NAMES if name != "emoji_jaccard")
"""What a browser opens; test_pages.py opens the page of emoji_jaccard."""

SERVE = """
import gc, json, os, runpy, socket, sys
gc.set_threshold(10_000, 10, 10)  # what is imported stays
sys.modules["transformers"] = None  # a page of a metric does not require it, and evaluate goes without it
import evaluate
del sys.modules["transformers"]  # datasets looks whether it is there
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
answers, urls = {}, {}
for name, folder, values, opened in json.loads(sys.argv[1]):  # in one process: importing gradio takes seconds
    app = runpy.run_path(folder + "/app.py")
    answers[name] = app["score"](*values)
    if opened:
        urls[name] = app["demo"].launch(server_name="127.0.0.1", server_port=free(), prevent_thread_lock=True, quiet=True)[1]
print(json.dumps([answers, urls]), flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Iterator[tuple[dict[str, dict], dict[str, str]]]:
    """What each page answers to its example, and the addresses of those that are opened; the process ends when its input does."""
    jobs = [(name, str(resource(f"eval_modules/{name}")), example(name), name in OPENED) for name in NAMES]
    folder = tmp_path_factory.mktemp("pages")
    environment = {**os.environ, "HF_HOME": str(folder / "home"), "GRADIO_ANALYTICS_ENABLED": "False"}
    with (folder / "errors.txt").open("w", encoding="utf-8") as errors:
        server = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-c", SERVE, json.dumps(jobs)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
    line = server.stdout.readline()
    assert line, (folder / "errors.txt").read_text(encoding="utf-8")
    yield json.loads(line)
    server.communicate(timeout=60)


def example(name: str) -> list[str]:
    """Return the values of the page's only example, in the order of its fields."""
    tree = ast.parse(resource(f"eval_modules/{name}/app.py").read_text(encoding="utf-8"))
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "examples"]
    return ast.literal_eval(found[0])[0]


def arguments(name: str, values: list) -> dict[str, object]:
    """Return what the example stands for as the arguments of `compute`."""
    rows = values[0].split("\n")
    if name == "emoji_validity":
        return {"predictions": rows, "most": values[2]}
    references = values[1].split("\n")
    if name == "emoji_votes":
        return {"predictions": rows, "references": [line.split("/") for line in references]}
    options = {"top_n": values[2]} if len(values) > 2 else {}
    return {"predictions": rows, "references": references, **options}


@pytest.mark.slow
def test_the_function_behind_each_page_answers_its_example_as_emojit_does(pages):
    answers, _ = pages

    assert answers == {name: module_figures(name, arguments(name, example(name))) for name in NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENED)
def test_a_page_takes_its_example_over_scores_it_and_says_what_is_missing(page, pages, name):
    page.set_default_timeout(60_000)  # a page of gradio is slow to start on a busy machine
    page.goto(pages[1][name])
    page.get_by_test_id("dataset-cell-0-0").click()  # the first cell of the table of examples
    page.wait_for_function("text => document.querySelector('textarea').value === text", arg=example(name)[0])
    page.get_by_role("button", name="Score", exact=True).click()
    expected = module_figures(name, arguments(name, example(name)))
    shown = page.locator(".json-holder")
    shown.get_by_text(next(iter(expected))).first.wait_for()

    assert json.loads(shown.inner_text()) == pytest.approx(expected)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for field in page.locator("textarea").all():
        field.fill("")
    page.get_by_role("button", name="Score", exact=True).click()
    page.get_by_text("Nothing to score").wait_for()


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_run_and_published_by_its_name(name):
    with opened_space(name, model=None, trust=False) as (folder, settings):
        assert (folder / "app.py").is_file()
        assert settings == {}
    with space_to_push(Path(name), model=None) as published:
        assert published == folder
        assert space_kind(published) == "metric"
