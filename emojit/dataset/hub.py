"""Files of a data set repository, at the commit that a revision stands for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import DatasetError
from emojit.network import hub_endpoint, hub_errors, hub_failure, hub_progress, require_online

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def fetch(repo_id: str, split: str, revision: str | None) -> tuple[Path, str]:
    """Download the files of one split into the Hub's cache.

    Args:
        repo_id: namespace/name.
        split: whose files.
        revision: tag, branch or commit; None means the main branch.

    Returns:
        (folder, commit): the snapshot in the cache, and the commit that was read.

    Raises:
        DatasetError: no such repository or revision, or the Hub cannot be reached.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    with _hub(repo_id, revision) as api:
        commit, _ = _look_up(api, repo_id, revision)
        with hub_progress():
            folder = api.snapshot_download(
                repo_id, repo_type="dataset", revision=commit, allow_patterns=[f"data/{split}-*.parquet"]
            )
    return Path(folder), commit


def fetch_file(repo_id: str, path: str, commit: str) -> Path:
    """Download one file of a data set repository into the Hub's cache, and return where it lies.

    Raises:
        DatasetError: no such repository, commit or file, or the Hub cannot be reached.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    with _hub(repo_id, commit) as api, hub_progress():
        return Path(api.hf_hub_download(repo_id, path, repo_type="dataset", revision=commit))


def look_up(repo_id: str, revision: str | None) -> tuple[str, list[str]]:
    """Return the commit that a revision stands for, and the paths of its files.

    Raises:
        DatasetError: no such repository or revision, or the Hub cannot be reached.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    with _hub(repo_id, revision) as api:
        return _look_up(api, repo_id, revision)


def _look_up(api: HfApi, repo_id: str, revision: str | None) -> tuple[str, list[str]]:
    info = api.dataset_info(repo_id, revision=revision, timeout=30)
    if info.sha is None:
        raise DatasetError(f"{repo_id}: the Hub names no commit for {revision or 'its main branch'}")
    return info.sha, [file.rfilename for file in info.siblings or ()]


@contextlib.contextmanager
def _hub(repo_id: str, revision: str | None) -> Iterator[HfApi]:
    """Give a client, and say in our words what the Hub objects to."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    where = f"{repo_id}@{revision}" if revision else repo_id
    require_online(repo_id)
    endpoint = hub_endpoint()
    api = HfApi(endpoint=endpoint)
    try:
        yield api
    except HFValidationError as exc:
        raise DatasetError(f"{repo_id}: no repository name", hint="write it as namespace/name") from exc
    except RevisionNotFoundError as exc:
        raise DatasetError(f"{repo_id}: no revision {revision!r}", hint=_tags_hint(api, repo_id)) from exc
    except RepositoryNotFoundError as exc:
        raise DatasetError(
            f"{repo_id}: no such data set at {endpoint}, or no access to it",
            hint="check the name and HF_ENDPOINT; for a private one run `hf auth login`",
        ) from exc
    except hub_errors() as exc:
        raise DatasetError(f"{where}: {hub_failure(exc)}", hint="check the network and HF_ENDPOINT") from exc


def _tags_hint(api: HfApi, repo_id: str) -> str:
    try:
        tags = [ref.name for ref in api.list_repo_refs(repo_id, repo_type="dataset").tags]
    except hub_errors():
        tags = []
    if not tags:
        return "it has no tags; leave the revision out for its main branch"
    return f"its tags are {', '.join(sorted(tags))}"
