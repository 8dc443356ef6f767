"""Which Space is meant: a folder, one that emojit brings along, or a repository at a tag; opened as a folder for as long as it is needed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojit.dataset.folder import CARD, write_text
from emojit.errors import PublishError, UsageError
from emojit.release.contents import require_folder, space_sdk
from emojit.release.published import open_published
from emojit.release.statement import PROVENANCE, SETTINGS, demo_statement
from emojit.resources import resource
from emojit.space.demo import TEMPLATE, Speaker, local_speaker, published_speaker, stage_demo

_ROOMS = ("spaces", "eval_modules")
_NEEDS_MODEL = "--model you/emoji-student@v1"


def packaged_spaces() -> dict[str, Path]:
    """Return the Spaces that emojit brings along: name → folder."""
    return {
        folder.name: folder
        for room in _ROOMS
        for folder in sorted(resource(room).iterdir())
        if (folder / CARD).is_file() or (folder / TEMPLATE).is_file()
    }


@contextmanager
def space_to_push(source: Path, *, model: str | None) -> Iterator[Path]:
    """Give the folder of a Space as it is published.

    Args:
        source: a folder, or the name of a Space that emojit brings along.
        model: for the demo, the model that answers: namespace/name@tag.

    Raises:
        UsageError: no such folder and no such name, or `model` missing or without use.
        OfflineError: the model is on a Hub that `EMOJIT_OFFLINE` bars.
        PublishError: no such model at that tag.
    """
    folder = _local(source) or source
    require_folder(folder)
    if not (folder / TEMPLATE).is_file():
        if model is not None:
            raise UsageError(f"{source}: --model is for the demo alone", hint="leave it out")
        yield folder
        return
    if model is None:
        raise UsageError(f"{source}: no model is named to answer", hint=_NEEDS_MODEL)
    if Path(model).expanduser().exists():
        raise UsageError(
            f"--model {model} is on this machine, where no visitor of the Space can reach it",
            hint=f"publish it with `emojit push model`, then {_NEEDS_MODEL}",
        )
    speaker = published_speaker(model)
    with tempfile.TemporaryDirectory(prefix="emojit-space-") as scratch:
        staged = stage_demo(folder, Path(scratch) / "space", speaker)
        write_text(staged / PROVENANCE, demo_statement())
        yield staged


@contextmanager
def opened_space(source: str, *, model: str | None, trust: bool) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give the folder of a Space that is to be run, and the settings for its environment: the model that it shall ask instead of its own.

    Args:
        source: a folder, the name of a Space that emojit brings along, or namespace/name[@revision] on a Hub.
        model: for the demo, the model that answers: a folder, or namespace/name@tag.
        trust: whether code from a Hub may run.

    Raises:
        UsageError: nothing of that kind, no trust, or `model` missing or without use.
        OfflineError: a Hub is needed that `EMOJIT_OFFLINE` bars.
        PublishError: no such repository or revision, or it is no Gradio Space.
    """
    with tempfile.TemporaryDirectory(prefix="emojit-space-") as scratch:
        room = Path(scratch) / "space"
        folder = _local(Path(source))
        if folder is None:
            folder = _fetched(source, room, trust=trust)
        speaker = None if model is None else _speaker(model)
        if (folder / TEMPLATE).is_file():
            if speaker is None:
                raise UsageError(
                    f"{source}: no model is named to answer", hint=f"{_NEEDS_MODEL}, or a model folder or run folder"
                )
            yield stage_demo(folder, room, speaker), {}
            return
        if speaker is not None and not (folder / SETTINGS).is_file():
            raise UsageError(f"{source}: --model is for the demo alone", hint="leave it out")
        if (sdk := space_sdk(folder) if (folder / CARD).is_file() else "gradio") != "gradio":
            raise UsageError(f"{source}: a Space of the sdk {sdk} cannot be run here", hint="only sdk: gradio can")
        yield folder, {} if speaker is None else speaker.environment()


def _local(source: Path) -> Path | None:
    """Return the folder of a local or packaged Space, or None.

    A folder that happens to be called `demo`, as `emojit demo --folder demo` makes one, does not hide the Space of that name.
    """
    packaged = packaged_spaces().get(str(source))
    if packaged is not None and not any((source / name).is_file() for name in (CARD, TEMPLATE, "app.py")):
        return packaged
    return source if source.is_dir() else None


def _speaker(model: str) -> Speaker:
    path = Path(model).expanduser()
    return local_speaker(path) if path.is_dir() else published_speaker(model)


def _fetched(address: str, out: Path, *, trust: bool) -> Path:
    """Bring a Space from the Hub into a folder of its own: files in the Hub's cache are links, beside which a script would not find its siblings."""
    if "/" not in address or address.startswith((".", "/", "~")):
        names = ", ".join(packaged_spaces())
        raise UsageError(f"{address}: no such folder", hint=f"give a folder, namespace/name@tag, or one of: {names}")
    if not trust:
        raise UsageError(
            f"{address} is code that somebody published, and it would run on this machine with your rights",
            hint="read its files first; then add --trust",
        )
    found = open_published(address, kind="space")
    fetched = found.repo.fetch(found.commit)
    shutil.copytree(fetched, out)
    if not (out / "app.py").is_file():
        raise PublishError(f"{address}: no app.py, so there is nothing to run", repo_id=found.repo.repo_id)
    return out
