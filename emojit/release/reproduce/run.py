"""`emojit reproduce`: what is meant, and what is made of it again."""

from __future__ import annotations

from pathlib import Path

from emojit.errors import UsageError
from emojit.release.published import open_published
from emojit.release.reproduce.dataset import ReproducedDataset, reproduce_dataset


def reproduce(
    address: str, *, out: Path | None = None, corpus: str | None = None, quiet: bool = False
) -> ReproducedDataset:
    """Make a release again and compare.

    Args:
        address: a folder, or a Hub repository as namespace/name or namespace/name@revision.
        out: where to keep what was made; None keeps it nowhere.
        corpus: of a data set: a corpus to draw the sentences from again, in place of those of the release.
        quiet: no progress bars.

    Raises:
        UsageError: no such address, or nothing that can be made again.
        DatasetError: no build, or a file of it is missing or damaged.
        PublishError: no such repository or revision, or an unreachable Hub.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    path = Path(address).expanduser()
    if path.exists() or address.startswith((".", "/", "~")):
        return reproduce_dataset(path, what=str(path), out=out, corpus=corpus, quiet=quiet)
    release = open_published(address)
    if release.kind != "dataset":
        raise UsageError(
            f"{address}: is a {release.kind}", hint="give a data set that `emojit push dataset` published"
        )
    folder = release.repo.fetch(release.commit)
    return reproduce_dataset(
        folder,
        what=release.repo.repo_id,
        revision=release.revision,
        commit=release.commit,
        out=out,
        corpus=corpus,
        quiet=quiet,
    )
