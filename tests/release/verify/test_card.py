"""Verify: card, statistics, manifest and licence against each other and against the rows."""

from __future__ import annotations

import pytest

from emojit.release.verify.run import verify


@pytest.mark.parametrize("careful", [False, True])
def test_an_edited_number_of_the_card_is_found_with_both_values(release, careful, forge):
    forge.card(release, "| train | 60 | 30 | 66.7 % |", "| train | 61 | 30 | 66.7 % |")
    if careful:
        forge.manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert forge.kinds(findings) == {"card: says something else than the files"}
    finding = findings.kept[0]
    assert (finding.expected, finding.found) == ("60", "61")
    assert finding.where == "README.md: ## Splits: | train | 61 | 30 | 66.7 % |"


def test_an_edited_sentence_of_the_card_is_found(release, forge):
    forge.card(release, "No row has a flag.", "Every row was written by hand.")

    finding = forge.only(verify(str(release), quiet=True).findings, "card: has other words than the files give")

    assert (finding.expected, finding.found) == ("No row has a flag.", "Every row was written by hand.")


def test_an_edited_licence_is_found(release, forge):
    forge.card(release, "license: cc0-1.0", "license: mit")
    forge.manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert "licence: card and statistics name different licences" in forge.kinds(findings)
    assert forge.only(findings, "licence: is not what the licences of the rows give").found == "mit"


def test_what_a_merge_keeps_of_an_older_card_is_no_error(release, forge):
    forge.card(release, "license: cc0-1.0", "license: cc0-1.0\nhomepage: https://example.org")
    forge.card(release, "- emojit\n", "- emojit\n- mine\n")
    forge.card(
        release, "- config_name: default", "- config_name: v0\n  data_files: old.parquet\n- config_name: default"
    )
    forge.card(release, "## Citation", "## Errata\n\n3 rows were wrong in v0.\n\n## Citation")

    findings = verify(str(release), quiet=True).findings

    assert findings.kept == []
    assert any("## Errata" in note for note in findings.notes)


def test_edited_statistics_are_found_though_manifest_and_card_were_fixed_up(release, forge):
    from emojit.release.cards import render_dataset_card

    def damage(statistics):
        statistics["emoji"]["counts"][0][1] += 7
        statistics["leaked"] = 5

    forge.json(release, "statistics.json", damage)
    (release / "README.md").write_text(render_dataset_card(release), encoding="utf-8", newline="\n")
    forge.manifest(release)

    findings = verify(str(release), quiet=True).findings

    wrong = {finding.where: (finding.expected, finding.found) for finding in findings.kept}
    assert wrong == {
        "statistics.json: emoji.counts[0][1]": ("9", "16"),
        "statistics.json: leaked": ("0", "5"),
    }


def test_statistics_without_a_key_are_named_as_such(release, forge):
    forge.json(release, "statistics.json", lambda statistics: statistics.pop("balance"))

    assert "statistics: has not the layout of statistics" in forge.kinds(verify(str(release), quiet=True).findings)


def test_a_manifest_that_contradicts_statistics_and_recipe_is_found(release, forge):
    forge.json(release, "manifest.json", lambda manifest: manifest.update(seed=7, prompt_id="0" * 16))

    findings = verify(str(release), quiet=True).findings

    assert {finding.where for finding in findings.kept if finding.check == "facts"} == {
        "manifest.json: seed",
        "manifest.json: prompt_id, statistics.json: teacher.prompt_id",
    }
