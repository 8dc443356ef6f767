"""The demo Space, laid out for one model: the packaged page, the reader of emoji it needs, `settings.json`, and the card.

The page stands alone, for emojit is not there where it runs. The reader of emoji and the code that decodes are copied from this installation when a Space is
laid out, so that there is one source of them; everything else of the page is in `spaces/demo`.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from emojit.dataset.folder import CARD, write_json, write_text
from emojit.errors import PublishError, UsageError
from emojit.network import hub_endpoint
from emojit.release.address import page_url
from emojit.release.published import open_published, split_address
from emojit.release.statement import SETTINGS
from emojit.release.templates import front_matter, render
from emojit.resources import resource

logger = logging.getLogger(__name__)

TEMPLATE = "README.md.jinja"
"""The file that a folder has that is laid out for a model before it is a Space."""
READER = "emoji_reader"
DECODING = "decoding"
_DECODING_FILES = ("answer", "mbr", "network", "rule", "search", "settings", "torch_network")
"""Modules of `emojit.student.decoding` that need nothing of emojit but each other."""

_NEEDED = {
    "configuration": ("config.json",),
    "tokenizer": ("tokenizer.json", "spiece.model", "tokenizer.model"),
    "weights": ("*.safetensors",),
}
"""What a model repository must hold for the page."""
_IMPORT = re.compile(r"^from emojit\.(?:emoji|student\.decoding)\.(\w+) import ", re.MULTILINE)
_PINNED = re.compile(r"^gradio==(\S+)$", re.MULTILINE)
_TITLE = "文にあう絵文字"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """The model that a demo asks.

    Attributes:
        model: repository, or the absolute path of a folder.
        revision: tag of the repository; None for a folder.
        commit: what the tag stands for (40 hex digits); None for a folder.
        licence: what its card states, or None.
    """

    model: str
    revision: str | None
    commit: str | None = None
    licence: str | None = None

    def environment(self) -> dict[str, str]:
        """Return what makes a demo that is laid out for another model ask this one."""
        return {"EMOJIT_MODEL": self.model, "EMOJIT_REVISION": self.revision or ""}


def local_speaker(folder: Path) -> Speaker:
    """Return a model folder, or the model of a run folder, as a speaker.

    Raises:
        UsageError: there is no model in it.
    """
    path = folder.resolve()
    if not (path / "config.json").is_file() and (path / "model" / "config.json").is_file():
        path = path / "model"
    if not (path / "config.json").is_file():
        raise UsageError(
            f"{folder}: no model here (config.json is missing)", hint="give a run folder or a model folder"
        )
    return Speaker(model=str(path), revision=None)


def published_speaker(address: str) -> Speaker:
    """Find a model at a tag on the Hub that `HF_ENDPOINT` names.

    Args:
        address: namespace/name@tag.

    Raises:
        UsageError: no repository name, or no tag.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: no such model or tag, or it is no model that the page could load.
    """
    repo_id, revision = split_address(address)
    if revision is None:
        raise UsageError(
            f"{address}: no tag", hint=f"a Space stays with one version, for example --model {repo_id}@v1"
        )
    found = open_published(address, kind="model")
    if found.tag is None:
        tags = ", ".join(sorted(found.head.tags)) or "none"
        raise UsageError(f"{address}: {revision} is no tag, so it may move", hint=f"its tags: {tags}")
    names = [name for name in found.repo.files(found.commit) if "/" not in name]
    for what, patterns in _NEEDED.items():
        if not any(fnmatch(name, pattern) for name in names for pattern in patterns):
            raise PublishError(
                f"{address}: no {what} ({' or '.join(patterns)}), so the page could not load it",
                hint="publish the model with `emojit push model`",
                repo_id=repo_id,
                revision=revision,
            )
    if found.head.private:
        logger.warning(
            "%s is private: a Space of it answers only where HF_TOKEN is among the Space's secrets", repo_id
        )
    return Speaker(
        model=repo_id,
        revision=revision,
        commit=found.commit,
        licence=_licence(found.repo.fetch(found.commit, only=[CARD])),
    )


def stage_demo(template: Path, out: Path, speaker: Speaker) -> Path:
    """Lay out the demo Space for a model; the same model at the same commit gives the same bytes.

    Args:
        template: `spaces/demo`.
        out: the folder to make; it must not exist.
        speaker: who answers. The card is written for a published one only.

    Returns:
        `out`.
    """
    out.mkdir(parents=True)
    for source in sorted(template.iterdir()):
        if source.is_file() and source.name != TEMPLATE:
            shutil.copyfile(source, out / source.name)
    _carry(out / READER, "emoji", ("reader", "table"), "The reader of emoji")
    shutil.copyfile(resource("emoji/data/LICENSE-UNICODE.txt"), out / READER / "LICENSE-UNICODE.txt")
    _carry(out / DECODING, "student/decoding", _DECODING_FILES, "The code that decodes")
    write_json(out / SETTINGS, {"model": speaker.model, "revision": speaker.revision, "commit": speaker.commit})
    if speaker.commit is not None:
        write_text(out / CARD, _card(template, speaker))
    return out


def _carry(out: Path, room: str, names: Sequence[str], what: str) -> None:
    """Copy modules of a folder of emojit that need nothing but each other, their imports made relative."""
    out.mkdir()
    write_text(out / "__init__.py", f'"""{what} of the package emojit: copies, made when the Space was laid out."""\n')
    for name in names:
        text = resource(f"{room}/{name}.py").read_text(encoding="utf-8")
        write_text(
            out / f"{name}.py", f"# Copied from emojit/{room}/{name}.py.\n" + _IMPORT.sub(r"from .\1 import ", text)
        )


def _card(template: Path, speaker: Speaker) -> str:
    gradio = _PINNED.search((template / "requirements.txt").read_text(encoding="utf-8"))
    if gradio is None:
        raise PublishError(f"{template}/requirements.txt pins no gradio", hint="name the version it was tested with")
    fields = {
        "title": _TITLE,
        "emoji": "💬",
        "colorFrom": "yellow",
        "colorTo": "pink",
        "sdk": "gradio",
        "sdk_version": gradio[1],
        "python_version": "3.12",
        "app_file": "app.py",
        "pinned": False,
        "license": "apache-2.0",
        "language": ["ja"],
        "models": [speaker.model],
        "tags": ["emoji", "japanese", "emojit"],
        "short_description": "A Japanese text in, one to five emoji out",
    }
    return render(
        f"spaces/demo/{TEMPLATE}",
        {
            "front_matter": front_matter(fields),
            "title": _TITLE,
            "model": speaker.model,
            "revision": speaker.revision,
            "commit": speaker.commit,
            "url": page_url(hub_endpoint(), "model", speaker.model, str(speaker.revision)),
            "licence": speaker.licence or "not stated",
            "gradio": gradio[1],
        },
    )


def _licence(folder: Path) -> str | None:
    from huggingface_hub import metadata_load

    card = folder / CARD
    licence = (metadata_load(card) or {}).get("license") if card.is_file() else None
    return licence if isinstance(licence, str) else None
