"""Whatever is done to a sound release is found: every file in turn, every number of the card, and edits that a careful forger made consistent."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emojit.corpus.records import sentence_id
from emojit.dataset.folder import listed_files, read_manifest, write_json
from emojit.dataset.parquet import REPLY_COLUMNS, read_rows
from emojit.errors import EmojitError
from emojit.release.card_merge import merge_card
from emojit.release.cards import render_dataset_card
from emojit.release.layout import Layout
from emojit.release.verify.card import check_card
from emojit.release.verify.findings import Findings
from emojit.release.verify.run import verify

TRAIN = "data/train-00000-of-00001.parquet"
TEST = "data/test-00000-of-00001.parquet"
REPLIES = "teacher/replies-00000.parquet"


def lay_out(kind: str, folder: Path, scratch: Path, out: Path, name: str) -> Path:
    """Copy what a push would publish as you/<name> v1 into a folder."""
    scratch.mkdir()
    layout = Layout(kind, folder, scratch, repo_id=f"you/{name}", tag="v1")
    for file in layout.put_on(None, {}):
        (out / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.source, out / file.path)
    return out


@pytest.fixture(scope="module")
def published(finished_build, tmp_path_factory) -> Path:
    """The files of a published data set. Do not change them: copy them first."""
    place = tmp_path_factory.mktemp("published")
    return lay_out("dataset", finished_build, place / "scratch", place / "pairs", "pairs")


@pytest.fixture
def copy(published, tmp_path) -> Path:
    return shutil.copytree(published, tmp_path / "copy")


def fix(folder: Path) -> None:
    """Make manifest and card fit the other files, as somebody does who knows emojit."""
    manifest = read_manifest(folder)
    statistics = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
    manifest |= {key: statistics[key] for key in ("rows", "inputs", "name")}
    card = render_dataset_card(folder, **dict(zip(("repo_id", "version"), manifest["release"].values(), strict=True)))
    (folder / "README.md").write_text(merge_card(card, None, "dataset"), encoding="utf-8", newline="\n")
    write_json(folder / "manifest.json", {**manifest, "files": listed_files(folder)})


def found(folder: Path) -> list[str]:
    return [f"{one.check}: {one.what}: {one.where}" for one in verify(str(folder), quiet=True).findings.kept]


def test_the_release_that_is_sabotaged_below_is_sound(published):
    findings = verify(str(published), quiet=True).findings

    assert (findings.kept, findings.unchecked) == ([], [])


@pytest.mark.slow
def test_a_flipped_byte_and_a_missing_file_are_found_whichever_file_it_is(copy):
    names = [path.relative_to(copy).as_posix() for path in sorted(copy.rglob("*")) if path.is_file()]
    assert len(names) == 12
    for name in names:
        whole = (copy / name).read_bytes()
        for at in (len(whole) // 2, len(whole) - 1):
            damaged = bytearray(whole)
            damaged[at] ^= 1
            (copy / name).write_bytes(damaged)
            lines = found(copy)
            assert any(name in line for line in lines) or (lines and name == "manifest.json"), f"{name}, byte {at}"
        (copy / name).unlink()
        if name != "manifest.json":  # without one there is nothing to compare with, and the report says so
            assert any(name in line for line in found(copy)), f"{name} deleted"
        (copy / name).write_bytes(whole)


def test_numbers_of_the_card_are_held_to_wherever_they_stand(published, tmp_path):
    text = (published / "README.md").read_text(encoding="utf-8")
    rendered = render_dataset_card(published, repo_id="you/pairs", version="v1")
    numbers = list(re.finditer(r"\d+", text))
    assert len(numbers) > 200
    for number in numbers[::3]:
        edited = f"{text[: number.start()]}{int(number[0]) + 1}{text[number.end() :]}"
        (tmp_path / "README.md").write_text(edited, encoding="utf-8")
        findings = Findings()

        check_card(tmp_path, lambda: rendered, findings, recorded=None)

        assert findings.total, text[max(0, number.start() - 40) : number.end() + 20]


def leaves(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of every value of a JSON table; of a list the first entry."""
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        yield from leaves(value[0], (*path, 0)) if value else ()
    else:
        yield path


def other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value}x"
    return 1 if value is None else value + 1


def edit(table: dict, path: tuple) -> None:
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = other(table[path[-1]])


NOBODY_CAN_SAY = {
    *((("corpus", key)) for key in ("articles", "drawn", "left_out")),
    *((("balance", key)) for key in ("short_of", "why", "deferred", "asked_again", "floor_emoji")),
}
"""Figures about what was passed over: no file of a release says them again. `emojit reproduce --corpus` does."""


@pytest.mark.slow
def test_edited_statistics_are_found_though_card_and_manifest_were_made_to_fit(copy):
    path = copy / "statistics.json"
    whole = path.read_text(encoding="utf-8")
    places = [place for place in leaves(json.loads(whole)) if place not in NOBODY_CAN_SAY and place[0] != "inputs"]
    assert len(places) > 100
    for place in places[::9]:
        table = json.loads(whole)
        edit(table, place)
        path.write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
        try:
            fix(copy)
        except (EmojitError, TypeError, ValueError, KeyError):
            continue  # nobody could render a card of that

        assert found(copy), place


