"""The licence gate: a model's answers may train other models only where somebody has looked and said so in the recipe."""

from __future__ import annotations

from emojit.errors import ConfigError
from emojit.recipe import TeacherConfig


def refusal(config: TeacherConfig) -> str | None:
    """Say why this teacher must not be asked, or None when it may be.

    The recorded teacher asks nobody. Any other one needs a stated licence of its output and a stated permission to train other models on it: many
    providers forbid that, and a data set that was made against their terms cannot be repaired afterwards.
    """
    if config.kind == "recorded":
        return None
    missing = []
    if not (config.licence or "").strip():
        missing.append("teacher.licence (the licence of its output) is not stated")
    if not config.distillation_allowed:
        missing.append(
            "teacher.distillation_allowed is not true (its terms allow training other models on its output)"
        )
    return f"{' and '.join(missing)} for {config.model}" if missing else None


def check_licence(config: TeacherConfig) -> None:
    """Refuse to ask a teacher whose licence and permission nobody has stated.

    Args:
        config: the `[teacher]` section.

    Raises:
        ConfigError: `teacher.licence` or `teacher.distillation_allowed` is missing.
    """
    if (reason := refusal(config)) is not None:
        raise ConfigError(
            f"the teacher is not asked: {reason}",
            hint="read its terms, then state both: --set teacher.licence=apache-2.0 --set teacher.distillation_allowed=true, or in "
            "the recipe's [teacher]; what a recipe states for one model does not hold for another",
        )
