"""`emojit verify`: all checks of a release, in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emojit.dataset.folder import CARD, MANIFEST
from emojit.errors import UsageError
from emojit.release.address import Kind
from emojit.release.published import Published, open_published
from emojit.release.verify.card import check_dataset_card
from emojit.release.verify.counted import check_statistics
from emojit.release.verify.facts import check_facts
from emojit.release.verify.files import check_files
from emojit.release.verify.findings import Findings
from emojit.release.verify.licence import check_licence
from emojit.release.verify.model import check_model_release, is_model
from emojit.release.verify.provenance import check_provenance
from emojit.release.verify.replies import check_replies
from emojit.release.verify.rows import check_rows
from emojit.release.verify.sentences import check_sentences
from emojit.release.verify.space import check_space, is_space
from emojit.release.verify.subject import Subject, open_subject
from emojit.release.verify.tag import check_tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The outcome.

    Attributes:
        what: folder or repository.
        kind: "dataset", "model" or "space" (a metric is one).
        revision: as it was asked for; None for a folder or the main branch.
        commit: the commit that was checked; None for a folder.
        findings: what was found.
    """

    what: str
    kind: Literal["dataset", "model", "space"]
    revision: str | None
    commit: str | None
    findings: Findings

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON types."""
        return {
            "what": self.what,
            "kind": self.kind,
            "revision": self.revision,
            "commit": self.commit,
            **self.findings.as_dict(),
        }


def verify(address: str, *, kind: Kind | None = None, commit: str | None = None, quiet: bool = False) -> Verified:
    """Check a release, or a folder.

    Args:
        address: a folder, or a Hub repository as namespace/name or namespace/name@revision.
        kind: of the repository; None finds out.
        commit: the commit that the revision must stand for (at least its first 7 hex digits), as a paper or a run record names it.
        quiet: no progress bars.

    Returns:
        What was found; nothing is raised for what is wrong with the release.

    Raises:
        UsageError: no such address, or a commit is named for a folder.
        DatasetError: nothing in it holds rows, or a newer emojit built it.
        PublishError: a newer emojit published the model or Space; no such repository or revision, or an unreachable Hub.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    findings = Findings()
    path = Path(address).expanduser()
    if path.exists() or address.startswith((".", "/", "~")):
        if commit is not None:
            raise UsageError(f"{path}: a folder has no commit {commit!r}", hint="leave --commit out")
        found = _check_folder(path, findings, quiet=quiet)
        return Verified(what=str(path), kind=found, revision=None, commit=None, findings=findings)
    release = open_published(address, kind=kind)
    if release.kind == "dataset":
        folder = release.repo.fetch(release.commit)
        stated = _check_dataset(folder, findings, quiet=quiet).address
    elif release.kind == "model":
        folder = release.repo.fetch(release.commit, weights=MANIFEST in release.repo.files(release.commit))
        stated = check_model_release(folder, findings, release=release)
    else:
        folder = release.repo.fetch(release.commit)
        stated = check_space(folder, findings)
    check_tag(release, folder, findings, stated=stated, commit=commit)
    return _verified(release, findings)


def _verified(release: Published, findings: Findings) -> Verified:
    return Verified(
        what=release.repo.repo_id,
        kind="space" if release.kind == "metric" else release.kind,
        revision=release.revision,
        commit=release.commit,
        findings=findings,
    )


def _check_folder(path: Path, findings: Findings, *, quiet: bool) -> Literal["dataset", "model", "space"]:
    """Find out what a folder holds, and check it."""
    if is_model(path):
        check_model_release(path, findings, release=None)
        return "model"
    if is_space(path):
        check_space(path, findings)
        return "space"
    _check_dataset(path, findings, quiet=quiet)
    return "dataset"


def _check_dataset(folder: Path, findings: Findings, *, quiet: bool) -> Subject:
    """Run every check that needs only the files, and return what they were made on."""
    subject = open_subject(folder, findings)
    if subject.manifest is not None:
        check_files(subject.manifest, subject.files(), findings, but=(CARD,))
    if subject.manifest is not None and subject.published:
        check_provenance(folder, "dataset", findings)
    check_facts(subject, findings)
    check_dataset_card(subject, findings)
    seen = check_rows(subject, findings, quiet=quiet)
    tally = seen.tally if seen.rows.total() else None
    accounts = check_sentences(subject, seen, findings)
    replies = check_replies(subject, seen, findings, quiet=quiet)
    if subject.statistics is not None and subject.recipe is not None:
        if tally is None:
            findings.unchecked.append("the statistics: there are no rows, or some are too damaged to be counted")
        else:
            check_statistics(
                subject.statistics,
                subject.recipe,
                findings,
                tally=tally,
                rejected=accounts.rejected,
                candidates=accounts.candidates,
                replies=replies.totals,
                leaked=replies.leaked,
            )
    check_licence(subject, tally.corpus_licences if tally is not None else None, findings)
    return subject
