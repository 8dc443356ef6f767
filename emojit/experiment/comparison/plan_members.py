"""The runs of a plan, whatever became of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emojit.experiment.comparison.facts import Published
from emojit.experiment.comparison.members import Group, Member, Members
from emojit.experiment.layout import PlanFolder, RunStatus
from emojit.experiment.plan.conditions import words
from emojit.network import mask_secrets
from emojit.recipe import PublishedConfig, VariantConfig

_TAIL = 15
"""Lines of a failed run's log that are shown (count)."""


def members_of_plan(folder: PlanFolder) -> Members:
    """Return what a plan's folder holds: every run that the plan names, also those that were never begun.

    Raises:
        UsageError: the folder holds no plan, or `status.json` cannot be read.
        ConfigError: the plan cannot be read.
    """
    plan = folder.plan
    statuses = {(status.variant, status.seed): status for status in folder.statuses()}
    return Members(
        name=plan.name,
        groups=tuple(_group(folder, variant, statuses) for variant in plan.every_variant()),
        baselines=folder.baselines,
        targets=plan.success.criteria(),
        published=tuple(map(_published, plan.published)),
        out=folder.path,
    )


def _group(folder: PlanFolder, variant: VariantConfig, statuses: Mapping[tuple[str, int], RunStatus]) -> Group:
    return Group(
        name=variant.name,
        hypothesis=variant.hypothesis or None,
        changes=dict(variant.set),
        when=words(variant.when) or None,
        members=tuple(
            _member(folder, variant.name, seed, statuses.get((variant.name, seed))) for seed in sorted(variant.seeds)
        ),
    )


def _member(folder: PlanFolder, variant: str, seed: int, status: RunStatus | None) -> Member:
    path = folder.run(variant, seed)
    reason, hint, tail = None, None, ""
    if status is None or status.state == "pending":
        reason, hint = "not run yet", "go on with the plan: emojit experiment run"
    elif status.state == "running":
        reason, hint = "still running, or stopped in the middle", "go on with the plan: emojit experiment run"
    elif status.state != "done":
        reason = status.reason or status.state
        if status.state == "failed" and (failure := folder.read_failure(variant, seed)) is not None:
            reason, hint, tail = failure.message, failure.hint, failure.log
    return Member(
        variant=variant,
        seed=seed,
        path=path,
        label=path.relative_to(folder.path).as_posix(),
        state="pending" if status is None else status.state,
        reason=_publishable(reason, folder.path),
        hint=_publishable(hint, folder.path),
        log_tail=tuple((_publishable(tail, folder.path) or "").splitlines()[-_TAIL:]),
    )


def _publishable(text: str | None, folder: Path) -> str | None:
    """Return what a training said without secrets and without the paths of this machine."""
    if text is None:
        return None
    for path, short in ((folder.resolve(), "."), (folder, "."), (Path.home(), "~")):
        if len(str(path)) > 1:
            text = text.replace(str(path), short)
    return mask_secrets(text)


def _published(row: PublishedConfig) -> Published:
    return Published(
        name=row.variant, jaccard=row.jaccard, outside_top=row.outside_top, rows=row.rows, remark=row.remark
    )
