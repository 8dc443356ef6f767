"""What a push is going to do to a repository, and what it did: plain records that are printed and compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.dataset.folder import CARD, MANIFEST, STATISTICS
from emojit.dataset.splits import SPLITS
from emojit.release.address import Kind
from emojit.release.emoji_plot import PLOT
from emojit.release.files import PlannedFile, compare, left_over, read_file
from emojit.release.hub import HubRepo
from emojit.release.layout import Layout
from emojit.release.statement import PROVENANCE

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

MAIN = "main"
_OURS = re.compile(r"Release v\d+\b")
_FITTED = (CARD, MANIFEST, PLOT, PROVENANCE)
"""Files that follow from the others and from the repository."""
_READ: dict[Kind, re.Pattern[str]] = {
    "dataset": re.compile(rf"data/(?:{'|'.join(SPLITS)})-[^/]*\.parquet"),
    "model": re.compile(r"[^/]+\.(?:json|safetensors|bin|model|jinja)|(?:vocab|merges)\.txt"),
}
"""Paths that are read with a release whoever put them there: rows by the card's `data_files`, weights and tokenizer by `from_pretrained`. What a release
does not bring of them would be mixed into it, so it goes."""


def release_message(tag: str) -> str:
    """Return the title of a release's commit, by which a later release knows its files."""
    return f"Release {tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A release held against one commit of the repository.

    Attributes:
        parent: that commit (40 hex digits), or None where the repository has none.
        there: the files of that commit.
        files: every path concerned and what happens to it, sorted by path.
        sources: where the files of the release lie, by path.
    """

    parent: str | None
    there: Mapping[str, RepoFile]
    files: Sequence[PlannedFile]
    sources: Mapping[str, Path]

    @property
    def changes(self) -> list[PlannedFile]:
        """The files that a commit would touch."""
        return [file for file in self.files if file.change not in ("same", "kept")]

    def overtaken_by(self, again: Plan) -> list[str]:
        """Return the paths that both this plan and others, since it was made, have changed; sorted.

        Args:
            again: the same release planned on the repository as it is now.
        """
        concerned = {file.path for plan in (self, again) for file in plan.files if file.change != "kept"}
        return sorted(
            path
            for path in concerned & {*self.there, *again.there}
            if _content(self.there.get(path)) != _content(again.there.get(path))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did, or would do.

    Attributes:
        kind: what was published.
        repo_id: the repository.
        url: address of the version's page, or of the pull request.
        branch: the branch that gets the commit.
        commit: the commit under the tag; None in a dry run that would make one.
        tag: the version.
        message: message of the commit.
        files: every path concerned and what happened to it, sorted by path.
        uploaded_bytes: size of the new and changed files (bytes); what of it the Hub holds already from a push that broke off is not sent again.
        created: whether the repository did not exist before.
        private: whether only its owners see it.
        pull_request: page of the pull request that was opened instead of a commit on the branch, or None; it has no tag.
        already_there: the same bytes stood under this tag or in this open pull request already, and nothing was done.
        dry_run: nothing was sent.
        objection: of a dry run with a token: why the Hub would refuse it, as far as that can be told; None otherwise.
    """

    kind: Kind
    repo_id: str
    url: str
    branch: str
    commit: str | None
    tag: str
    message: str
    files: tuple[PlannedFile, ...]
    uploaded_bytes: int
    created: bool
    private: bool
    pull_request: str | None
    already_there: bool
    dry_run: bool
    objection: str | None

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}


def make_plan(layout: Layout, repo: HubRepo, commit: str | None, *, published: bool = False) -> Plan:
    """Fit a release to a commit of its repository and say what it changes.

    A file of the repository that the release does not bring is deleted where a release put it there, by the title of the commit that last changed it, or
    where it would be read as a part of this one. Everything else is somebody's own and stays.

    Args:
        layout: the release.
        repo: where it goes.
        commit: the commit that it is put on, or None for an empty repository.
        published: this version was published as that commit, so what a release draws anew is taken from there if it shows the same facts.

    Raises:
        CardError: the card that is there cannot be merged.
        PublishError: the Hub cannot be read.
    """
    there = repo.files(commit) if commit is not None else {}
    extra = left_over(layout.files.values(), there)
    if commit is None:
        return _plan(layout, None, there, kept=[], current=None, plot=None, statement=None, repo=repo)
    plot = None
    if published and layout.kind == "dataset" and PLOT in there and STATISTICS in there:
        if layout.files[STATISTICS].equals(there[STATISTICS]):
            plot = repo.download(PLOT, commit)
        extra = [path for path in extra if path != PLOT]
    read = _READ.get(layout.kind)
    extra = [path for path in extra if read is None or not read.fullmatch(path)]
    titles = repo.last_titles(extra, commit) if extra else {}
    kept = [path for path in extra if not _OURS.match(titles.get(path, ""))]
    current = None
    if layout.merges_card and CARD in there:
        current = repo.download(CARD, commit).read_text(encoding="utf-8", errors="replace")
    statement = None
    if PROVENANCE in there and _same_content(layout, there):
        statement = repo.download(PROVENANCE, commit).read_text(encoding="utf-8", errors="replace")
    return _plan(layout, commit, there, kept=kept, current=current, plot=plot, statement=statement, repo=repo)


def _same_content(layout: Layout, there: Mapping[str, RepoFile]) -> bool:
    """Whether a repository holds every file of a release but those that are fitted to it, so that what was stated about them there holds here."""
    return all(
        path in there and file.equals(there[path]) for path, file in layout.files.items() if path not in _FITTED
    )


def _plan(
    layout: Layout,
    commit: str | None,
    there: Mapping[str, RepoFile],
    *,
    kept: Sequence[str],
    current: str | None,
    plot: Path | None,
    statement: str | None,
    repo: HubRepo,
) -> Plan:
    checksums: dict[str, tuple[str, int]] = {}
    if commit is not None:
        listed = [path for path in kept if layout.lists_hidden or not _is_hidden(path)]
        checksums = {path: _checksum(repo, path, there[path], commit) for path in listed}
    files = layout.put_on(current, checksums, plot=plot, statement=statement)
    return Plan(
        parent=commit,
        there=there,
        files=compare(files, there, kept=kept),
        sources={file.path: file.source for file in files},
    )


def _checksum(repo: HubRepo, path: str, there: RepoFile, commit: str) -> tuple[str, int]:
    """Return sha256 and size of a file of the repository; the Hub tells the one of large files only, and the others are small."""
    if there.lfs is not None:
        return there.lfs.sha256, there.size
    return read_file(repo.download(path, commit), path).sha256, there.size


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _content(file: RepoFile | None) -> str | None:
    return None if file is None else file.blob_id
