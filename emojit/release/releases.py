"""`emojit releases`: the versions of a repository, and what changed from one to the next, from what each version says about itself."""

from __future__ import annotations

import dataclasses
import json
import logging
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import MANIFEST, RECIPE
from emojit.errors import UsageError
from emojit.release.address import Kind, next_tag
from emojit.release.plan import release_message
from emojit.release.published import Commit, Published, open_published
from emojit.release.row_changes import RowChanges, row_changes

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

logger = logging.getLogger(__name__)

_RUN, _REPORT = "run/run.json", "run/eval_metrics.json"
_OF_MANIFEST = ("rows", "inputs", "prompt_id", "seed", "versions")
_OF_RUN = ("data", "model", "recipe", "versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact that differs from the version before.

    Attributes:
        key: dotted, such as "recipe.filters.max_chars" or "rows.train".
        before: the earlier value, or None where there was none.
        after: the value of this version, or None where there is none.
    """

    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One tag of a repository.

    Attributes:
        tag: its name.
        commit: what it stands on (40 hex digits).
        created: when that commit was made, ISO 8601.
        title: first line of the commit's message.
        rows: rows by split (counts), or None where no manifest says them.
        jaccard: score of a model on its test set, in [0, 1], or None.
        before: the version that `changes` compares with, or None for the first.
        files: files that are new, changed or deleted against it (counts); None for the first.
        changes: facts that differ from it.
        row_changes: rows added, removed and changed by their id, or None where nobody looked.
        doubt: what speaks against its standing on the commit of its release, or None.
    """

    tag: str
    commit: str
    created: str
    title: str
    rows: dict[str, int] | None
    jaccard: float | None
    before: str | None
    files: dict[str, int] | None
    changes: tuple[Change, ...]
    row_changes: RowChanges | None
    doubt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """The versions of a repository, oldest first, other tags behind them.

    Attributes:
        repo_id: namespace/name.
        kind: "dataset", "model" or "space".
        versions: one per tag.
        next_tag: the next free version.
    """

    repo_id: str
    kind: Kind
    versions: tuple[Version, ...]
    next_tag: str

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What one version says about itself."""

    tag: str
    commit: Commit
    files: dict[str, RepoFile]
    facts: dict[str, Any]
    rows: dict[str, int] | None
    jaccard: float | None


def list_releases(repo_id: str, *, kind: Kind | None = None, rows: bool = False) -> Releases:
    """List the tags of a repository with what changed.

    Args:
        repo_id: namespace/name.
        kind: of the repository; None finds out.
        rows: compare the rows of a data set by their id, which downloads the data of every version.

    Raises:
        UsageError: the address names a revision, or is none.
        PublishError: no such repository, or an unreachable Hub.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    if "@" in repo_id:
        raise UsageError(f"{repo_id}: all tags are listed", hint=f"give {repo_id.partition('@')[0]}")
    published = open_published(repo_id, kind=kind)
    head = published.head
    known = {one.id: one for one in (published.repo.history("main") if head.commit is not None else ())}
    versions: list[Version] = []
    before: _State | None = None
    for tag in sorted(head.tags, key=_order):
        commit = known.get(head.tags[tag]) or published.repo.history(head.tags[tag])[0]
        state = _state(published, tag, commit)
        compared = rows and published.kind == "dataset" and before is not None
        changed_rows = _rows(published, before, state) if compared and before else None
        versions.append(_version(before, state, changed_rows, _doubt(state, known.values())))
        before = state
    return Releases(repo_id=repo_id, kind=published.kind, versions=tuple(versions), next_tag=next_tag(head.tags))


def _order(tag: str) -> tuple[bool, int, str]:
    number = tag.removeprefix("v")
    is_version = tag.startswith("v") and number.isascii() and number.isdigit()
    return not is_version, int(number) if is_version else 0, tag


def _state(published: Published, tag: str, commit: Commit) -> _State:
    repo = published.repo
    files = repo.files(commit.id)

    def read(path: str) -> Path | None:
        return repo.download(path, commit.id) if path in files else None

    if published.kind == "dataset":
        manifest = _json(read(MANIFEST), tag)
        facts: dict[str, Any] = {key: manifest[key] for key in _OF_MANIFEST if key in manifest}
        facts["inputs"] = _inputs(facts.get("inputs"))
        if (recipe := read(RECIPE)) is not None:
            facts["recipe"] = _toml(recipe, tag)
        said = manifest.get("rows")
        return _State(
            tag=tag,
            commit=commit,
            files=files,
            facts=facts,
            rows=said if isinstance(said, dict) else None,
            jaccard=None,
        )
    run, report = _json(read(_RUN), tag), _json(read(_REPORT), tag)
    score = _score(report)
    facts = {key: run[key] for key in _OF_RUN if key in run}
    if score is not None:
        facts["jaccard"] = score
    return _State(tag=tag, commit=commit, files=files, facts=facts, rows=None, jaccard=score)


def _inputs(entries: object) -> dict[str, Any]:
    """Return the inputs of a manifest by role, numbered from the second of a role on, so that what changed is named."""
    named: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else ():
        role, number = str(entry.get("role")) if isinstance(entry, dict) else "input", 2
        name = role
        while name in named:
            name, number = f"{role} {number}", number + 1
        named[name] = entry
    return named


def _json(path: Path | None, tag: str) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        logger.warning("%s: %s is no JSON (%s)", tag, path.name, exc)
        return {}
    return value if isinstance(value, dict) else {}


def _toml(path: Path, tag: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        logger.warning("%s: %s is no TOML (%s)", tag, path.name, exc)
        return {}


def _score(report: Mapping[str, Any]) -> float | None:
    """Return the Jaccard index of the system that a report is about."""
    for system in report.get("systems", ()):
        if isinstance(system, dict) and system.get("name") == report.get("system"):
            overlap = system.get("overlap")
            score = overlap.get("jaccard") if isinstance(overlap, dict) else None
            return float(score) if isinstance(score, int | float) else None
    return None


def _doubt(state: _State, main: Iterable[Commit]) -> str | None:
    """Say where a tag stands on another commit than the one of main that bears its name, as `emojit verify` finds it."""
    named = next((one for one in main if one.title == release_message(state.tag)), None)
    if named is None or state.commit.title == named.title:
        return None
    return (
        f"the tag stands on {state.commit.id[:12]} ({state.commit.title!r}), and {named.title!r} is {named.id[:12]}: "
        "it seems to have been moved"
    )


def _version(before: _State | None, state: _State, rows: RowChanges | None, doubt: str | None) -> Version:
    return Version(
        tag=state.tag,
        commit=state.commit.id,
        created=state.commit.created.isoformat(),
        title=state.commit.title,
        rows=state.rows,
        jaccard=state.jaccard,
        before=before.tag if before is not None else None,
        files=_file_changes(before.files, state.files) if before is not None else None,
        changes=tuple(_changes(before.facts, state.facts, "")) if before is not None else (),
        row_changes=rows,
        doubt=doubt,
    )


def _file_changes(before: Mapping[str, RepoFile], after: Mapping[str, RepoFile]) -> dict[str, int]:
    both = before.keys() & after.keys()
    return {
        "new": len(after.keys() - before.keys()),
        "changed": sum(before[path].blob_id != after[path].blob_id for path in both),
        "deleted": len(before.keys() - after.keys()),
    }


def _changes(before: Any, after: Any, key: str) -> Iterator[Change]:
    """Yield what differs, table by table; lists are compared whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _changes(before.get(name), after.get(name), f"{key}.{name}" if key else name)
    elif before != after:
        yield Change(key=key, before=before, after=after)


def _rows(published: Published, before: _State, state: _State) -> RowChanges:
    folders = [published.repo.fetch(one.commit.id, only=["data/*.parquet"]) for one in (before, state)]
    return row_changes(*folders)
