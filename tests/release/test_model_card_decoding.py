"""The card of a student whose scores are not those of plain `generate` says so."""

from __future__ import annotations

import json

import pytest

from emojit.release.cards import render_model_card


@pytest.mark.parametrize(("method", "said"), [("mbr", True), ("greedy", False), (None, False)])
def test_a_method_that_generate_does_not_know_is_named_with_the_command_that_does(run_folder, method, said):
    path = run_folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    run["recipe"]["decoding"] = {} if method is None else {"method": method}
    path.write_text(json.dumps(run, ensure_ascii=False), encoding="utf-8")

    card = render_model_card(run_folder)

    assert ("they are of the method `mbr` (`emojit_decoding.json`)" in card) is said
    assert ("`emojit predict --model " in card) is said
    assert "\n\n\n" not in card
