"""An imported data set as a release: its card says what is unknown, `emojit verify` has nothing to object, and the import can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import UsageError
from emojit.release.imported_facts import is_imported
from emojit.release.push import push
from emojit.release.reproduce.run import reproduce
from emojit.release.verify.run import verify
from emojit.resources import resource


@pytest.fixture
def older(tmp_path) -> Path:
    """The packaged replies as two versions of an older data set."""
    rows = [json.loads(line) for line in resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()]
    for name, count in (("v1", 80), ("v2", 200)):
        path = tmp_path / "older" / "data" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [_line(row) for row in rows[:count]]
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return tmp_path / "older"


def _line(row: dict[str, Any]) -> str:
    emojis = [f"{emoji}🏽" if emoji == "👍" else emoji.replace("\ufe0f", "") for emoji in row["emojis"]]
    older = {
        "original_text": row["text"],
        "sns_text": row["sns_text"],
        "emojis": emojis,
        "emoji_string": "".join(emojis),
    }
    return f"{json.dumps(older, ensure_ascii=False)}\n"


def imported(older: Path, out: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["import", str(older), "--out", str(out), "--json", *options])
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_an_imported_version_passes_verification_and_can_be_imported_again(older, tmp_path):
    out = tmp_path / "v2"
    result = imported(older, out, "--file", "v2", "--licence", "CC0-1.0", "--teacher", "somebody/else")

    assert sum(result["rows"].values()) > 150
    found = verify(str(out), quiet=True).findings
    assert found.kept == []
    assert any("recipe" in line for line in found.unchecked)
    with pytest.raises(UsageError, match=r"imported from a file, v2\.jsonl"):
        reproduce(str(out), quiet=True)
    again = reproduce(str(out), corpus=str(older / "data" / "v2.jsonl"), quiet=True)
    assert again.verdict == "identical"
    other = reproduce(str(out), corpus=str(older / "data" / "v1.jsonl"), quiet=True)
    assert other.verdict == "different"


def test_the_card_says_what_is_known_and_what_is_not(older, tmp_path):
    out = tmp_path / "v1"
    imported(older, out, "--file", "v1")
    card = (out / "README.md").read_text(encoding="utf-8")

    assert is_imported(out)
    assert "license: unknown" in card
    assert "**The licence of this data set is not known.**" in card
    for item in ("the teacher's prompts and parameters", "what it cost", "the licence of the texts", "the teacher"):
        assert f"* {item}\n" in card.replace("\\", "")
    assert "CC0" not in card

    imported(older, tmp_path / "known", "--file", "v1", "--licence", "CC0-1.0", "--teacher", "a|b")
    card = (tmp_path / "known" / "README.md").read_text(encoding="utf-8")
    assert "license: cc0-1.0" in card
    assert "a\\|b, as the one who imported the rows states it." in card
    assert "* the teacher\n" not in card


def test_an_imported_version_is_published_with_its_address_and_imported_again_from_where_it_was(
    older, account, tmp_path
):
    origin, repo_id = f"{account.name}/older", f"{account.name}/pairs"
    account.api.create_repo(origin, repo_type="dataset")
    commit = account.api.upload_folder(folder_path=older, repo_id=origin, repo_type="dataset").oid
    done = CliRunner().invoke(app, ["import", f"{origin}@{commit}", "--file", "v2", "--out", str(tmp_path / "v2")])
    assert done.exit_code == 0, done.output

    push("dataset", tmp_path / "v2", repo_id, tag="v1", quiet=True)

    card = Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="dataset", revision="v1"))
    text = card.read_text(encoding="utf-8")
    assert f'load_dataset("{repo_id}", revision="v1")' in text
    assert f"| data/v2.jsonl | {origin} | {commit} |" in text.replace("\\", "")
    assert "plots/emoji.png" in text
    assert verify(f"{repo_id}@v1", quiet=True).findings.kept == []
    assert reproduce(f"{repo_id}@v1", quiet=True).verdict == "identical"


def test_a_folder_of_several_versions_is_refused_in_one_line(older, tmp_path):
    done = CliRunner().invoke(app, ["import", str(older), "--out", str(tmp_path / "x")])
    assert done.exit_code == 1
    assert "several files, each a version of its own" in str(done.exception)
