"""Lay out a data set repository from a build folder.

What is published is the build with these differences: the card names the repository and the tag, `plots/emoji.png` and `provenance.json` are beside it, and
the manifest covers them. The build folder itself is never touched, so one build can go to any number of repositories.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from emojit.dataset.folder import CARD, MANIFEST, STATISTICS, read_manifest, write_json, write_text
from emojit.release.card_merge import merge_card
from emojit.release.cards import render_dataset_card
from emojit.release.emoji_plot import PLOT, can_plot, plot_emoji
from emojit.release.files import link_or_copy, read_file
from emojit.release.statement import PROVENANCE

logger = logging.getLogger(__name__)

RELEASE = "release"
"""Key of a published manifest: the repository and the version that the card names."""
KEPT = "kept"
"""Key of a published manifest: paths among its files that no release brought, but that stayed in the repository."""


def stage_dataset(build: Path, out: Path, *, repo_id: str, tag: str) -> Path:
    """Lay out the data set repository of a build; large files are hard links where the file system allows it.

    Args:
        build: a finished build folder that its manifest describes (`verify_manifest`), or a published one.
        out: the folder to make; it must not exist.
        repo_id: the repository that the card and the manifest name.
        tag: the version that they name.

    Returns:
        `out`, for which `verify_manifest` holds where it holds for `build`.

    Raises:
        DatasetError: there is no manifest.
        CardError: a fact that the card needs is missing.
    """
    manifest = read_manifest(build)
    for name in manifest["files"]:
        if name not in (CARD, PLOT, PROVENANCE):  # they are made anew
            link_or_copy(build / name, out / name)
    if can_plot():
        plot_emoji(out)
    else:
        logger.warning(
            "matplotlib is not installed, so the card of %s has no plot; pip install 'emojit[evaluate]'", repo_id
        )
    build_facts = {key: value for key, value in manifest.items() if key not in (RELEASE, KEPT)}
    write_json(out / MANIFEST, {**build_facts, RELEASE: {"repo_id": repo_id, "version": tag}})
    dress_dataset(out, None, {})
    return out


def stage_like(build: Path, released: Path, out: Path) -> Path:
    """Lay out a build in the way in which a release was laid out, so that the two can be compared byte for byte.

    The address, what others wrote into the card, files of others, the statement in `provenance.json`, and the plot where the statistics are the same come
    from the release.

    Args:
        build: a finished build folder.
        released: the files of a release; one that was never published, or not by `emojit push`, has nothing to take over.
        out: the folder to make; it must not exist.

    Returns:
        `out`, or `build` where nothing is to be taken over.
    """
    manifest = read_manifest(released)
    address = manifest.get(RELEASE)
    if not isinstance(address, dict):
        return build
    stage_dataset(build, out, repo_id=str(address.get("repo_id")), tag=str(address.get("version")))
    kept = {name: manifest["files"][name] for name in manifest.get(KEPT, ()) if name in manifest["files"]}
    for name in kept:
        link_or_copy(released / name, out / name)
    same = (released / STATISTICS).read_bytes() == (out / STATISTICS).read_bytes()
    plot = released / PLOT if same and (released / PLOT).is_file() else None
    if (released / PROVENANCE).is_file():
        link_or_copy(released / PROVENANCE, out / PROVENANCE)
    card = (released / CARD).read_text(encoding="utf-8", errors="replace")
    dress_dataset(out, card, {name: (facts["sha256"], facts["size"]) for name, facts in kept.items()}, plot=plot)
    return out


def dress_dataset(
    staged: Path, current: str | None, kept: Mapping[str, tuple[str, int]], *, plot: Path | None = None
) -> None:
    """Write card and manifest of a staged data set for the repository that it goes to.

    Args:
        staged: what `stage_dataset` made, with the `provenance.json` that it shall have.
        current: the card that is in the repository, or None.
        kept: sha256 and size (bytes) of the files that stay there though the release does not bring them, by path.
        plot: a plot of the same statistics that was published already; another matplotlib would draw other bytes.

    Raises:
        CardError: the repository's card cannot be merged.
    """
    if plot is not None:
        (staged / PLOT).unlink(missing_ok=True)
        link_or_copy(plot, staged / PLOT)
    manifest = read_manifest(staged)
    address = manifest[RELEASE]
    own = render_dataset_card(staged, repo_id=address["repo_id"], version=address["version"])
    write_text(staged / CARD, merge_card(own, current, "dataset"))
    before = set(manifest.pop(KEPT, ()))
    files = {name: facts for name, facts in manifest.pop("files").items() if name not in before}
    for name in (CARD, PLOT, PROVENANCE):
        if (staged / name).is_file():
            local = read_file(staged / name, name)
            files[name] = {"sha256": local.sha256, "size": local.size}
    files |= {name: {"sha256": sha256, "size": size} for name, (sha256, size) in kept.items()}
    facts = manifest | ({KEPT: sorted(kept)} if kept else {})
    write_json(staged / MANIFEST, {**facts, "files": dict(sorted(files.items()))})
