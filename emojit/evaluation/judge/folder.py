"""The folder of a judge: what was to be judged, one file per stage, what was rejected and why, and the report.

    OUT/
      judge.toml                 the resolved recipe
      setting.json               everything that decides the questions; another recipe or other predictions are refused
      judgements.jsonl           absolute scores: id, system, ask, semantic, naturalness, misleading, error_category, reason, place, key
      pairs.jsonl                choices: id, first, second, ask, choice, reason, key; both orders of every pair
      guesses.jsonl              guesses: id, system, ask, candidates, choice, correct, key
      rejected/<stage>.jsonl     what could not be judged: id, systems, ask, reason, detail, keys
      bills/<stage>.json         questions, tokens, cost
      judge.json, judge.md       the report on all stages that are there

Every file is written whole or not at all, and its bytes depend on the replies alone.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emojit.dataset.folder import write_json, write_text
from emojit.errors import DatasetError
from emojit.evaluation.judge.records import Guess, Judgement, PairJudgement, Rejected, Stage
from emojit.evaluation.judge.schema import Bill

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")

SETTING, RECIPE = "setting.json", "judge.toml"
FILES: dict[Stage, str] = {"scores": "judgements.jsonl", "pairs": "pairs.jsonl", "guess": "guesses.jsonl"}

_HINT = "give the folder that `emojit judge` wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFolder:
    """Reads and writes the files of a judge.

    Attributes:
        path: the folder.
    """

    path: Path

    def start(self, setting: Mapping[str, object], recipe: str) -> None:
        """Make the folder, or make sure that it is about the same.

        Args:
            setting: everything that decides the questions, plain JSON.
            recipe: the resolved recipe as TOML.

        Raises:
            DatasetError: the folder holds something else, or judgements of another setting.
        """
        hint = "choose another --out, or remove this folder: with the same --store no question is asked twice"
        if self.path.exists() and not self.path.is_dir():
            raise DatasetError(f"{self.path}: is a file", hint="choose another --out")
        if (self.path / SETTING).is_file():
            there = self.setting()
            plain = json.loads(json.dumps(setting))
            differs = next((key for key in {**plain, **there} if plain.get(key) != there.get(key)), None)
            if differs is not None:
                raise DatasetError(
                    f"{self.path}: holds judgements of another {differs}: {_short(there.get(differs))} there, {_short(plain.get(differs))} now",
                    hint=hint,
                )
        elif self.path.is_dir() and any(self.path.iterdir()):
            # not `hint`: what others wrote here is not to be removed
            raise DatasetError(f"{self.path}: is not empty and holds no judgements", hint="choose another --out")
        for folder in ("rejected", "bills"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        write_text(self.path / RECIPE, recipe)
        write_json(self.path / SETTING, setting)

    def write(
        self,
        stage: Stage,
        rows: Sequence[Judgement] | Sequence[PairJudgement] | Sequence[Guess],
        rejected: Sequence[Rejected],
        bill: Bill,
    ) -> None:
        """Write what a stage came to; its own file last."""
        write_json(self.path / "bills" / f"{stage}.json", dataclasses.asdict(bill))
        write_text(self.path / "rejected" / f"{stage}.jsonl", _lines(rejected))
        write_text(self.path / FILES[stage], _lines(rows))

    def setting(self) -> dict[str, Any]:
        """Return what decided the questions.

        Raises:
            DatasetError: there are no judgements here, or the file is damaged.
        """
        value = _json(self.path / SETTING)
        if not isinstance(value, dict):
            raise DatasetError(f"{self.path / SETTING}: no setting of a judge", hint=_HINT)
        return value

    def has(self, stage: Stage) -> bool:
        """Say whether a stage was asked to its end."""
        return (self.path / FILES[stage]).is_file()

    def judgements(self) -> list[Judgement]:
        """Return the absolute scores.

        Raises:
            DatasetError: the file is missing or damaged.
        """
        return _rows(self.path / FILES["scores"], Judgement)

    def pairs(self) -> list[PairJudgement]:
        """Return the choices between two answers; raises as `judgements`."""
        return _rows(self.path / FILES["pairs"], PairJudgement)

    def guesses(self) -> list[Guess]:
        """Return the guesses; raises as `judgements`."""
        return [
            dataclasses.replace(row, candidates=tuple(row.candidates))
            for row in _rows(self.path / FILES["guess"], Guess)
        ]

    def rejected(self, stage: Stage) -> list[Rejected]:
        """Return what a stage could not judge; raises as `judgements`."""
        return _rows(self.path / "rejected" / f"{stage}.jsonl", Rejected)

    def bill(self, stage: Stage) -> Bill:
        """Return what a stage took; raises as `judgements`."""
        path = self.path / "bills" / f"{stage}.json"
        value = _json(path)
        try:
            return Bill(**value)
        except TypeError as exc:
            raise DatasetError(f"{path}: no bill of a judge ({exc})", hint=_HINT) from exc


def _lines(rows: Sequence[DataclassInstance]) -> str:
    return "".join(json.dumps(dataclasses.asdict(row), ensure_ascii=False) + "\n" for row in rows)


def _rows(path: Path, kind: type[R]) -> list[R]:
    names = {field.name for field in dataclasses.fields(kind)}
    found = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        try:
            row = json.loads(line)
            found.append(kind(**{name: row[name] for name in names}))
        except (ValueError, KeyError, TypeError) as exc:
            raise DatasetError(f"{path}: line {number} is damaged ({exc!r})", hint=_HINT) from exc
    return found


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as exc:
        raise DatasetError(f"{path}: no JSON ({exc})", hint=_HINT) from exc


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = getattr(exc, "strerror", None) or exc
        raise DatasetError(f"{path}: cannot be read ({why})", hint=_HINT) from exc


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"
