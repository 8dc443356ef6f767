"""`emojit push report`: the page of a plan's folder as a static Space, published like every release and verified."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from huggingface_hub import HfApi, snapshot_download

from emojit.experiment.comparison.files import write_comparison
from emojit.experiment.page.write import write_page
from emojit.localhub import LocalHub


@pytest.fixture
def folder(comparison, tmp_path):
    """A plan's folder with its report, and files beside it that are no part of it."""
    out = tmp_path / "v3"
    write_comparison(comparison, out)
    write_page(comparison, out)
    (out / "runs").mkdir()
    (out / "runs" / "large.bin").write_bytes(b"weights")
    return out


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_TOKEN", hub.create_token("me"))
        yield hub


def run(monkeypatch, capsys, *arguments):
    from emojit.cli.app import main

    monkeypatch.setattr(sys, "argv", ["emojit", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_a_report_is_published_as_a_static_space_and_verified(folder, hub, monkeypatch, capsys):
    command = ("push", "report", folder, "me/v3-report", "--tag", "v1", "--json")
    api = HfApi(endpoint=hub.endpoint)

    code, planned, err = run(monkeypatch, capsys, *command, "--dry-run")
    assert code == 0, err
    assert not api.repo_exists("me/v3-report", repo_type="space")
    code, out, err = run(monkeypatch, capsys, *command)

    assert code == 0, err
    names = [file["path"] for file in json.loads(out)["files"]]
    assert names == [file["path"] for file in json.loads(planned)["files"]]
    assert set(names) == {
        "README.md",
        "comparison.json",
        "index.html",
        "manifest.json",
        "provenance.json",
        "report.md",
    }
    there = Path(snapshot_download("me/v3-report", repo_type="space", revision="v1", endpoint=hub.endpoint))
    assert (there / "index.html").read_bytes() == (folder / "report.html").read_bytes()
    assert (there / "comparison.json").read_bytes() == (folder / "comparison.json").read_bytes()
    _, head, body = (there / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(head)
    assert (card["sdk"], card["app_file"], card["title"], card["datasets"]) == (
        "static",
        "index.html",
        "v3 <small>",
        ["me/emoji-pairs"],
    )
    assert len(card["short_description"]) <= 60
    assert "lr1e-4はbaseより良い" in body
    assert "<script" not in body
    assert json.loads((there / "provenance.json").read_text(encoding="utf-8"))["inputs"] == [
        {
            "role": "dataset",
            "repo": "me/emoji-pairs",
            "name": "me/emoji-pairs",
            "revision": "v1",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "fingerprints": {"test": "aa" * 8},
        }
    ]
    assert api.space_info("me/v3-report").sdk == "static"
    code, out, err = run(monkeypatch, capsys, *command)
    assert (code, json.loads(out)["already_there"]) == (0, True), err
    code, out, err = run(monkeypatch, capsys, "verify", "me/v3-report@v1")
    assert code == 0, out + err
    assert "index.html: made of comparison.json" in out


def test_what_others_wrote_into_the_card_survives_the_next_version(folder, comparison, hub, monkeypatch, capsys):
    assert run(monkeypatch, capsys, "push", "report", folder, "me/kept", "--tag", "v1")[0] == 0
    api = HfApi(endpoint=hub.endpoint)
    card = Path(api.hf_hub_download("me/kept", "README.md", repo_type="space")).read_text(encoding="utf-8")
    theirs = card + "\n## Seminar\n\nRoom 5.\n"
    api.upload_file(path_or_fileobj=theirs.encode(), path_in_repo="README.md", repo_id="me/kept", repo_type="space")
    later = dataclasses.replace(comparison, findings=comparison.findings[:1])
    write_comparison(later, folder)
    write_page(later, folder)

    code, _, err = run(monkeypatch, capsys, "push", "report", folder, "me/kept", "--tag", "v2")

    assert code == 0, err
    card = Path(api.hf_hub_download("me/kept", "README.md", repo_type="space", revision="v2")).read_text("utf-8")
    assert card.endswith("## Seminar\n\nRoom 5.\n")
    assert card.count("## 要約") == 1
    code, out, err = run(monkeypatch, capsys, "verify", "me/kept@v2")
    assert code == 0, out + err


def test_a_page_of_other_figures_is_refused_and_found(folder, comparison, tmp_path, monkeypatch, capsys):
    from emojit.experiment.page.space import report_to_push

    with report_to_push(folder) as staged:
        space = shutil.copytree(staged, tmp_path / "space")
    write_comparison(dataclasses.replace(comparison, resamples=9), folder)
    write_comparison(dataclasses.replace(comparison, resamples=9), space)

    code, _, err = run(monkeypatch, capsys, "push", "report", folder, "me/v3-report", "--tag", "v1", "--dry-run")
    assert code == 1
    assert "report.html was not made of the comparison.json beside it" in err
    assert "emojit experiment table" in err
    with (space / "index.html").open("a", encoding="utf-8") as file:
        file.write("<script>0</script>")
    code, out, err = run(monkeypatch, capsys, "verify", space)
    assert code == 1
    assert "was made of other figures" in out + err
    assert "holds a script" in out + err


@pytest.mark.parametrize("name", ["comparison.json", "report.md", "report.html"])
def test_a_folder_without_a_whole_report_is_one_clear_line(name, folder, monkeypatch, capsys):
    (folder / name).unlink()

    code, out, err = run(monkeypatch, capsys, "push", "report", folder, "me/v3-report", "--tag", "v1", "--dry-run")

    assert code == 1, out
    assert f"no report here ({name} is missing)" in err
    assert "Traceback" not in err
