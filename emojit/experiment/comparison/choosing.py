"""What a user means by the names behind `emojit experiment table`: a plan, its folder, or run folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojit.errors import UsageError
from emojit.experiment.comparison.folder_members import members_of_folders
from emojit.experiment.comparison.members import Members
from emojit.experiment.comparison.plan_members import members_of_plan
from emojit.experiment.layout import PLAN, find_plan_folder


def choose_members(targets: Sequence[str], *, base: str | None = None) -> Members:
    """Return what is to be compared.

    Args:
        targets: one plan (a file, a packaged name, or the folder that it was run in), or one or more run folders.
        base: name of the variant that the others are compared with, for run folders alone; None takes that of the first.

    Raises:
        UsageError: there is no such folder or plan, a plan stands among other things, or `base` is given with a plan.
        ConfigError: the plan cannot be read.
    """
    plans = [target for target in targets if not Path(target).is_dir() or (Path(target) / PLAN).is_file()]
    if not plans:
        return members_of_folders([Path(target) for target in targets], base=base)
    if len(targets) > 1:
        missing = [target for target in plans if not Path(target).exists()]
        if missing:
            raise UsageError(f"{missing[0]}: no such folder", hint="give run folders that `emojit train` wrote")
        raise UsageError(
            f"{plans[0]} is a plan, and {len(targets) - 1} more are given",
            hint="give one plan alone, or run folders alone: those of a plan lie in its runs/<variant>/seed-<n>",
        )
    if base is not None:
        raise UsageError(
            f"--base {base}: a plan has its own base", hint="leave --base out, or give the plan's run folders"
        )
    return members_of_plan(find_plan_folder(plans[0]))
