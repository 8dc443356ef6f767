"""A Hub data set as a stream of rows, pinned to the commit that its revision stands for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from emojit.corpus.rows import Row
from emojit.errors import CorpusError, MissingExtraError, OfflineError
from emojit.recipe import CorpusConfig


def open_hub(config: CorpusConfig) -> tuple[Callable[[], Iterator[Row]], dict[str, object]]:
    """Find the commit of a Hub data set and prepare to stream it.

    Returns:
        (reader, inputs): the reader streams, nothing is downloaded whole; inputs name repository, configuration, split and commit.

    Raises:
        CorpusError: no such repository or revision, or the Hub cannot be reached.
        MissingExtraError: `datasets` is not installed.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    require_online(config.source)
    if importlib.util.find_spec("datasets") is None:
        raise MissingExtraError("reading a Hub data set needs `datasets`", hint="pip install 'emojit[corpus]'")
    commit = _commit(config)
    inputs: dict[str, object] = {
        "kind": "hub", "repo": config.source, "config": config.config, "split": config.split, "revision": commit,
    }  # fmt: skip
    return lambda: _stream(config, commit), inputs


def hub_endpoint() -> str:
    """Return the Hub that `HF_ENDPOINT` names now; huggingface_hub reads the variable only once, when it is imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def require_online(repo_id: str) -> None:
    """Refuse to leave this machine for a Hub repository while `EMOJIT_OFFLINE` is set; a Hub on loopback is no network.

    Raises:
        OfflineError: it is set, and the Hub is elsewhere.
    """
    if os.environ.get("EMOJIT_OFFLINE", "") in {"", "0"}:
        return
    if urlsplit(hub_endpoint()).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise OfflineError(
            f"{repo_id} is on {hub_endpoint()} and EMOJIT_OFFLINE is set",
            hint="unset EMOJIT_OFFLINE, give something that is on this machine, or set HF_ENDPOINT to `emojit hub serve`",
        )


def network_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what the Hub's clients raise when a call does not get through, to be caught, and `others` with it.

    That is OSError and the transport's own error, whichever httpx the clients use.
    """
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return HTTPError, OSError, *others


def _commit(config: CorpusConfig) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        sha = HfApi(endpoint=hub_endpoint()).dataset_info(config.source, revision=config.revision, timeout=30).sha
    except RevisionNotFoundError as exc:
        raise CorpusError(f"{config.source}: no revision {config.revision!r}", hint="check corpus.revision") from exc
    except RepositoryNotFoundError as exc:
        raise CorpusError(
            f"{config.source}: no such data set on the Hub, or no access to it",
            hint="check the name; for a private one run `hf auth login`; a local file needs its ending (.jsonl, .parquet, .txt)",
        ) from exc
    except network_errors() as exc:
        raise CorpusError(
            f"{config.source}: the Hub cannot be reached ({_first_line(exc)})", hint="try again later"
        ) from exc
    if sha is None:
        raise CorpusError(f"{config.source}: the Hub names no commit for revision {config.revision!r}")
    return sha


def _stream(config: CorpusConfig, commit: str) -> Iterator[Row]:
    from datasets import load_dataset

    try:
        rows = load_dataset(config.source, config.config, split=config.split, revision=commit, streaming=True)
        for number, values in enumerate(rows, start=1):
            yield Row(f"row {number}", values)
    except network_errors(ValueError) as exc:  # among them DatasetNotFoundError, wrong configuration or split
        raise CorpusError(
            f"{config.source}: cannot be streamed ({_first_line(exc)})",
            hint="check corpus.config and corpus.split, or run the same command again: nothing asked so far is lost",
        ) from exc


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).splitlines()), type(exc).__name__)
