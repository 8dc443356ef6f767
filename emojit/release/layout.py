"""What a push publishes: a folder as it is, or a build or a run laid out as a repository and fitted to what is there; with provenance and manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emojit.baselines.record import is_baseline
from emojit.dataset.folder import CARD, MANIFEST, write_text
from emojit.errors import UsageError
from emojit.release.address import Kind
from emojit.release.card_merge import MARK, CardKind, merge_card, own_part
from emojit.release.contents import check_contents
from emojit.release.emoji_plot import PLOT
from emojit.release.files import LocalFile, list_files, read_file
from emojit.release.manifest import release_manifest
from emojit.release.metric_card import addressed
from emojit.release.report_files import is_report
from emojit.release.staging import is_run_folder, stage_model
from emojit.release.staging_baseline import stage_baseline
from emojit.release.staging_dataset import dress_dataset, stage_dataset
from emojit.release.statement import PROVENANCE, as_text, is_demo, provenance_text


class Layout:
    """The files of a release.

    A data set, a run and a saved baseline get a card that is merged with the one in the repository, and a metric, the demo and a report with one that was merged before; the first one of
    a Space may be the Hub's own. What somebody laid out by hand, a plain model folder or another Space, is published as it is: there the folder's own card
    says everything. `provenance.json` and `manifest.json` come with all of them.

    Args:
        kind: what is published.
        path: the folder that the user named.
        scratch: an empty folder for what is laid out anew.
        repo_id: where it will stand.
        tag: the version it will be.
        kept_checkpoints: of a run also the weights that it kept.

    Raises:
        UsageError: no such folder.
        DatasetError: a half or damaged build folder.
        StudentError: a model folder that nobody could load.
        CardError: a fact that the card needs is missing.
        PublishError: a Space that cannot be used, or a card that names another release.
    """

    def __init__(
        self, kind: Kind, path: Path, scratch: Path, *, repo_id: str, tag: str, kept_checkpoints: bool = False
    ) -> None:
        self.kind = kind
        self.folder = path
        self._address = {"repo_id": repo_id, "version": tag}
        self._statement = provenance_text(kind, path) if path.is_dir() else ""
        self._card: str | None = None
        if kind == "dataset":
            check_contents(kind, path, repo_id=repo_id, tag=tag)
            self.folder = stage_dataset(path, scratch / "dataset", repo_id=repo_id, tag=tag)
        elif kind == "model" and is_run_folder(path):
            self.folder = stage_model(
                path, scratch / "model", repo_id=repo_id, revision=tag, kept_checkpoints=kept_checkpoints
            )
            self._card = (self.folder / CARD).read_text(encoding="utf-8")
        elif kept_checkpoints:
            raise UsageError(f"{path}: only a run folder has kept checkpoints", hint="leave --kept-checkpoints out")
        elif kind == "model" and is_baseline(path):
            self.folder = stage_baseline(path, scratch / "model", repo_id=repo_id, revision=tag)
            self._card = (self.folder / CARD).read_text(encoding="utf-8")
        if kind != "dataset":
            check_contents(kind, self.folder, repo_id=repo_id, tag=tag)
        if kind == "metric" or (kind == "space" and (is_demo(path) or is_report(path))):
            self._card = own_part((path / CARD).read_text(encoding="utf-8"))
        if kind == "metric" and self._card is not None:
            self._card = addressed(self._card, repo_id, tag)
        # a build's manifest knows no hidden files
        self.files = {file.path: file for file in list_files(self.folder, hidden=kind != "dataset")}
        # where the files lie that the release gets besides: a folder that is published as it is may not be written to
        self._beside = self.folder if kind == "dataset" else scratch
        for name in (PROVENANCE, MANIFEST):
            if name not in self.files:
                self._write(name, "")

    @property
    def merges_card(self) -> bool:
        """Whether the release's card is merged with the repository's."""
        return self.kind == "dataset" or self._card is not None

    @property
    def lists_hidden(self) -> bool:
        """Whether the manifest lists hidden files, too: a build knows none."""
        return self.kind != "dataset"

    def put_on(
        self,
        current: str | None,
        kept: Mapping[str, tuple[str, int]],
        *,
        plot: Path | None = None,
        statement: str | None = None,
    ) -> list[LocalFile]:
        """Fit the release to a repository, and return its files, sorted by path.

        Args:
            current: the card that is there, or None.
            kept: sha256 and size (bytes) of files of others that stay.
            plot: the plot of a data set where it was published with the same statistics.
            statement: `provenance.json` where the same content was published before; another run or push would say something else.

        Raises:
            CardError: the card that is there cannot be merged.
        """
        self._write(PROVENANCE, statement or self._statement)
        if self.kind == "dataset":
            dress_dataset(self.folder, current, kept, plot=plot)
            for name in (CARD, MANIFEST, PLOT):
                if (self.folder / name).is_file():
                    self.files[name] = read_file(self.folder / name, name)
        else:
            if self._card is not None and self.kind == "model":
                self._write(CARD, merge_card(self._card, current, "model"))
            elif self._card is not None:
                merged_before = current is not None and MARK in current.split("\n")
                kind: CardKind = "metric" if self.kind == "metric" else "space"
                self._write(CARD, merge_card(self._card, current if merged_before else None, kind))
            listed = (file for name, file in self.files.items() if name != MANIFEST)
            self._write(MANIFEST, as_text(release_manifest(self.kind, self._address, listed, kept)))
        return [self.files[path] for path in sorted(self.files)]

    def _write(self, name: str, text: str) -> None:
        write_text(self._beside / name, text)
        self.files[name] = read_file(self._beside / name, name)
