"""Finding the file of an older data set: one JSONL file per version, in a folder or in a repository on the Hub."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emojit.dataset.folder import CARD
from emojit.dataset.hub import fetch_file, look_up
from emojit.dataset.older_card import stated_licence
from emojit.errors import DatasetError

_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")
_DATA = "data"
"""The folder in which the files of a data set lie, where they do not lie beside its card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One file of an older data set.

    Attributes:
        path: where it lies on this machine.
        shown: how a message names it.
        inputs: for the manifest: kind, and repository, commit and path for a file of the Hub.
        name: of a build that is made of it: folder or repository, and version.
        licence: as the card of the data set names it, or None.
    """

    path: Path
    shown: str
    inputs: dict[str, object]
    name: str
    licence: str | None = None


def find_origin(source: str, file: str | None = None) -> Origin:
    """Find the file that is to be imported.

    Args:
        source: a JSONL file, a folder of them, or a Hub repository as namespace/name or namespace/name@revision.
        file: which file of a folder or repository, by path, name or version ("v3"); None where there is only one.

    Raises:
        DatasetError: no such file, folder, repository or revision; several files and none was chosen.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    path = Path(source).expanduser()
    if path.is_file():
        home = path.resolve().parent
        cards = [home / CARD, *([home.parent / CARD] if home.name == _DATA else [])]
        licences = (stated_licence(card) for card in cards if card.is_file())
        return _local(path, name=_name(path.name), licence=next(licences, None))
    if path.is_dir():
        names = [found.relative_to(path).as_posix() for found in sorted(path.rglob("*")) if found.is_file()]
        chosen = _choose(names, file, where=str(path))
        return _local(path / chosen, name=_name(chosen, path.resolve().name), licence=stated_licence(path / CARD))
    repo_id, _, revision = source.partition("@")
    if repo_id.count("/") != 1 or source.startswith((".", "/", "~")) or not all(repo_id.split("/")):
        raise DatasetError(
            f"{source}: no such file or folder, and no repository name",
            hint="give a folder, or namespace/name@revision",
        )
    commit, names = look_up(repo_id, revision or None)
    chosen = _choose(names, file, where=source)
    return Origin(
        path=fetch_file(repo_id, chosen, commit),
        shown=f"{source}: {chosen}",
        inputs={"kind": "hub", "repo": repo_id, "revision": commit, "path": chosen},
        name=_name(chosen, repo_id.split("/")[1]),
        licence=stated_licence(fetch_file(repo_id, CARD, commit)) if CARD in names else None,
    )


def _local(path: Path, *, name: str, licence: str | None) -> Origin:
    return Origin(path=path, shown=str(path), inputs={"kind": "file"}, name=name, licence=licence)


def _choose(names: Sequence[str], file: str | None, *, where: str) -> str:
    found = [name for name in names if name.endswith(_ENDINGS) and not name.startswith(".")]
    if not found:
        raise DatasetError(f"{where}: no {' or '.join(_ENDINGS)} file", hint="give the folder that holds them")
    if file is None:
        if len(found) == 1:
            return found[0]
        raise DatasetError(
            f"{where}: several files, each a version of its own: {', '.join(found)}",
            hint=f"choose one, for example --file {_version(found[-1])}, and import each into a folder of its own",
        )
    meant = [name for name in found if file in (name, PurePosixPath(name).name, _version(name))]
    if len(meant) != 1:
        what = "no file" if not meant else "several files"
        raise DatasetError(f"{where}: {what} {file!r}", hint=f"there are: {', '.join(found)}")
    return meant[0]


def _name(file: str, *folder: str) -> str:
    """Return a name for a build, as recipes spell names."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join((*folder, _version(file)))).lstrip("._-") or "imported"


def _version(name: str) -> str:
    return PurePosixPath(name).name.split(".jsonl")[0]
