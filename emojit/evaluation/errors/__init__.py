"""Where a system goes wrong: its low rows, each with one category by documented, ordered rules. docs/evaluation.md says what they are."""

from __future__ import annotations
