"""What an audit found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LISTED = 1000


@dataclass(slots=True)
class Findings:
    """Damage and remains. The lists are cut at 1,000 entries each, the counts are not."""

    problems: list[str] = field(default_factory=list)
    """Damage: place and what is wrong with it."""
    problem_count: int = 0
    remains: list[str] = field(default_factory=list)
    """What a killed Hub left behind; harmless, and cleared away by the next start or by `emojit hub gc`."""
    remain_count: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("repositories", "references", "objects", "large_files", "large_bytes", "void_pointers"), 0
        )
    )
    """How much was looked at; void pointers are those to large files that were deleted for good with the history kept."""

    def problem(self, where: str, what: str) -> None:
        """Note damage."""
        self.problem_count += 1
        if len(self.problems) < _LISTED:
            self.problems.append(f"{where}: {what}")

    def remain(self, what: str) -> None:
        """Note something harmless that is left over."""
        self.remain_count += 1
        if len(self.remains) < _LISTED:
            self.remains.append(what)

    def as_dict(self) -> Mapping[str, object]:
        """For `--json`."""
        return {
            **self.counts,
            "problem_count": self.problem_count,
            "problems": self.problems,
            "remain_count": self.remain_count,
            "remains": self.remains,
        }
