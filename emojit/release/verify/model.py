"""A model release: its card and its `.eval_results/` against the run they were made from, and the data set that it names."""

from __future__ import annotations

from pathlib import Path

import yaml

from emojit.baselines.record import is_baseline
from emojit.dataset.folder import CARD
from emojit.errors import CardError, EmojitError, StudentError, UsageError
from emojit.release.cards import render_model_card
from emojit.release.eval_results import render_eval_results
from emojit.release.published import Published, open_published
from emojit.release.staging import is_run_folder
from emojit.release.verify.card import check_address, check_card
from emojit.release.verify.findings import Findings
from emojit.release.verify.gold import check_gold
from emojit.release.verify.provenance import check_provenance
from emojit.release.verify.released import address, check_released_files, open_manifest, recorded_card
from emojit.release.verify.scores import check_scores
from emojit.student.export import check_exports, find_records
from emojit.student.record import read_run

_RUN = "run"
_RESULTS = ".eval_results"


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model, as it is published, and no data set."""
    if is_run_folder(folder):
        raise UsageError(
            f"{folder}: is a run that is not published yet", hint="publish it, then `emojit verify namespace/name@v1`"
        )
    return (folder / "config.json").is_file() or is_baseline(folder)


def check_model_release(
    folder: Path, findings: Findings, *, release: Published | None
) -> tuple[str | None, str | None]:
    """Check the files of a model repository, and return repository and version that they name.

    Args:
        folder: its files; without a manifest weights may be left out.
        findings: what is wrong goes here.
        release: where it was read from, for an older card names the address that no file does; None for a folder.
    """
    manifest = open_manifest(folder, findings)
    stated = address(manifest)
    repo_id, tag = (release.repo.repo_id, release.version) if release is not None and stated[0] is None else stated
    run = folder / _RUN
    has_run = is_run_folder(run)
    card = has_run and (folder / CARD).is_file() and repo_id is not None
    check_released_files(folder, manifest, findings, but=(CARD,) if card else ())
    check_provenance(folder, "model", findings, run=run if has_run else None)
    if manifest is not None:  # without one the weights were left out
        _check_exports(folder, findings)
    if not has_run:
        findings.unchecked.append("card and scores against a run: there is no run/run.json")
        return stated
    if card and repo_id is not None:
        if manifest is not None:
            check_address(folder / CARD, repo_id, tag, findings)
        check_card(
            folder,
            lambda: render_model_card(run, repo_id=repo_id, revision=tag, model=folder),
            findings,
            recorded=recorded_card(manifest),
        )
    else:
        findings.unchecked.append("the card against the run: there is no card, or no address that it would name")
    _check_results(folder, run, findings)
    check_scores(run, findings)
    if release is not None:
        _check_data(run, release, findings)
        check_gold(run, findings)
    return stated


def _check_exports(folder: Path, findings: Findings) -> None:
    """Hold every export against what it says of itself, and against the weights."""
    try:
        records = find_records(folder)
        check_exports(folder)
    except StudentError as exc:
        findings.wrong("files", "is no export of these weights", "export.json", expected="a whole export", found=exc)
        return
    findings.checked.extend(f"{one.format}/ against its record and the weights" for one in records)


def _check_results(folder: Path, run: Path, findings: Findings) -> None:
    try:
        wanted = render_eval_results(run)
    except CardError as exc:
        findings.wrong(
            "scores", "cannot be read from the run", "run/eval_metrics.json", expected="a full report", found=exc
        )
        return
    there = {path.name: path for path in sorted((folder / _RESULTS).glob("*.yaml"))}
    for name in sorted(set(wanted) - set(there)):
        findings.wrong(
            "scores", "is missing", f"{_RESULTS}/{name}", expected="the scores of the run", found="no such file"
        )
    for name in sorted(set(wanted) & set(there)):
        found, expected = there[name].read_text(encoding="utf-8", errors="replace"), wanted[name]
        if found == expected:
            continue
        for ours, theirs in _pairs(expected, found):
            findings.wrong("scores", "is not the score of the run", f"{_RESULTS}/{name}", expected=ours, found=theirs)
    findings.checked.append(f"{len(wanted)} files of {_RESULTS} against the report of the run")


def _pairs(expected: str, found: str) -> list[tuple[object, object]]:
    """Return what differs between two files of one entry each: key and value."""
    ours = yaml.safe_load(expected)[0]
    try:
        theirs = yaml.safe_load(found)[0]
        return [(f"{key}: {ours[key]}", f"{key}: {theirs.get(key)}") for key in ours if theirs.get(key) != ours[key]]
    except (yaml.YAMLError, LookupError, TypeError, AttributeError):
        return [(expected, found)]


def _check_data(run: Path, release: Published, findings: Findings) -> None:
    """Ask the Hub for the data set at the commit that the run names, and whether its tag still stands there.

    A Hub need not have it: a copy may hold the model alone.
    """
    try:
        data = read_run(run).data
    except StudentError as exc:
        findings.wrong(
            "scores", "cannot be read from the run", "run/run.json", expected="the record of a run", found=exc
        )
        return
    if data.repo_id is None or data.commit is None:
        findings.unchecked.append("the data set: the run was trained on a folder")
        return
    try:
        if release.sibling("dataset", data.repo_id).head() is None:
            findings.unchecked.append(
                f"the data set of the run: there is no {data.repo_id} at {release.repo.endpoint}, or no access to it"
            )
            return
        there = open_published(f"{data.repo_id}@{data.commit}", kind="dataset")
    except EmojitError as exc:
        findings.wrong(
            "tag",
            "the data set of the run is not there",
            f"{data.repo_id}@{data.commit}",
            expected="a data set at this commit",
            found=exc,
        )
        return
    if data.revision in there.head.tags and there.head.tags[data.revision] != data.commit:
        findings.wrong(
            "tag",
            "the tag of the data set was moved",
            f"{data.repo_id}@{data.revision}",
            expected=f"commit {data.commit}",
            found=f"commit {there.head.tags[data.revision]}",
        )
    findings.checked.append(f"the data set {data.repo_id} is there at {data.commit[:12]}")