@pytest.mark.slow
@pytest.mark.parametrize("name", ["manifest.json", "provenance.json"])
def test_an_edited_fact_about_the_making_is_found_where_two_files_say_it(copy, name):
    table = json.loads((copy / name).read_text(encoding="utf-8"))
    table.pop("files", None)
    statement = {"code.commit", "code.changed", "hardware", "versions"}
    for place in list(leaves(table))[::2]:
        key = ".".join(map(str, place[1:]))
        if name == "provenance.json" and place[0] in ("made", "published") and key.startswith(tuple(statement)):
            continue  # a statement of the one who ran it, which nothing else says
        if name == "manifest.json" and place[0] == "schema_version":
            continue  # another layout: an error of its own
        whole = (copy / name).read_text(encoding="utf-8")
        edited = json.loads(whole)
        edit(edited, place)
        (copy / name).write_text(json.dumps(edited), encoding="utf-8")
        if name == "provenance.json":
            write_json(copy / "manifest.json", {**read_manifest(copy), "files": listed_files(copy)})

        assert found(copy), place

        (copy / name).write_text(whole, encoding="utf-8")


def emoji_in_another_spelling(rows: list) -> None:
    row = next(row for row in rows if "❤️" in row["emojis"] or "☀️" in row["emojis"])
    row["emojis"] = [one.replace("\ufe0f", "") for one in row["emojis"]]
    row["emoji_string"] = " ".join(row["emojis"])
    row["votes"] = [row["emojis"]]


def six_emoji(rows: list) -> None:
    six = ["🎉", "😊", "📚", "🍜", "🔥", "🌊"]
    rows[0].update(emojis=six, emoji_string=" ".join(six), votes=[six])


def the_same_id(rows: list) -> None:
    rows[1]["id"] = rows[0]["id"]


def another_order(rows: list) -> None:
    row = next(row for row in rows if len(row["emojis"]) > 1)
    row["emojis"] = row["emojis"][::-1]
    row["emoji_string"] = " ".join(row["emojis"])
    row["votes"] = [row["emojis"]]


def an_article_of_the_test_split(rows: list) -> None:
    rows[0]["doc_id"] = "1"
    rows[0]["id"] = sentence_id(rows[0]["source"], "1", rows[0]["original_text"])


def another_licence(rows: list) -> None:
    for row in rows:
        row["licence"] = "MIT"


@pytest.mark.parametrize(
    "change",
    [emoji_in_another_spelling, six_emoji, the_same_id, another_order, an_article_of_the_test_split, another_licence,
     list.pop],
)  # fmt: skip
def test_changed_rows_are_found_though_the_manifest_was_made_to_fit(copy, forge, change):
    forge.rows(copy, TRAIN, change)

    assert found(copy)


def test_replies_and_rows_that_were_changed_alike_are_found_by_the_statistics(copy, forge):
    """Somebody improves an answer of the teacher and every row that follows from it."""
    row = next(row for row in read_rows(copy / TRAIN) if len(row["votes"]) == 1)

    def answer(rows: list) -> None:
        for reply in rows:
            if reply["text"] == " ".join(row["votes"][0]) and row["sns_text"] in reply["request"]:
                reply["text"] = "🗿"

    def follow(rows: list) -> None:
        for one in rows:
            if one["id"] == row["id"]:
                one.update(emojis=["🗿"], emoji_string="🗿", votes=[["🗿"]])

    forge.rows(copy, REPLIES, answer, REPLY_COLUMNS)
    forge.rows(copy, TRAIN, follow)

    assert any(line.startswith("statistics: is not what the files count to") for line in found(copy))


def test_a_near_duplicate_of_a_test_row_is_found_beside_every_other_rule(copy, forge):
    text = max((row["sns_text"] for row in read_rows(copy / TEST)), key=len)
    forge.rows(copy, TRAIN, lambda rows: rows[0].update(sns_text=f"{text}！"))

    assert any(line.startswith("duplicates: a train row nearly repeats a held-out row") for line in found(copy))


def sabotage_model(change: Callable[[Path], None], run_folder: Path, tmp_path: Path) -> list[str]:
    folder = lay_out("model", run_folder, tmp_path / "scratch", tmp_path / "out", "student")
    assert found(folder) == []
    change(folder)
    return found(folder)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "run/predictions_sample.jsonl", "run/run.json", "provenance.json"]
)
def test_a_changed_byte_of_a_model_release_is_found(run_folder, tmp_path, name):
    def flip(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[-1] ^= 1
        (folder / name).write_bytes(content)

    assert any(name in line for line in sabotage_model(flip, run_folder, tmp_path))


def test_further_files_of_a_model_release_are_found_hidden_ones_too(run_folder, tmp_path):
    def add(folder: Path) -> None:
        (folder / ".eval_results" / "emoji_best.yaml").write_text("[]\n", encoding="utf-8")
        (folder / "pytorch_model.bin").write_bytes(b"\0")

    assert sabotage_model(add, run_folder, tmp_path) == [
        "files: is not in the manifest: .eval_results/emoji_best.yaml",
        "files: is not in the manifest: pytorch_model.bin",
    ]


def test_a_run_and_a_provenance_that_disagree_are_found(run_folder, tmp_path):
    def older(folder: Path) -> None:
        path = folder / "provenance.json"
        table = json.loads(path.read_text(encoding="utf-8"))
        table["seed"] = 7
        table["made"]["hardware"]["cpu"] = "A better CPU"
        path.write_text(json.dumps(table), encoding="utf-8")

    lines = sabotage_model(older, run_folder, tmp_path)

    assert "provenance: says something else than the files: provenance.json: seed" in lines
    assert "provenance: says something else than the files: provenance.json: made" in lines
