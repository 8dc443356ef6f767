"""A data set, built again from its release."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import emojit
from emojit.dataset.folder import listed_files, read_manifest
from emojit.dataset.importing import KIND, Stated, import_dataset
from emojit.dataset.older_files import find_origin
from emojit.dataset.rebuild import Rebuilt, rebuild
from emojit.errors import CardError, DatasetError, UsageError
from emojit.recipe import BuildRecipe, load
from emojit.release.cards import render_dataset_card
from emojit.release.imported_facts import render_imported_card
from emojit.release.reproduce.folders import FileResult, compare_folders
from emojit.release.staging_dataset import KEPT, stage_like
from emojit.teacher import prompt_id

Verdict = Literal["identical", "same content", "different"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedDataset:
    """How a rebuild compares with the release.

    Attributes:
        what: folder or repository.
        revision: as it was asked for; None for a folder or the main branch.
        commit: the commit that was read; None for a folder.
        verdict: "identical" (every file byte for byte), "same content" (every row and value, in other bytes or with another version in the manifest),
            or "different".
        emojit: the version at hand.
        rows: rows of the rebuild (count); None where nothing came out.
        files: every file, in the order in which a build makes them; none where nothing came out.
        refusal: why nothing came out, or None.
        unanswered: questions of the rebuild that the release holds no reply to (count).
        first_unanswered: the first of them in words, or None.
        why: what may be behind unanswered questions or a refusal, as far as it can be told, or None.
        out: where the rebuild was kept, or None.
    """

    what: str
    revision: str | None
    commit: str | None
    verdict: Verdict
    emojit: str
    rows: int | None
    files: tuple[FileResult, ...]
    refusal: str | None
    unanswered: int
    first_unanswered: str | None
    why: str | None
    out: Path | None

    @property
    def first(self) -> FileResult | None:
        """The first file that is not what it should be; one that differs in content goes before one that differs in bytes."""
        by_content = [file for file in self.files if file.state not in ("identical", "same content")]
        return next(iter([*by_content, *(file for file in self.files if file.state != "identical")]), None)

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        first = None if self.first is None else asdict(self.first)
        return {"kind": "dataset", **asdict(self), "out": str(self.out) if self.out else None, "first": first}


def reproduce_dataset(
    folder: Path,
    *,
    what: str,
    revision: str | None = None,
    commit: str | None = None,
    out: Path | None = None,
    corpus: str | None = None,
    quiet: bool = False,
) -> ReproducedDataset:
    """Build a release again and compare.

    Args:
        folder: the files of the release.
        what: folder or repository, as it was named.
        revision: as it was named.
        commit: that was read.
        out: where to keep the rebuild; None keeps it nowhere.
        corpus: a corpus to draw the sentences from again; of an imported data set the file that was imported.
        quiet: no progress bars.

    Raises:
        DatasetError: no build folder, or a file of it is missing or damaged; `out` holds something.
        CorpusError: the corpus that was named cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="emojit-") as temporary:
        scratch = Path(temporary)
        place = out or scratch / "rebuilt"
        if read_manifest(folder).get("kind") == KIND:
            made = _imported_again(folder, place, corpus, quiet=quiet)
        else:
            made = rebuild(folder, place, render_card=render_dataset_card, corpus=corpus, quiet=quiet)
        files = compare_folders(folder, _laid_out(made.folder, folder, scratch)) if made.folder is not None else []
        rows = sum(read_manifest(made.folder)["rows"].values()) if made.folder is not None else None
    states = {file.state for file in files}
    verdict: Verdict = "different"
    if made.folder is not None and states <= {"identical", "same content"}:
        verdict = "identical" if states == {"identical"} else "same content"
    first = made.first_missing
    return ReproducedDataset(
        what=what,
        revision=revision,
        commit=commit,
        verdict=verdict,
        emojit=emojit.__version__,
        rows=rows,
        files=tuple(files),
        refusal=made.refusal,
        unanswered=made.missing,
        first_unanswered=None if first is None else f"{first.step}: {first.text}",
        why=_why(folder, made),
        out=out,
    )


def _imported_again(folder: Path, out: Path, file: str | None, *, quiet: bool) -> Rebuilt:
    """Import the file of an imported data set again: from the Hub at the commit that was read, else from where the user has it."""
    manifest = read_manifest(folder)
    try:
        source = {str(key): value for key, value in manifest["inputs"][0].items()}
        stated = Stated(name=manifest["name"], **manifest["stated"])
        kind, path = source["kind"], source["path"]
    except (KeyError, IndexError, TypeError, AttributeError) as exc:
        raise DatasetError(f"{folder}: its manifest does not say what was imported", hint="import it again") from exc
    if file is not None:
        origin = find_origin(file)
    elif kind == "hub":
        origin = find_origin(f"{source.get('repo')}@{source.get('revision')}", path)
    else:
        raise UsageError(
            f"{folder}: was imported from a file, {path}, which the release does not hold",
            hint="give the file with --corpus",
        )
    origin = replace(
        origin, inputs={key: value for key, value in source.items() if key in {"kind", "repo", "revision", "path"}}
    )
    import_dataset(origin, out, stated, render_card=render_imported_card, quiet=quiet)
    return Rebuilt(folder=out, refusal=None, missing=0, first_missing=None)


def _why(folder: Path, made: Rebuilt) -> str | None:
    if made.folder is not None and not made.missing:
        return None
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    prompts = prompt_id(load(BuildRecipe, folder / "recipe.toml").teacher)
    built_with = manifest.get("versions", {}).get("emojit")
    if prompts != manifest.get("prompt_id"):
        return f"this emojit ({emojit.__version__}) asks with other prompts ({prompts}) than the release was made with ({manifest.get('prompt_id')}, emojit {built_with})"
    if made.missing:
        return "a sentence, a reply or the recipe is not what the release was made with"
    return None


def _laid_out(build: Path, released: Path, scratch: Path) -> Path:
    """Return the rebuild in the form in which the release was published: its address in the card, and what others wrote there."""
    kept = read_manifest(released).get(KEPT, [])
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        return build
    if not set(kept) <= set(listed_files(released)):  # a forged path must lead nowhere
        return build
    try:
        return stage_like(build, released, scratch / "published")
    except CardError:  # the card of the release is damaged, which the comparison will say
        return build
