"""Corpus files on this machine: one, a folder of them, or all that a pattern matches, read one after the other in the order of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from emojit.corpus.files import ENDINGS, READERS, ending_of, file_facts, listing_sha256
from emojit.corpus.opened import Opened
from emojit.corpus.rows import Row
from emojit.corpus.streams import Position, check_content
from emojit.errors import CorpusError
from emojit.logs import progress

_WILD = "*?["
_LONG_BYTES = 2**30
"""Hashing less than this is not worth a progress bar."""

_HIDDEN = (".", "_")
"""How names begin that are no shards: .git, .cache, _SUCCESS."""


def open_local(source: str, *, quiet: bool = False) -> Opened | None:
    """Find the files that a corpus name stands for.

    Args:
        source: a path of a file or a folder (searched with all folders in it), or a pattern such as "shards/part-*.jsonl.gz".
        quiet: no progress bar while large files are hashed.

    Returns:
        How to read them; None where nothing on this machine is meant.

    Raises:
        CorpusError: no such file, nothing to read in a folder, or a file that is not what its name says.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(_visible(path), key=lambda file: file.relative_to(path).as_posix())
        found = [file for file in files if ending_of(file)]
        if not found:
            others = ", ".join(file.name for file in files[:3]) or "it is empty"
            raise CorpusError(
                f"{path}: no corpus file in this folder ({others})", hint=f"give files that end in {ENDINGS}"
            )
        return _several(path, found, name=path.resolve().name, shown=path.resolve().name, quiet=quiet)
    if path.exists() or (ending_of(path) and not _is_pattern(source)):
        return _single(path, quiet=quiet)
    if _is_pattern(source):
        base, pattern = _split(path)
        matched = sorted((file for file in base.glob(pattern) if file.is_file()), key=lambda file: file.as_posix())
        if not matched:
            raise CorpusError(
                f"{source}: no file matches", hint="check corpus.source or --corpus; quote it for the shell"
            )
        return _several(base, matched, name=base.resolve().name, shown=Path(pattern).name, quiet=quiet)
    return None


def released_name(source: str) -> str:
    """Return what a published recipe says for a corpus: a path of this machine without its folders, anything else as it is."""
    path = Path(source).expanduser()
    return path.name if path.exists() or ending_of(path) or _is_pattern(source) else source


def _single(path: Path, *, quiet: bool) -> Opened:
    if not path.is_file():
        what = "is no regular file, and cannot be read twice" if path.exists() else "no such file"
        raise CorpusError(f"{path}: {what}", hint="check corpus.source or --corpus")
    facts = _facts([path], quiet=quiet)[0]
    state = _state(path)
    return Opened(
        read=partial(_read, path, state),
        name=_stem(path),
        shown=str(path),
        inputs={"kind": "file", **facts},
        size=state[0],
    )


def _several(base: Path, files: Sequence[Path], *, name: str, shown: str, quiet: bool) -> Opened:
    places = [file.relative_to(base).as_posix() for file in files]
    facts = [{**fact, "path": place} for fact, place in zip(_facts(files, quiet=quiet), places, strict=True)]
    states = [_state(file) for file in files]
    parts = tuple(
        partial(_read_part, file, place, state) for file, place, state in zip(files, places, states, strict=True)
    )
    return Opened(
        read=partial(_read_all, parts),
        parts=parts,
        name=name,
        shown=str(base / shown) if shown != base.resolve().name else str(base),
        inputs={
            "kind": "files",
            "path": shown,
            "sha256": listing_sha256((str(fact["path"]), fact["sha256"]) for fact in facts),
            "files": facts,
        },
        size=sum(size for size, _ in states),
    )


def _read_all(parts: Sequence[Callable[[Position], Iterator[Row]]], position: Position) -> Iterator[Row]:
    for read in parts:
        yield from read(position)


def _read_part(path: Path, place: str, state: tuple[int, int], position: Position) -> Iterator[Row]:
    for row in _read(path, state, position):
        yield replace(row, place=f"{place}, {row.place}")


def _read(path: Path, state: tuple[int, int], position: Position) -> Iterator[Row]:
    if _state(path) != state:
        raise CorpusError(
            f"{path}: has changed since it was opened",
            hint="run the same command again when it is complete: nothing asked so far is lost",
        )
    yield from READERS[_ending(path)](path, position)
    position.before += state[0]
    position.here = 0


def _state(path: Path) -> tuple[int, int]:
    """Return what tells that a file is still the one that was hashed: its size (bytes) and the time of its last change (ns)."""
    try:
        found = path.stat()
    except OSError as exc:
        raise CorpusError(f"{path}: cannot be read ({exc.strerror})", hint="check the file and the disk") from exc
    return found.st_size, found.st_mtime_ns


def _ending(path: Path) -> str:
    ending = ending_of(path)
    if ending is None:
        what = f"a {path.suffix}" if path.suffix else "a file without ending"
        raise CorpusError(f"{path}: cannot read {what}", hint=f"give one that ends in {ENDINGS}")
    return ending


def _stem(path: Path) -> str:
    return path.name[: -len(_ending(path))] or path.name


def _facts(files: Sequence[Path], *, quiet: bool) -> list[dict[str, object]]:
    for file in files:
        _ending(file)
        check_content(file)
    short = sum(_state(file)[0] for file in files) < _LONG_BYTES
    facts = []
    for file in progress(files, label="hashing", unit="file", quiet=quiet or short):
        try:
            facts.append(file_facts(file))
        except OSError as exc:
            raise CorpusError(f"{file}: cannot be read ({exc.strerror})", hint="check the file and the disk") from exc
    return facts


def _visible(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if any(part.startswith(_HIDDEN) for part in file.relative_to(folder).parts):
            continue
        # A link to nothing is a lost shard: reading it says so.
        if file.is_file() or (file.is_symlink() and not file.exists()):
            yield file


def _is_pattern(source: str) -> bool:
    return any(sign in source for sign in _WILD)


def _split(path: Path) -> tuple[Path, str]:
    """Split a pattern before its first part with a wildcard."""
    first = next(index for index, part in enumerate(path.parts) if _is_pattern(part))
    return Path(*path.parts[:first]), "/".join(path.parts[first:])
