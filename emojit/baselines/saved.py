"""A saved baseline, asked like a student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.baselines.base import Baseline
from emojit.baselines.record import FILE_NAME, BaselineRecord, is_baseline, read_record
from emojit.baselines.registry import KINDS
from emojit.errors import StudentError
from emojit.logs import progress
from emojit.network import hub_endpoint, hub_errors, hub_failure, hub_progress, require_online

_BLOCK = 1024
"""Texts answered between two steps of the progress bar (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answers to a list of texts."""

    emojis: list[list[str]]
    """One list per text, in the order of the texts: 1 to 5 distinct inventory emoji."""
    cut: int = 0
    """Texts whose end was not read (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedBaseline:
    """A baseline that was fitted before."""

    baseline: Baseline
    record: BaselineRecord
    source: str
    """Repository id, or the folder as it was given."""
    commit: str | None
    """Commit of the repository; None for a folder."""

    @property
    def label(self) -> str:
        """The name for people."""
        return f"{KINDS[self.record.name].label}, saved"

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji of each text."""
        return self.baseline.predict(texts)

    def answer(self, texts: Sequence[str], *, batch_size: int | None = None, quiet: bool = True) -> Answered:
        """Answer texts with a progress bar.

        Args:
            texts: any strings.
            batch_size: texts between two steps of the bar (count).
            quiet: no progress bar.
        """
        size, emojis = batch_size or _BLOCK, []
        with progress(total=len(texts), label="predict", unit="text", quiet=quiet) as bar:
            for start in range(0, len(texts), size):
                emojis += self.baseline.predict(texts[start : start + size])
                bar.update(min(size, len(texts) - start))
        return Answered(emojis=emojis)


def find_baseline(source: str | Path, revision: str | None = None) -> SavedBaseline | None:
    """Load a saved baseline, or return None where there is something else, such as a student.

    Args:
        source: a folder, or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.

    Raises:
        StudentError: it is a baseline that cannot be used, or the Hub fails half-way.
        MissingExtraError: an extra that the baseline needs is not installed.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        if not is_baseline(path):
            return None
        if revision is not None:
            raise StudentError(f"{path}: a folder has no revision {revision!r}", hint="leave --revision out")
        return _load(path, where=str(source), commit=None)
    name = str(source)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
        return None
    fetched = _fetch(name, revision)
    return None if fetched is None else _load(fetched[0], where=name, commit=fetched[1])


def _load(folder: Path, *, where: str, commit: str | None) -> SavedBaseline:
    record = read_record(folder)
    if record.name not in KINDS:
        raise StudentError(
            f"{where}: a baseline of the sort {record.name!r}, which this emojit does not know",
            hint=f"it knows {', '.join(KINDS)}; a newer emojit may know more",
        )
    return SavedBaseline(baseline=KINDS[record.name].kind.load(folder), record=record, source=where, commit=commit)


def _fetch(repo_id: str, revision: str | None) -> tuple[Path, str] | None:
    """Download a baseline's repository into the Hub's cache; return (folder, commit), or None where the repository holds none."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    require_online(repo_id)
    api = HfApi(endpoint=hub_endpoint())
    try:
        info = api.model_info(repo_id, revision=revision, timeout=30)
        names = [file.rfilename for file in info.siblings or []]
        if FILE_NAME not in names or info.sha is None:
            return None
        with hub_progress():
            folder = api.snapshot_download(repo_id, revision=info.sha, ignore_patterns=["run/*"])
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError):
        return None  # whoever loads students says what is wrong
    except hub_errors() as exc:
        raise StudentError(f"{repo_id}: {hub_failure(exc)}", hint="check the network and HF_ENDPOINT") from exc
    return Path(folder), info.sha
