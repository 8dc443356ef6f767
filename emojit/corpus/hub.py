"""A Hub data set as a stream of rows, pinned to the commit that its revision stands for."""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Iterator
from functools import partial

from emojit.corpus.opened import Opened
from emojit.corpus.rows import Row
from emojit.corpus.streams import Position
from emojit.errors import CorpusError, MissingExtraError
from emojit.network import hub_endpoint, hub_errors, hub_failure, require_online
from emojit.recipe import CorpusConfig


def open_hub(config: CorpusConfig) -> Opened:
    """Find the commit of a Hub data set and prepare to stream it: nothing is downloaded whole.

    Returns:
        How to read it; its inputs name repository, configuration (or files), split and commit.

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
    if config.files is not None:
        inputs["files"] = config.files
    return Opened(
        read=partial(_stream, config, commit),
        name=config.source,
        shown=config.source,
        inputs=inputs,
    )


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
            hint="check the name; for a private one run `hf auth login`; a local file needs its ending, such as .jsonl",
        ) from exc
    except hub_errors() as exc:
        raise CorpusError(
            f"{config.source}: {hub_failure(exc)}",
            hint="check the network and HF_ENDPOINT, then run the same command again",
        ) from exc
    if sha is None:
        raise CorpusError(f"{config.source}: the Hub names no commit for revision {config.revision!r}")
    return sha


def _stream(config: CorpusConfig, commit: str, position: Position) -> Iterator[Row]:
    from datasets import load_dataset

    number = 0
    try:
        rows = load_dataset(
            config.source, config.config, data_files=config.files, split=config.split, revision=commit, streaming=True
        )
        stated = (rows.info.splits or {}).get(config.split)
        position.total = stated.num_examples if stated else None
        for number, values in enumerate(rows, start=1):
            position.here = number
            yield Row(f"row {number}", values)
    except hub_errors(ValueError, EOFError, zlib.error) as exc:  # DatasetNotFoundError, wrong split, cut-off archives
        behind = f" behind row {number}" if number else ""
        raise CorpusError(
            f"{config.source}: cannot be streamed{behind} ({_first_line(exc)})",
            hint="check corpus.config, corpus.files and corpus.split, or run the same command again: "
            "nothing asked so far is lost",
        ) from exc


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).splitlines()), type(exc).__name__)
