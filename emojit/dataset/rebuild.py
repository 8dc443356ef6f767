"""Building a release again from itself: its recipe, its sentences, its replies and the code at hand. Nobody is asked."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.dataset.drawing import open_draw
from emojit.dataset.filling import Parts, fill
from emojit.dataset.folder import RECIPE, read_manifest
from emojit.dataset.replay import Release
from emojit.dataset.staging import locked, place, staged
from emojit.dataset.tables import Tables
from emojit.errors import ConfigError, CorpusError, DatasetError
from emojit.recipe import BuildRecipe, load
from emojit.teacher import Question, ReplyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a release was built into.

    Attributes:
        folder: the new build folder; None where nothing came out.
        refusal: why nothing came out, or None.
        missing: questions that the release holds no reply to (count).
        first_missing: the first of them, or None.
    """

    folder: Path | None
    refusal: str | None
    missing: int
    first_missing: Question | None


def rebuild(
    released: Path,
    out: Path,
    *,
    render_card: Callable[[Path], str],
    corpus: str | None = None,
    quiet: bool = False,
) -> Rebuilt:
    """Build a release again.

    Args:
        released: the build folder, as it was published.
        out: folder to make; missing or empty.
        render_card: gives the text of README.md, as for a build.
        corpus: a corpus to draw the sentences from again, in place of those of the release.
        quiet: no progress bars.

    Raises:
        DatasetError: no build folder, a file of it is missing or damaged, or `out` holds something.
        CorpusError: the corpus that was named cannot be used.
    """
    manifest = read_manifest(released)
    if not (released / RECIPE).is_file():
        raise DatasetError(
            f"{released}: no {RECIPE}, so nobody knows how it was built",
            hint="give a data set that `emojit build-dataset` made",
        )
    try:
        recipe = load(BuildRecipe, released / RECIPE)
    except ConfigError as exc:
        version = manifest.get("versions", {}).get("emojit")
        raise DatasetError(
            f"{released}: its recipe cannot be read by this emojit: {exc}",
            hint=f"it was built by emojit {version}: use that version" if version else exc.hint,
        ) from exc
    out = place(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out}: is not empty", hint="choose another folder with --out, or remove this one")
    release = Release(released, manifest)
    with (
        locked(out),
        tempfile.TemporaryDirectory(prefix="emojit-") as scratch,
        ReplyStore(Path(scratch) / "replies.sqlite") as store,
    ):
        teacher = release.replies(store)
        parts = Parts(
            guard=release.guard(),
            tables=release.tables,
            offers=lambda tables: release.offers(),
            teacher=lambda: teacher,
            store=store,
            inputs=lambda inputs: release.inputs(),
            max_unanswered=1.0,  # the release has passed this already
        )
        if corpus is not None:
            parts = _drawn_again(recipe, corpus, release, parts, quiet=quiet)
        try:
            with staged(out) as folder:
                fill(folder, recipe, parts, render_card, quiet=quiet)
        except (DatasetError, CorpusError) as exc:
            if corpus is not None and isinstance(exc, CorpusError):
                raise
            return Rebuilt(folder=None, refusal=str(exc), missing=teacher.missing, first_missing=teacher.first)
    return Rebuilt(folder=out, refusal=None, missing=teacher.missing, first_missing=teacher.first)


def _drawn_again(recipe: BuildRecipe, corpus: str, release: Release, parts: Parts, *, quiet: bool) -> Parts:
    """Take the sentences, and what cannot be read, from a corpus: at the commit of the release where it is on the Hub."""
    recorded: Mapping[str, Any] = next((one for one in release.inputs() if one.get("role") == "corpus"), {})
    revision = recorded.get("revision") if recorded.get("repo") == corpus else None
    named = dataclasses.replace(recipe.corpus, source=corpus, revision=revision or recipe.corpus.revision)
    drawing = dataclasses.replace(recipe, corpus=named)
    others = [one for one in release.inputs() if one.get("role") != "corpus"]
    return dataclasses.replace(
        parts,
        tables=Tables,
        offers=lambda tables: open_draw(drawing, tables, quiet=quiet),
        inputs=lambda inputs: [{"role": "corpus", **inputs}, *others],
    )
