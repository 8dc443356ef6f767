"""A release that a test may damage, and the tools of a careful forger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.dataset.folder import read_manifest, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter, read_rows
from emojit.release.verify.findings import Finding, Findings


class Forge:
    """Edits of a build folder, and what was found of them."""

    def manifest(self, folder: Path) -> None:
        """Make the manifest say that the files are as they are now."""
        facts = {key: value for key, value in read_manifest(folder).items() if key not in ("schema_version", "files")}
        write_manifest(folder, facts)

    def rows(self, folder: Path, name: str, change: Callable[[list], None], columns=PAIR_COLUMNS) -> None:
        """Change the rows of a Parquet file, and the manifest with them."""
        rows = read_rows(folder / name)
        change(rows)
        with TableWriter(folder / name, columns) as table:
            for row in rows:
                table.add(row)
        self.manifest(folder)

    def json(self, folder: Path, name: str, change: Callable[[dict], None]) -> None:
        """Change a JSON file, and nothing else."""
        path = folder / name
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    def card(self, folder: Path, old: str, new: str) -> None:
        """Replace some words of the card."""
        path = folder / "README.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def kinds(self, findings: Findings) -> set[str]:
        """Return what kinds of things were found."""
        return {f"{check}: {what}" for check, what in findings.counts}

    def only(self, findings: Findings, what: str) -> Finding:
        """Return the first finding of a kind."""
        return next(finding for finding in findings.kept if f"{finding.check}: {finding.what}" == what)


@pytest.fixture(scope="session")
def forge() -> Forge:
    return Forge()


@pytest.fixture
def release(finished_build, tmp_path) -> Path:
    """A copy of a real build that a test may damage."""
    return shutil.copytree(finished_build, tmp_path / "release")


@pytest.fixture
def foreign(tmp_path) -> Path:
    """The older column set, in JSONL files, without manifest."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    rows = {
        "train": [("今日はとても天気が良い一日である。", "今日めっちゃ天気いいね", ["☀️", "😊"])],
        "test": [("図書館で新しい本を三冊借りた。", "図書館で本3冊も借りちゃった", ["📚"])],
    }
    for split, found in rows.items():
        lines = [
            {"original_text": text, "sns_text": post, "emojis": emojis, "emoji_string": " ".join(emojis)}
            for text, post, emojis in found
        ]
        content = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        (folder / f"{split}.jsonl").write_text(content, encoding="utf-8")
    return folder
