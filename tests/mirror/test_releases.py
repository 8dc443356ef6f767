"""A release stays one that can be verified, wherever it was copied."""

from __future__ import annotations

import pytest

from emojit.mirror.commits import make_commit_plan, run_commits
from emojit.mirror.side import Address, Side


@pytest.mark.slow
def test_a_release_passes_emojit_verify_in_the_box_and_after_an_export_by_commits(emojit, far, box, tmp_path):
    from emojit.dataset.build import build
    from emojit.recipe import BuildRecipe, load_text
    from emojit.release.cards import render_dataset_card

    folder = tmp_path / "v1"
    recipe = load_text(BuildRecipe, "[corpus]\nshare = 0.3\n", where="test")
    build(recipe, folder, render_card=render_dataset_card, quiet=True)
    pushed = emojit("push", "dataset", folder, "you/pairs", "--tag", "v1", "--json")
    assert pushed.code == 0, pushed.err

    emojit(
        "hub", "import", "datasets/you/pairs", "--to", box.hub.endpoint, "--json", EMOJIT_BOX_TOKEN=box.token
    ).json()
    in_box = {"HF_ENDPOINT": box.hub.endpoint, "HF_TOKEN": box.token}
    verified = emojit("verify", "you/pairs@v1", "--json", **in_box)
    listed = emojit("releases", "you/pairs", "--json", **in_box)
    copy = Side(far.hub.endpoint, Address(type="dataset", id="you/copied"), far.token, variable="HF_TOKEN")
    kept = Side(box.hub.endpoint, Address(type="dataset", id="you/pairs"), box.token, variable="EMOJIT_BOX_TOKEN")
    run_commits(kept, copy, make_commit_plan(kept, copy, branches=()), quiet=True)
    again = emojit("verify", "you/copied@v1", "--json")

    assert verified.code == 0, verified.out + verified.err
    assert verified.json()["commit"] == far.tags("you/pairs")["v1"]
    assert listed.code == 0, listed.err
    assert again.code == 0, again.out + again.err
