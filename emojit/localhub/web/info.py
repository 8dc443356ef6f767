"""Describing repositories: repo_info and the lists of models, data sets and Spaces."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO

from starlette.responses import JSONResponse, Response

from emojit.localhub.cards import CardData, CardDataError, card_tags, read_card
from emojit.localhub.git import DEFAULT_BRANCH, GitRepository
from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import REPO_TYPES, Call
from emojit.localhub.web.files import iso
from emojit.localhub.web.json_input import parse_json
from emojit.localhub.weights import count_parameters

_PAGE = 1000
_TRUE = frozenset({"true", "1"})
_SERVICES = ("apps", "inference", "inference_provider")
"""Filters by what runs a model elsewhere; no model of this Hub is run elsewhere."""


def repo_info(call: Call) -> Response:
    """`GET /api/{types}/{id}[/revision/{revision}]`."""
    record = call.repo()
    query = call.request.query_params
    with call.hub.repositories.open(record) as git:
        commit = git.resolve(call.values.get("revision", DEFAULT_BRANCH))
        info = describe(record, git, commit)
        info["siblings"] = _siblings(git, commit, blobs=query.get("blobs", "").lower() in _TRUE)
        _add_sizes(call, record, git, info)
    return ok(_expanded(call, info))


def list_repos(call: Call) -> Response:
    """`GET /api/{types}`: what the caller may see, filtered and sorted."""
    query = call.request.query_params
    records = [
        record
        for record in call.hub.registry.all(REPO_TYPES[call.values["types"]])
        if record.visible_to(call.caller)
        and query.get("author", record.namespace).lower() == record.namespace.lower()
        and query.get("search", "").lower() in record.id.lower()
        and query.get("gated", str(record.gated is not None)).lower() == str(record.gated is not None).lower()
    ]
    infos = [_head_info(call, record) for record in records]
    wanted = set(query.getlist("filter"))
    task = query.get("pipeline_tag")
    infos = [info for info in infos if wanted <= set(_tags(info)) and task in {None, info.get("pipeline_tag")}]
    if any(query.get(service) for service in _SERVICES):
        infos = []
    sort = {"createdAt": "createdAt", "lastModified": "lastModified"}.get(query.get("sort", ""))
    if sort:
        infos.sort(key=lambda info: str(info[sort]), reverse=query.get("direction", "-1") == "-1")
    shown, headers = page(call.request, infos, size=_PAGE)
    if query.get("full", "").lower() in _TRUE or "siblings" in query.getlist("expand"):
        for info in shown:
            _add_siblings(call, info)
    return JSONResponse([_expanded(call, info) for info in shown], headers=headers)


def _add_siblings(call: Call, info: dict[str, object]) -> None:
    record = call.hub.registry.by_key(str(info["_id"]))
    if record is not None:  # it may be deleted meanwhile
        with call.hub.repositories.open(record) as git:
            info["siblings"] = _siblings(git, str(info["sha"]), blobs=False)


def _add_sizes(call: Call, record: RepoRecord, git: GitRepository, info: dict[str, object]) -> None:
    """What only a description of one repository says: parameters of a model, and the bytes of its large files."""
    wanted = call.request.query_params.getlist("expand")
    if record.type == "model" and (not wanted or "safetensors" in wanted):
        parameters = count_parameters(lambda path: _open_file(call, record, git, str(info["sha"]), path))
        info |= {"safetensors": parameters} if parameters else {}
    if "usedStorage" in wanted:
        sizes = (call.hub.large_files.size(item.sha256) for item in call.hub.registry.large_files(record.key))
        info["usedStorage"] = sum(size or 0 for size in sizes)


def _open_file(call: Call, record: RepoRecord, git: GitRepository, commit: str, path: str) -> IO[bytes] | None:
    entry = git.entry(commit, path)
    if entry is None or entry.is_folder:
        return None
    _, pointer = git.facts(entry.oid)
    if pointer is None:
        return io.BytesIO(git.read(entry.oid))
    if not call.hub.large_files.has(record.key, pointer.sha256):
        return None
    return call.hub.large_files.path(pointer.sha256).open("rb")


def _expanded(call: Call, info: dict[str, object]) -> dict[str, object]:
    """Only the fields that the client asks for, if it asks for some."""
    wanted = set(call.request.query_params.getlist("expand"))
    return {key: value for key, value in info.items() if key in wanted | {"id", "_id"}} if wanted else info


def describe(record: RepoRecord, git: GitRepository, commit: str) -> dict[str, object]:
    """What the Hub says about a repository at a commit, without its files."""
    card = _card(git, commit)
    info: dict[str, object] = {
        "_id": record.key,
        "id": record.id,
        "author": record.namespace,
        "sha": commit,
        "private": record.private,
        "gated": record.gated or False,
        "disabled": False,
        "createdAt": record.created,
        "lastModified": iso(git.commit_facts(commit).time),
        "downloads": 0,
        "likes": 0,
        "tags": card_tags(card),
        "cardData": card,
    }
    if record.type == "model":
        info |= _model_fields(card, _config(git, commit))
    elif record.type == "space":
        info["sdk"] = card.get("sdk") or record.sdk
        info["runtime"] = {"stage": "PAUSED", "hardware": {"current": None, "requested": None}}
        info["subdomain"] = record.id.replace("/", "-").replace("_", "-").lower()
        info["host"] = None
    return info


def _head_info(call: Call, record: RepoRecord) -> dict[str, object]:
    with call.hub.repositories.open(record) as git:
        return describe(record, git, git.head(f"refs/heads/{DEFAULT_BRANCH}"))


def _siblings(git: GitRepository, commit: str, *, blobs: bool) -> list[dict[str, object]]:
    siblings = []
    for entry in git.files(commit):
        sibling: dict[str, object] = {"rfilename": entry.path}
        if blobs:
            size, pointer = git.facts(entry.oid)
            sibling |= {"size": pointer.size if pointer else size, "blobId": entry.oid}
            if pointer:
                sibling["lfs"] = {"sha256": pointer.sha256, "size": pointer.size, "pointerSize": size}
        siblings.append(sibling)
    return siblings


def _card(git: GitRepository, commit: str) -> CardData:
    readme = git.read_path(commit, "README.md")
    try:
        return (read_card(readme.decode("utf-8", errors="replace")) if readme else None) or {}
    except CardDataError:
        return {}  # a broken card was refused at the push by `validate-yaml`; here it only has nothing to say


def _config(git: GitRepository, commit: str) -> Mapping[str, object]:
    try:
        config = parse_json(git.read_path(commit, "config.json") or b"{}", what="config.json", constants=False)
    except RefusalError:
        return {}
    return config if isinstance(config, dict) else {}


def _model_fields(card: CardData, config: Mapping[str, object]) -> dict[str, object]:
    library = card.get("library_name") or ("transformers" if "model_type" in config else None)
    return {
        "library_name": library,
        "pipeline_tag": card.get("pipeline_tag"),
        "config": {key: config[key] for key in ("architectures", "model_type") if key in config},
        "model-index": card.get("model-index"),
    }


def _tags(info: Mapping[str, object]) -> list[str]:
    tags = info["tags"]
    assert isinstance(tags, list)
    return tags
