"""`lineage.json` in a model folder: what an encoder that went on learning was made of. Whoever fine-tunes it reads this and nothing else.

Fields may be added; one that is renamed or changes its meaning raises `SCHEMA_VERSION`. It may be published: no paths of this machine.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.errors import StudentError

SCHEMA_VERSION = 1
FILE_NAME = "lineage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where weights come from."""

    name: str
    """Name of the recipe that was run."""
    objective: str
    """What was learned: "mlm"."""
    base: str
    """Repository id or folder name of the weights that it began with."""
    base_commit: str | None
    """Commit of their repository; None for a folder."""
    base_licence: str | None
    """Licence that their card states, as the Hub writes it; None where it states none."""
    texts: str
    """Name of the corpus that was read."""
    texts_version: str | None
    """Its commit, or sha256 of its files."""
    texts_licence: str
    """Licence of the sentences together, as the Hub writes it."""
    step: int
    """Update whose weights these are (count); 0 for the base's own."""
    epoch: float
    """The same in passes over the texts."""
    scores: dict[str, float]
    """How well it guesses masked words: loss, hit_at_1, hit_at_5."""
    schema_version: int = SCHEMA_VERSION

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of the base and of the texts; "unknown" for a base that states none."""
        return (self.base_licence or "unknown", self.texts_licence)

    def in_words(self) -> str:
        """Return it as half a sentence, for records and cards."""
        base = self.base if self.base_commit is None else f"{self.base} at {self.base_commit}"
        version = f" at {self.texts_version[:40]}" if self.texts_version else ""
        return (
            f"{self.name}: {base} ({self.licences[0]}), which went on learning masked words on {self.texts}{version} "
            f"({self.texts_licence}), {self.step} updates"
        )


def write_lineage(folder: Path, lineage: Lineage) -> None:
    """Write it into a model folder."""
    text = json.dumps(dataclasses.asdict(lineage), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_lineage(folder: Path) -> Lineage | None:
    """Read it from a model folder; None where there is none.

    Raises:
        StudentError: it is damaged, or of another schema version.
    """
    path, hint = folder / FILE_NAME, "bring the file back, or train the encoder again"
    if not path.is_file():
        return None
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if table["schema_version"] != SCHEMA_VERSION:
            raise StudentError(
                f"{path}: schema version {table['schema_version']!r}, this emojit knows {SCHEMA_VERSION}", hint=hint
            )
        names = {field.name for field in dataclasses.fields(Lineage)}
        return Lineage(**{key: value for key, value in table.items() if key in names})
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint=hint) from exc
