"""A release beside what was built from it, file by file, in the order in which a build makes them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emojit.dataset.folder import CARD, MANIFEST, RECIPE, STATISTICS, listed_files
from emojit.release.reproduce.differences import Difference, difference, values
from emojit.release.verify.card_text import compare_cards

State = Literal["identical", "same content", "different", "only in the release", "only in the rebuild"]

_ORDER = (RECIPE, "corpus/", "teacher/", "data/", "rejected/", STATISTICS, CARD)
_HOW = ("versions",)
"""Keys of the manifest that say with what a build was made, not what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file of a release and of its rebuild.

    Attributes:
        path: inside the folder.
        state: "identical" (byte for byte), "same content" (other bytes that say the same), "different", or on which side alone it is.
        difference: the first one where it is different, or why the bytes are others.
    """

    path: str
    state: State
    difference: Difference | None = None


def compare_folders(released: Path, rebuilt: Path) -> list[FileResult]:
    """Compare every file; the manifest comes last, and what follows from other files is left out of it.

    Raises:
        DatasetError: a file is damaged.
    """
    theirs, ours = listed_files(released), listed_files(rebuilt)
    manifest, again = (_manifest(folder) for folder in (released, rebuilt))
    causes = _Causes(manifest, again)
    results = []
    for path in sorted({*theirs, *ours}, key=_rank):
        if path not in ours or path not in theirs:
            state: State = "only in the release" if path in theirs else "only in the rebuild"
            results.append(FileResult(path=path, state=state))
        elif theirs[path] == ours[path]:
            results.append(FileResult(path=path, state="identical"))
        else:
            results.append(_compare(released, rebuilt, path, causes))
    states = {result.path: result.state for result in results}
    return [*results, _compare_manifests(released, rebuilt, manifest, again, states)]


def _compare(released: Path, rebuilt: Path, path: str, causes: _Causes) -> FileResult:
    edited = causes.edited(released, rebuilt, path)
    found = difference(released / path, rebuilt / path)
    if path == CARD and found is not None and not _card_differs(released, rebuilt):
        why = "the card has sections or keys of its own beside those that the files give"
        return FileResult(path=path, state="same content", difference=dataclasses.replace(found, why=why))
    if found is None and not edited:
        why = causes.bytes_only()
        return FileResult(
            path=path,
            state="same content",
            difference=Difference(place="bytes", released="the same content", rebuilt="in other bytes", why=why),
        )
    if found is None:
        found = Difference(place="bytes", released="the same content", rebuilt="in other bytes")
    return FileResult(
        path=path, state="different", difference=dataclasses.replace(found, why=edited or causes.content())
    )


def _card_differs(released: Path, rebuilt: Path) -> bool:
    wanted, found = ((folder / CARD).read_text(encoding="utf-8") for folder in (rebuilt, released))
    return bool(compare_cards(wanted, found).differences)


class _Causes:
    """What the two manifests say about why files may differ."""

    def __init__(self, manifest: Mapping[str, Any], again: Mapping[str, Any]) -> None:
        self._recorded = manifest.get("files", {})
        before, now = manifest.get("versions", {}), again.get("versions", {})
        self._versions = [
            f"{name} {before.get(name)}, here {now.get(name)}"
            for name in dict.fromkeys((*before, *now))
            if before.get(name) != now.get(name)
        ]
        self._prompts = manifest.get("prompt_id") != again.get("prompt_id")

    def edited(self, released: Path, rebuilt: Path, path: str) -> str | None:
        """Say that a file is not the one that the manifest records."""
        recorded = self._recorded.get(path, {}).get("sha256")
        if recorded is None or recorded == _sha256(released / path):
            return None
        changed = "it was changed after the build: its checksum is not that of the manifest"
        return f"{changed}, the rebuilt file's is" if recorded == _sha256(rebuilt / path) else changed

    def bytes_only(self) -> str:
        """Say why the same content may stand in other bytes."""
        return (
            f"built with {'; '.join(self._versions)}"
            if self._versions
            else "another build of pyarrow, or a file that was saved anew"
        )

    def content(self) -> str | None:
        """Say why content may differ."""
        reasons = ["this emojit asks with other prompts"] if self._prompts else []
        if self._versions:
            reasons.append(f"built with {'; '.join(self._versions)}")
        return "; ".join(reasons) or None


def _compare_manifests(
    released: Path, rebuilt: Path, manifest: Mapping[str, Any], again: Mapping[str, Any], states: Mapping[str, State]
) -> FileResult:
    if (released / MANIFEST).read_bytes() == (rebuilt / MANIFEST).read_bytes():
        return FileResult(path=MANIFEST, state="identical")
    theirs, ours = (
        {
            **{key: value for key, value in one.items() if key not in _HOW},
            "files": {
                path: facts for path, facts in one["files"].items() if states.get(path, "identical") == "identical"
            },
        }
        for one in (manifest, again)
    )
    if (found := values(theirs, ours)) is not None:
        return FileResult(path=MANIFEST, state="different", difference=found)
    place = "key versions" if manifest.get("versions") != again.get("versions") else "key files"
    shown = {
        "key versions": (
            "; ".join(f"{name} {value}" for name, value in one.get("versions", {}).items())
            for one in (manifest, again)
        ),
        "key files": ("checksums of the files above", "other ones"),
    }[place]
    before, now = shown
    return FileResult(
        path=MANIFEST, state="same content", difference=Difference(place=place, released=before, rebuilt=now)
    )


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def _rank(path: str) -> tuple[int, str]:
    return next((number for number, start in enumerate(_ORDER) if path.startswith(start)), len(_ORDER)), path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
