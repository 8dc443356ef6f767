"""The metric modules, loaded the way everybody loads them: `evaluate.load` of the packaged folder or of a Hub id."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from emojit.errors import EmojitError, UsageError
from emojit.evaluation.report import MetricFacts
from emojit.metrics import MODULE_FIGURES, module_figures
from emojit.network import require_online
from emojit.resources import resource

if TYPE_CHECKING:
    import evaluate

NAMES = tuple(MODULE_FIGURES)
"""All metric modules."""
PACKAGED = "packaged"
"""The source that stands for the modules which travel with emojit."""

_USE_PACKAGED = "leave --metrics-from out to use the modules that came with emojit"

_CLOSE = 1e-9
"""Figures of the same formulas are closer than this."""

Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """All metric modules, loaded."""

    modules: Mapping[str, evaluate.EvaluationModule]
    facts: tuple[MetricFacts, ...]

    def figures(self, name: str, **call: object) -> Figures:
        """Return what a module answers.

        Args:
            name: of the module.
            call: the arguments of its `compute`.

        Raises:
            EmojitError: a figure is not that of `emojit.metrics`, so that the scores and our intervals would not belong together.
        """
        found: Figures = self.modules[name].compute(**call)
        for figure, expected in module_figures(name, call).items():
            if not _same(found.get(figure), expected):
                source = next(facts.source for facts in self.facts if facts.name == name)
                said = " ".join(figure.split("_"))
                raise EmojitError(
                    f"{name} ({source}) says {said} {_shown(found.get(figure))}, this emojit {_shown(expected)}: "
                    "the module is of another version",
                    hint=_USE_PACKAGED,
                )
        return found


def _same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.6f}"


def import_without_transformers() -> None:
    """Import `evaluate` in a process that asks nothing but emojit: it takes a second instead of six.

    `evaluate` imports transformers, and torch with it, for its `evaluator`, which nothing here uses; where transformers cannot be imported it goes without.
    A program of somebody else's may use it, so this is for the command line alone. Nothing happens where either is imported already, or `evaluate` is not
    installed.
    """
    if "transformers" in sys.modules:
        return
    modules = cast("dict[str, object]", sys.modules)
    modules["transformers"] = None  # Python's own way to say that a module cannot be imported
    try:
        with contextlib.suppress(ImportError):  # the check of the extra says what is missing
            import evaluate  # noqa: F401
    finally:
        del modules["transformers"]


def load_scorer(metrics_from: str | None = None) -> Scorer:
    """Load all modules.

    Nothing touches the network where they come from a folder, whether or not `HF_EVALUATE_OFFLINE` is set. `evaluate`
    copies the code into `HF_HOME/modules`; the predictions stay in memory.

    Args:
        metrics_from: None for the modules that came with emojit, a folder that holds all of them, or the Hub user or
            organisation that published them.

    Raises:
        UsageError: the folder lacks a module.
        EmojitError: the Hub has no such module or cannot be reached.
        OfflineError: a Hub account is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    found = {name: _load(name, _source(name, metrics_from)) for name in NAMES}
    facts = (
        MetricFacts(
            name=name, source=PACKAGED if metrics_from is None else _source(name, metrics_from), digest=module._hash
        )
        for name, module in found.items()
    )
    return Scorer(modules=found, facts=tuple(facts))


def _source(name: str, metrics_from: str | None) -> str:
    if metrics_from is None:
        return str(resource(f"eval_modules/{name}"))
    folder = Path(metrics_from)
    if folder.is_dir():
        if not (folder / name / f"{name}.py").is_file():
            raise UsageError(
                f"--metrics-from {metrics_from}: no {name}/{name}.py in this folder",
                hint=f"give the folder that holds {', '.join(NAMES)}",
            )
        return str(folder.resolve() / name)
    if not re.fullmatch(r"[\w.-]+", metrics_from):
        raise UsageError(
            f"--metrics-from {metrics_from}: no such folder, and no name of a Hub account",
            hint="give a folder, or the user or organisation alone",
        )
    require_online(f"{metrics_from}/{name}")
    return f"{metrics_from}/{name}"


def _load(name: str, source: str) -> evaluate.EvaluationModule:
    import evaluate
    import requests  # what evaluate 0.4 talks to the Hub with
    from evaluate.utils.logging import disable_progress_bar

    # Its download counter is asked on s3.amazonaws.com even where the Hub is on this machine (evaluate 0.4.6).
    evaluate.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    disable_progress_bar()  # a bar for each file of a few kB
    with tempfile.TemporaryDirectory(
        prefix="emojit-"
    ) as cache:  # made on loading, and empty, for nothing is written with keep_in_memory
        try:
            module: Any = evaluate.load(source, keep_in_memory=True, cache_dir=cache)
        except (FileNotFoundError, ConnectionError, requests.RequestException) as exc:
            raise EmojitError(
                f"the metric {source} cannot be loaded: {str(exc).splitlines()[0]}",
                hint=f"publish it with `emojit push metric {name} {source} --tag v1`, check the name and HF_ENDPOINT, or {_USE_PACKAGED}",
            ) from exc
    return module
