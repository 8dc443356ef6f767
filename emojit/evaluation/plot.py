"""The plot of a report: one bar per system with its interval."""

from __future__ import annotations

from pathlib import Path

from emojit.evaluation.report import EvalReport, Kind

_COLOURS: dict[Kind, str] = {
    "student": "#d9480f",
    "predictions": "#d9480f",
    "saved-baseline": "#d9480f",
    "baseline": "#868e96",
    "teacher": "#1971c2",
}


def plot_scores(report: EvalReport, path: Path) -> None:
    """Draw mean Jaccard and interval of every system as a PNG of 1,400 pixels' width.

    Drawn without pyplot, so no window system is asked and no global state of a caller's figures is touched; without a
    date inside, so the same report gives the same bytes.
    """
    from matplotlib.figure import Figure

    systems = report.systems[::-1]  # barh draws from below
    figure = Figure(figsize=(7, 1.2 + 0.45 * len(systems)), dpi=200, layout="constrained")
    axes = figure.subplots()
    means = [system.jaccard.mean for system in systems]
    errors = [
        [system.jaccard.mean - system.jaccard.low for system in systems],
        [system.jaccard.high - system.jaccard.mean for system in systems],
    ]
    axes.barh(
        [_latin(system.label) for system in systems],
        means,
        xerr=errors,
        capsize=3,
        height=0.6,
        color=[_COLOURS[system.kind] for system in systems],
    )
    reach = max(system.jaccard.high for system in systems)
    for place, system in enumerate(systems):
        axes.text(
            system.jaccard.high + 0.015 * (reach or 1), place, f"{system.jaccard.mean:.3f}", va="center", fontsize=9
        )
    axes.set_xlim(0, (reach or 1) * 1.15)
    axes.set_xlabel(f"mean Jaccard with {100 * report.confidence:.0f} % interval")
    axes.set_title(f"{_latin(report.dataset.name)}, {report.dataset.split}, {report.dataset.rows:,} rows", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})


def _latin(text: str) -> str:
    """Return a name with question marks for what matplotlib's own font lacks, such as Japanese in a file name."""
    return text.encode("latin-1", errors="replace").decode("latin-1")
