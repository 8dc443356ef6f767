"""Data sets of the older column set: what becomes of every kind of row, that the splits hold over versions, and what is stated as unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi
from typer.testing import CliRunner

from emojit import emoji
from emojit.cli.app import app
from emojit.dataset.folder import verify_manifest
from emojit.dataset.importing import Stated, import_dataset
from emojit.dataset.older_files import find_origin
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, read_rows
from emojit.dataset.splits import SPLITS
from emojit.errors import CorpusError, DatasetError
from emojit.localhub import LocalHub
from emojit.resources import resource


def older(place: str, deed: str, **changes: object) -> dict[str, Any]:
    row = {
        "original_text": f"{place}{deed}。",
        "sns_text": f"{deed}んだ、{place}ってすごい",
        "emojis": ["🗻"],
        "emoji_string": "🗻",
    }
    return {**row, **changes}


def recorded(count: int) -> list[dict[str, Any]]:
    """The packaged replies as an older data set had them."""
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    return [
        {"original_text": row["text"], "sns_text": row["sns_text"], "emojis": row["emojis"], "emoji_string": None}
        for row in map(json.loads, lines)
    ]


def write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def run(tmp_path, card) -> Callable[..., Path]:
    def imported(rows: list[Any], name: str = "v1", **stated: Any) -> Path:
        origin = find_origin(str(write(tmp_path / "old" / f"{name}.jsonl", rows)))
        out = tmp_path / f"out-{name}"
        import_dataset(origin, out, Stated(name=name, **stated), render_card=bare_card, quiet=True)
        return out

    return imported


def bare_card(folder: Path) -> str:
    return f"# {json.loads((folder / 'statistics.json').read_text(encoding='utf-8'))['name']}\n"


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for split in SPLITS for row in read_rows(folder / f"data/{split}-00000-of-00001.parquet")]


def one(run: Callable[..., Path], **changes: object) -> tuple[str, str] | tuple[str, ...]:
    """Import one row beside a good one; return its emoji, or (stage, reason)."""
    folder = run([older("会津", "という町に親戚がいる"), older("富士山", "は冬になると白くなる", **changes)])
    rows = [row for row in rows_of(folder) if row["original_text"].startswith("富士山")]
    if rows:
        return tuple(rows[0]["emojis"])
    (rejected,) = read_rows(folder / "rejected" / "rejected-00000.parquet")
    return rejected["stage"], rejected["reason"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"emojis": ["🗻", "❄"], "emoji_string": "🗻 ❄️"}, ("🗻", "❄️")),
        ({"emojis": "🗻❄️", "emoji_string": None}, ("🗻", "❄️")),
        ({"emojis": None, "emoji_string": "🗻 👍🏽"}, ("🗻", "👍")),
        ({"emojis": ["👍🏽", "👍", "👍🏿"], "emoji_string": "👍🏽👍👍🏿"}, ("👍",)),
        ({"emojis": ["1️⃣", "👨‍👩‍👧"], "emoji_string": "1️⃣, 👨‍👩‍👧"}, ("1️⃣", "👨‍👩‍👧")),
        ({"emojis": list("🍎🍊🍇🍓🍒🍎"), "emoji_string": "🍎🍊🍇🍓🍒"}, tuple("🍎🍊🍇🍓🍒")),
        ({"emojis": list("🍎🍊🍇🍓🍒🍑"), "emoji_string": ""}, ("emoji", "too_many")),
        ({"emojis": ["🗻", "\U0001fac8"], "emoji_string": None}, ("emoji", "outside_inventory")),
        ({"emojis": ["山", "🗻"], "emoji_string": None}, ("emoji", "prose")),
        ({"emojis": ["山"], "emoji_string": None}, ("emoji", "no_emoji")),
        ({"emojis": [], "emoji_string": ""}, ("emoji", "no_emoji")),
        ({"emojis": 5}, ("emoji", "no_emoji")),
        ({"emojis": ["🍎"]}, ("emoji", "emoji_columns_disagree")),
        ({"sns_text": "🗻❄️"}, ("rewrite", "empty")),
        ({"sns_text": None}, ("source", "no_text")),
        ({"original_text": "富士山 "[3:]}, ("source", "empty_text")),
        ({"sns_text": "\ud83d"}, ("source", "bad_unicode")),
    ],
)
def test_a_row_becomes_a_pair_or_names_the_reason(run, changes, found):
    if changes.get("sns_text") == "\ud83d":
        folder = run([older("会津", "という町に親戚がいる"), '{"original_text": "富士山", "sns_text": "\\ud83d"}'])
        assert [row["reason"] for row in read_rows(folder / "rejected" / "rejected-00000.parquet")] == ["bad_unicode"]
        return
    assert one(run, **changes) == found


def test_rows_have_the_columns_of_a_pair_and_state_what_is_unknown(run):
    folder = run(recorded(60))
    rows = rows_of(folder)

    assert set(rows[0]) == set(PAIR_COLUMNS)
    for row in rows:
        assert (row["title"], row["url"], row["licence"]) == (None, None, None)
        assert (row["source"], row["teacher"], row["prompt_id"]) == ("unknown", "unknown", "unknown")
        assert row["votes"] == [row["emojis"]]
        assert set(row["emojis"]) <= set(emoji.INVENTORY)
    statistics = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
    assert {"the licence of the texts", "the teacher", "what it cost"} <= set(statistics["unknown"])
    assert statistics["licence"]["id"] == "unknown"
    assert statistics["teacher"]["cost_usd"] is None
    assert not (folder / "recipe.toml").exists()
    manifest = verify_manifest(folder)
    assert manifest["kind"] == "imported"
    assert manifest["inputs"][0]["path"] == "v1.jsonl"


def test_what_is_stated_is_in_every_row_and_no_longer_unknown(run):
    folder = run(recorded(20), licence="CC BY-SA 4.0", teacher="t", source="wikipedia")

    assert {(row["source"], row["teacher"], row["licence"]) for row in rows_of(folder)} == {
        ("wikipedia", "t", "CC BY-SA 4.0")
    }
    statistics = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
    assert statistics["licence"]["id"] == "cc-by-sa-4.0"
    assert "the teacher" not in statistics["unknown"]


def test_the_same_text_is_in_the_same_split_in_every_version(run):
    rows = recorded(60)
    splits = []
    for name, version in (("v1", rows), ("v2", [*reversed(rows), older("小樽", "の運河は夜になると光る")])):
        folder = run(version, name=name)
        splits.append(
            {
                row["original_text"]: split
                for split in SPLITS
                for row in read_rows(folder / f"data/{split}-00000-of-00001.parquet")
            }
        )
    assert len(set(splits[0].values())) > 1
    both = splits[0].keys() & splits[1].keys()
    assert both
    assert {text: splits[0][text] for text in both} == {text: splits[1][text] for text in both}


def test_a_text_that_was_there_before_is_no_row_however_it_is_spelled(run):
    first = older("富士山", "は冬になると白くなる")
    folder = run(
        [
            first,
            first,
            older("富士山", "は冬になると白くなる", original_text="富士山は、冬になると白くなる。", sns_text="別だよ"),
            older("会津", "という町に親戚がいる", sns_text=first["sns_text"]),
            older("会津", "という町に親戚がいる", sns_text=f"{first['sns_text']}！"),
        ]
    )

    rejected = read_rows(folder / "rejected" / "rejected-00000.parquet")
    assert [row["reason"] for row in rejected] == [
        "duplicate",
        "near_duplicate",
        "duplicate_rewrite",
        "near_duplicate_rewrite",
    ]
    assert set(rejected[0]) == set(REJECTED_COLUMNS)


def test_two_imports_have_the_same_bytes_and_a_second_one_does_nothing(tmp_path, contents):
    rows = [{**row, "emojis": ["👍🏽"]} for row in recorded(60)]
    origin = find_origin(str(write(tmp_path / "v1.jsonl", [*rows, "no JSON", ""])))
    folders = [tmp_path / name / "out" for name in ("a", "b")]
    stated = Stated(name="x", licence="CC0-1.0")
    first, second = (import_dataset(origin, out, stated, render_card=bare_card, quiet=True) for out in folders)

    assert contents(folders[0]) == contents(folders[1])
    assert first.lines == len(rows) + 1
    assert str(tmp_path) not in (folders[0] / "manifest.json").read_text(encoding="utf-8")
    assert import_dataset(origin, folders[0], stated, render_card=bare_card, quiet=True).already_complete
    with pytest.raises(DatasetError, match="holds something else"):
        import_dataset(origin, second.folder, Stated(name="y"), render_card=bare_card, quiet=True)


def test_the_version_is_chosen_by_name_and_never_guessed(tmp_path):
    for name in ("data/v1.jsonl", "data/v2.jsonl", "README.md"):
        write(tmp_path / name, [older("富士山", "という町に親戚がいる")])

    assert find_origin(str(tmp_path), "v2").path == tmp_path / "data" / "v2.jsonl"
    assert find_origin(str(tmp_path / "data"), "v1.jsonl").name == "data-v1"
    with pytest.raises(DatasetError, match=r"several files.*v1\.jsonl, data/v2\.jsonl") as caught:
        find_origin(str(tmp_path))
    assert "--file v2" in caught.value.hint
    with pytest.raises(DatasetError, match="no file 'v3'"):
        find_origin(str(tmp_path), "v3")
    with pytest.raises(DatasetError, match="no such file or folder"):
        find_origin(str(tmp_path / "nowhere"))


def test_a_file_without_a_usable_row_is_refused_and_leaves_nothing(tmp_path):
    path = write(tmp_path / "v1.jsonl", ['{"text": "x"}'])
    with pytest.raises(DatasetError, match=r"none of its 1 lines became a row \(no_text 1\)"):
        import_dataset(find_origin(str(path)), tmp_path / "out", Stated(name="x"), render_card=bare_card, quiet=True)
    path.write_bytes(b"")
    with pytest.raises(CorpusError, match="is empty"):
        import_dataset(find_origin(str(path)), tmp_path / "out", Stated(name="x"), render_card=bare_card, quiet=True)
    assert not (tmp_path / "out").exists()


def test_a_repository_is_read_at_a_commit_that_the_manifest_names(tmp_path, monkeypatch):
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("old")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_TOKEN", hub.create_token("old"))
        api = HfApi(endpoint=hub.endpoint)
        api.create_repo("old/pairs", repo_type="dataset")
        path = write(tmp_path / "v1.jsonl", recorded(20))
        api.upload_file(
            path_or_fileobj=b"---\nlicense: cc-by-sa-4.0\n---\n",
            path_in_repo="README.md",
            repo_id="old/pairs",
            repo_type="dataset",
        )
        commit = api.upload_file(
            path_or_fileobj=path, path_in_repo="data/v1.jsonl", repo_id="old/pairs", repo_type="dataset"
        ).oid
        api.create_tag("old/pairs", tag="first", repo_type="dataset")

        origin = find_origin("old/pairs@first")
        import_dataset(origin, tmp_path / "out", Stated(name=origin.name), render_card=bare_card, quiet=True)

    (source,) = verify_manifest(tmp_path / "out")["inputs"]
    assert (source["repo"], source["revision"], source["path"]) == ("old/pairs", commit, "data/v1.jsonl")
    assert origin.name == "pairs-v1"


@pytest.mark.parametrize(
    ("front", "licence"),
    [
        ("license: cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("license: [cc0-1.0]", "cc0-1.0"),
        ("license: [cc0-1.0, cc-by-4.0]", None),
        ("license: unknown", None),
        ("language: ja", None),
        ("license: [", None),
    ],
)
def test_the_licence_is_the_one_that_the_card_beside_the_files_names(tmp_path, front, licence):
    write(tmp_path / "data" / "v1.jsonl", [older("富士山", "という町に親戚がいる")])
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# Older\n", encoding="utf-8")

    assert find_origin(str(tmp_path)).licence == licence
    assert find_origin(str(tmp_path / "data" / "v1.jsonl")).licence == licence


def test_the_command_says_a_licence_that_it_took_from_the_card_and_one_of_your_own_comes_first(tmp_path):
    write(tmp_path / "old" / "v1.jsonl", [older("富士山", "という町に親戚がいる")])
    (tmp_path / "old" / "README.md").write_text("---\nlicense: cc-by-sa-4.0\n---\n", encoding="utf-8")

    def run(*options: str) -> str:
        done = CliRunner().invoke(app, ["import", str(tmp_path / "old"), *options])
        assert done.exit_code == 0, done.output
        return done.output

    assert "licence: cc-by-sa-4.0, as the card of the data set says" in run("--out", str(tmp_path / "a"))
    assert "as the card" not in run("--out", str(tmp_path / "b"), "--licence", "cc0-1.0")
    assert {row["licence"] for row in rows_of(tmp_path / "a")} == {"cc-by-sa-4.0"}
    assert {row["licence"] for row in rows_of(tmp_path / "b")} == {"cc0-1.0"}
    assert "license: cc-by-sa-4.0\n" in (tmp_path / "a" / "README.md").read_text(encoding="utf-8")
