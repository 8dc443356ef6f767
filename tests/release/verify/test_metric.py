"""Verify of a metric Space: files against the manifest, its code against emojit's, and the figures of the card's example."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import emojit
from emojit.dataset.folder import write_json
from emojit.metrics import MODULE_FIGURES
from emojit.release.files import list_files
from emojit.release.push import push
from emojit.release.verify.run import verify
from emojit.resources import resource


@pytest.fixture(params=MODULE_FIGURES)
def published(request, account) -> str:
    repo_id = f"{account.name}/{request.param}"
    push("metric", resource(f"eval_modules/{request.param}"), repo_id, tag="v1", quiet=True)
    return repo_id


@pytest.fixture
def space(account, tmp_path) -> Path:
    """The files of a published metric, to be damaged."""
    repo_id = f"{account.name}/emoji_jaccard"
    push("metric", resource("eval_modules/emoji_jaccard"), repo_id, tag="v1", quiet=True)
    return Path(account.api.snapshot_download(repo_id, repo_type="space", revision="v1", local_dir=tmp_path / "space"))


def fix(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {
        file.path: {"sha256": file.sha256, "size": file.size}
        for file in list_files(folder, hidden=True)
        if file.path not in ("manifest.json", ".gitattributes")
    }
    write_json(folder / "manifest.json", {**manifest, "files": files})


def found(folder: Path) -> list[str]:
    return [f"{one.check}: {one.what}: {one.where}" for one in verify(str(folder), quiet=True).findings.kept]


def test_a_pushed_metric_is_sound_and_its_code_and_example_were_compared(published):
    result = verify(f"{published}@v1", quiet=True)

    assert result.kind == "space"
    assert result.findings.kept == []
    checked = "\n".join(result.findings.checked)
    assert f"files of {published.split('/')[1]}" in checked
    assert re.search(r"[1-9] figures of the example in README.md, worked out again", checked)
    assert "the tag v1 stands on the commit" in checked


def test_what_others_wrote_into_the_card_of_a_metric_survives_a_new_version(account):
    repo_id = f"{account.name}/emoji_jaccard"
    push("metric", resource("eval_modules/emoji_jaccard"), repo_id, tag="v1", quiet=True)
    card = Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="space")).read_text(encoding="utf-8")
    edited = (
        card.replace("pinned: false", "pinned: false\nthumbnail: x.png") + "\n## Our use\n\nFor the spring term.\n"
    )
    account.api.upload_file(
        path_or_fileobj=edited.encode(), path_in_repo="README.md", repo_id=repo_id, repo_type="space"
    )

    push("metric", resource("eval_modules/emoji_jaccard"), repo_id, tag="v2", quiet=True)

    found = Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="space", revision="v2"))
    text = found.read_text(encoding="utf-8")
    assert text.endswith("## Our use\n\nFor the spring term.\n")
    assert "thumbnail: x.png" in text
    assert text.count("# Metric card: emoji_jaccard") == 1
    findings = verify(f"{repo_id}@v2", quiet=True).findings
    assert findings.kept == []
    assert any("files of emoji_jaccard" in line for line in findings.checked)


@pytest.fixture
def no_checkout(monkeypatch) -> None:
    """Let no commit of emojit be at hand: in a checkout without changes every edit differs from it, too."""
    monkeypatch.setattr("emojit.release.verify.space.file_at_commit", lambda *_: None)


@pytest.mark.usefixtures("no_checkout")
def test_changed_missing_and_further_files_of_a_metric_are_found(space):
    (space / "overlap.py").write_text("def jaccard(*_): return 1.0\n", encoding="utf-8")
    (space / "fields.py").unlink()
    (space / "more.py").touch()

    assert found(space) == [
        "files: is missing: fields.py",
        "files: is not in the manifest: more.py",
        "files: has another size: overlap.py",
    ]


@pytest.mark.usefixtures("no_checkout")
def test_an_edited_figure_of_the_example_is_found(space):
    card = space / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("0.3810", "0.4810"), encoding="utf-8")
    fix(space)

    assert found(space) == ["metric: is not what the example gives: README.md: jaccard"]


def test_code_that_is_not_that_of_its_commit_is_found_though_the_manifest_fits(space, tmp_path, monkeypatch):
    """A checkout stands in for that of emojit, so that the test does not hang on what is committed here."""
    project = tmp_path / "project"
    shutil.copytree(resource("eval_modules/emoji_jaccard"), project / "eval_modules" / "emoji_jaccard")
    (project / "emojit").mkdir()
    (project / "emojit" / "__init__.py").touch()
    git = ["git", "-C", str(project), "-c", "user.name=t", "-c", "user.email=t@t"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    monkeypatch.setattr(emojit, "__file__", str(project / "emojit" / "__init__.py"))
    path = space / "provenance.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    table["made"] = {"code": {"version": emojit.__version__, "commit": head, "changed": False}}
    path.write_text(json.dumps(table), encoding="utf-8")
    fix(space)
    assert found(space) == []

    (space / "overlap.py").write_text("def jaccard(*_): return 1.0\n", encoding="utf-8")
    fix(space)

    assert found(space) == ["metric: is not the file of that commit: overlap.py"]


def test_the_code_of_another_version_is_said_not_to_be_checked(space):
    (space / "overlap.py").write_text("# of a later version\n", encoding="utf-8")
    path = space / "provenance.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    table["made"] = None
    path.write_text(json.dumps(table), encoding="utf-8")
    fix(space)

    findings = verify(str(space), quiet=True).findings

    assert findings.kept == []
    assert any("overlap.py differ from this emojit's" in line for line in findings.unchecked)


def test_a_space_of_others_is_checked_as_far_as_it_goes(account, tmp_path):
    (tmp_path / "README.md").write_text("---\ntitle: x\nsdk: gradio\n---\n\n# X\n", encoding="utf-8")

    findings = verify(str(tmp_path), quiet=True).findings

    assert findings.kept == []
    assert [line.split(":")[0] for line in findings.unchecked] == [
        "files against their checksums",
        "by which code and machine it was made",
    ]
