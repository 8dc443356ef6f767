"""`emojit reproduce`: what is meant, and what is made of it again."""

from __future__ import annotations

from pathlib import Path

from emojit.errors import UsageError
from emojit.release.published import open_published
from emojit.release.reproduce.dataset import ReproducedDataset, reproduce_dataset
from emojit.release.reproduce.model import ReproducedModel, reproduce_model, run_folder_of


def reproduce(
    address: str,
    *,
    out: Path | None = None,
    corpus: str | None = None,
    dataset: str | None = None,
    quiet: bool = False,
) -> ReproducedDataset | ReproducedModel:
    """Make a release again and compare.

    Args:
        address: a folder, or a Hub repository as namespace/name or namespace/name@revision.
        out: where to keep what was made; None keeps it nowhere.
        corpus: of a data set: a corpus to draw the sentences from again, in place of those of the release.
        dataset: of a model: the build folder that it was trained on, where that was no repository.
        quiet: no progress bars.

    Raises:
        UsageError: no such address, or nothing that can be made again.
        DatasetError: no build, or a file of it is missing or damaged; or not the data set that a model was trained on.
        StudentError: the record of a model, or its base model, cannot be used.
        PublishError: no such repository or revision, or an unreachable Hub.
        MissingExtraError: a model, and the extra `train` is not installed.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    path = Path(address).expanduser()
    if path.exists() or address.startswith((".", "/", "~")):
        if run_folder_of(path) is not None:
            return reproduce_model(path, what=str(path), dataset=dataset, out=out, quiet=quiet)
        return reproduce_dataset(path, what=str(path), out=out, corpus=corpus, quiet=quiet)
    release = open_published(address)
    if release.kind not in ("dataset", "model"):
        raise UsageError(
            f"{address}: is a {release.kind}", hint="give a data set or a model that `emojit push` published"
        )
    folder = release.repo.fetch(release.commit)
    what, revision, commit = release.repo.repo_id, release.revision, release.commit
    if release.kind == "model":
        return reproduce_model(
            folder, what=what, revision=revision, commit=commit, dataset=dataset, out=out, quiet=quiet
        )
    return reproduce_dataset(folder, what=what, revision=revision, commit=commit, out=out, corpus=corpus, quiet=quiet)
