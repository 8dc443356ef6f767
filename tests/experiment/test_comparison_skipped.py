"""What a report says of variants whose conditions did not hold, and of a test split that is too small."""

from __future__ import annotations

import pytest

from emojit.experiment.comparison.terminal import plain
from emojit.experiment.layout import RunStatus
from emojit.experiment.table import write_table


def test_a_variant_that_the_plan_skipped_is_no_problem_and_the_report_says_so(tmp_path, synthetic):
    folder = synthetic.write_plan(tmp_path / "plan", {"base": 0.5, "later": 0.5}, seeds=(0,), rows=20)
    skipped = RunStatus(variant="later", seed=0, state="skipped", reason="good improved")
    folder.write_statuses([*(status for status in folder.statuses() if status.variant == "base"), skipped])

    found = write_table([str(folder.path)])[0]

    said = next(finding for finding in found.findings if "not in the figures" in finding.english)
    assert (said.kind, said.english) == ("data", "1 of 2 runs is not in the figures: 1 skipped by the plan (later).")
    assert "skipped by the plan" in plain(found).splitlines()[2]
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    assert "skipped by the plan (1 planned), see" in page
    settings = (folder.path / "report.md").read_text(encoding="utf-8").partition("## Variants")[2]
    assert "| skipped by the plan |" in settings.partition("## ")[0]


@pytest.mark.parametrize(("rows", "warned"), [(5, True), (60, False)])
def test_a_test_split_of_few_rows_is_said_to_decide_nothing(tmp_path, rows, warned, synthetic):
    folder = synthetic.write_plan(tmp_path / "plan", {"base": 0.3, "good": 0.9}, seeds=(0,), rows=rows)

    found = write_table([str(folder.path)])[0]

    assert any("too few: the bootstrap" in finding.english for finding in found.findings) == warned
