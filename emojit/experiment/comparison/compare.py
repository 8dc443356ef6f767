"""From run folders to the facts of a report."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence

from emojit.errors import EmojitError
from emojit.evaluation.scoring import CONFIDENCE
from emojit.experiment.comparison.baseline_answers import Named, read_baselines, read_evaluated
from emojit.experiment.comparison.confusion import confusion
from emojit.experiment.comparison.distribution import distribution
from emojit.experiment.comparison.facts import SCHEMA_VERSION, Comparison, Run, TestRows
from emojit.experiment.comparison.findings import findings
from emojit.experiment.comparison.members import Member, Members
from emojit.experiment.comparison.resampling import RESAMPLES, SEED
from emojit.experiment.comparison.run_files import RunFiles, read_run_files
from emojit.experiment.comparison.same_rows import check_same_rows, content_of, fingerprint_of
from emojit.experiment.comparison.samples import samples
from emojit.experiment.comparison.scoring import TOP, Rows, Scored, score
from emojit.experiment.comparison.table import SeedRun, Table, unread
from emojit.metrics import most_common
from emojit.student.record import RunRecord

logger = logging.getLogger(__name__)

Key = tuple[str, str]
"""Variant and folder of a run."""


def compare(members: Members) -> Comparison:
    """Read every finished run of a plan, or of folders given by hand, and put them side by side.

    A run that cannot be read is a row that says why. The order of rows in the files changes nothing, and neither does the order of calls: the same runs give
    the same facts.

    Raises:
        DatasetError: two runs were scored on different test rows, or the baselines were.
    """
    every = [member for group in members.groups for member in group.members]
    files: dict[Key, RunFiles] = {}
    faults: dict[Key, EmojitError] = {}
    for member in every:
        if member.state == "done":
            try:
                files[_key(member)] = read_run_files(member.path)
            except EmojitError as exc:
                faults[_key(member)] = exc
                logger.info("run left out folder=%s reason=%s", member.label, exc)
    finished = [member for member in every if _key(member) in files]
    check_same_rows([(member.label, files[_key(member)]) for member in finished])
    if not finished:
        return _without_runs(members, every, faults)

    first = files[_key(finished[0])]
    gold = first.test.gold
    top = most_common(gold, TOP)
    scored = {key: score(found.test.answers, gold, top) for key, found in files.items()}
    articles = next((found.test.articles for found in files.values() if found.test.articles is not None), None)
    baselines = _baselines(members, finished, first)
    table = Table(
        members,
        {
            group.name: [
                SeedRun(seed=member.seed, scored=scored[_key(member)], inventory=files[_key(member)].inventory)
                for member in group.members
                if _key(member) in files
            ]
            for group in members.groups
        },
        {name: score(answers, gold, top) for name, answers in baselines.items()},
        gold,
        articles,
    )
    answers: dict[str, list[Rows]] = {}
    for member in finished:
        answers.setdefault(member.variant, []).append(files[_key(member)].test.answers)
    data = first.record.data
    return _with_findings(
        Comparison(
            schema_version=SCHEMA_VERSION,
            name=members.name,
            base=members.groups[0].name,
            findings=(),
            test=TestRows(
                dataset=data.name,
                revision=data.revision,
                commit=data.commit,
                fingerprint=fingerprint_of(first),
                content=content_of(first.test),
                rows=len(gold),
                gold=score(gold, gold, top).scores,
                top=top,
                articles=None if articles is None else max(articles) + 1,
            ),
            variants=table.variants(),
            baselines=table.baselines(),
            published=members.published,
            runs=tuple(_run(member, files, scored, faults) for member in every),
            distribution=distribution(gold, answers),
            confusions=tuple(confusion(name, found, gold) for name, found in answers.items()),
            samples=samples(first.test, {**{name: found[0] for name, found in answers.items()}, **baselines}),
            confidence=CONFIDENCE,
            resamples=RESAMPLES,
            bootstrap_seed=SEED,
        )
    )


def _without_runs(members: Members, every: Sequence[Member], faults: Mapping[Key, EmojitError]) -> Comparison:
    return _with_findings(
        Comparison(
            schema_version=SCHEMA_VERSION,
            name=members.name,
            base=members.groups[0].name,
            findings=(),
            test=None,
            variants=tuple(unread(group, is_base=group is members.groups[0]) for group in members.groups),
            baselines=(),
            published=members.published,
            runs=tuple(_run(member, {}, {}, faults) for member in every),
            distribution=(),
            confusions=(),
            samples=(),
            confidence=CONFIDENCE,
            resamples=RESAMPLES,
            bootstrap_seed=SEED,
        )
    )


def _with_findings(comparison: Comparison) -> Comparison:
    return dataclasses.replace(comparison, findings=findings(comparison))


def _key(member: Member) -> Key:
    return member.variant, str(member.path)


def _baselines(members: Members, finished: Sequence[Member], first: RunFiles) -> Named:
    """Return the baselines' answers under names that no variant has."""
    ids = first.test.ids
    if members.baselines is not None:
        found = read_baselines(members.baselines, ids)
    else:
        found = next((named for member in finished if (named := read_evaluated(member.path, ids))), {})
    variants = {group.name for group in members.groups}
    return {f"{name} (baseline)" if name in variants else name: answers for name, answers in found.items()}


def _run(
    member: Member,
    files: Mapping[Key, RunFiles],
    scored: Mapping[Key, Scored],
    faults: Mapping[Key, EmojitError],
) -> Run:
    found, fault = files.get(_key(member)), faults.get(_key(member))
    record = None if found is None else found.record
    emojis = None if found is None or found.inventory is None else len(found.inventory)
    rows = None if record is None else record.data.rows.get("train")
    return Run(
        variant=member.variant,
        seed=member.seed,
        folder=member.label,
        state=member.state if fault is None else "incomplete",
        reason=member.reason if fault is None else str(fault).replace(str(member.path), member.label),
        hint=member.hint if fault is None else fault.hint,
        log_tail=member.log_tail,
        notes=() if found is None else found.notes,
        scores=scored[_key(member)].scores if found is not None else None,
        validation_jaccard=None if record is None else record.validation.get("jaccard"),
        train_rows=rows,
        emojis=emojis,
        rows_per_emoji=rows / emojis if rows is not None and emojis else None,
        epochs=None if record is None else record.training.epochs,
        best_epoch=None if record is None else record.training.best_epoch,
        seconds=None if record is None else record.seconds.get("total"),
        curve=() if found is None else found.curve,
        train_fingerprint=None if record is None else record.data.fingerprints.get("train"),
        code=None if record is None else _code(record),
    )


def _code(record: RunRecord) -> str:
    commit = f" ({record.code.commit[:12]}{', changed' if record.code.changed else ''})" if record.code.commit else ""
    return f"{record.code.version}{commit}"
