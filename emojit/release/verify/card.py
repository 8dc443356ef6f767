"""The card against the files that it is a function of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from emojit.dataset.folder import CARD
from emojit.errors import CardError, StudentError
from emojit.release.card_merge import own_part
from emojit.release.cards import render_dataset_card
from emojit.release.verify.card_text import compare_cards
from emojit.release.verify.findings import ODD_CONTENT, Findings
from emojit.release.verify.subject import Subject


def check_dataset_card(subject: Subject, findings: Findings) -> None:
    """Render the card of a data set again and compare it with the one that is there."""
    if not (subject.folder / CARD).exists() or subject.recipe is None or subject.statistics is None:
        return
    files = subject.manifest.get("files", {}) if subject.manifest is not None else {}
    facts = files.get(CARD) if isinstance(files, dict) else None
    recorded = facts.get("sha256") if isinstance(facts, dict) else None
    repo_id, version = subject.address
    if subject.published and repo_id is not None:
        check_address(subject.folder / CARD, repo_id, version, findings)
    check_card(
        subject.folder,
        lambda: render_dataset_card(subject.folder, repo_id=repo_id, version=version),
        findings,
        recorded=recorded,
    )


def check_address(card: Path, repo_id: str, version: str | None, findings: Findings) -> None:
    """Look for the address of a release in the snippet of its card: whoever copies it must get this version."""
    text = own_part(card.read_text(encoding="utf-8", errors="replace"))
    wanted = f'"{repo_id}", revision="{version}"' if version else f'"{repo_id}"'
    if wanted not in text:
        findings.wrong("card", "names another release", CARD, expected=wanted, found="not in its snippet")


def check_card(folder: Path, render: Callable[[], str], findings: Findings, *, recorded: str | None) -> None:
    """Compare a card with the one that its files give.

    A number that differs is wrong in any case. Words that differ are wrong where the card is not the one that was recorded when it was rendered; where
    it is, they come from a template of another version of emojit.

    Args:
        folder: holds README.md.
        render: makes the card again.
        findings: what is wrong goes here.
        recorded: sha256 of the card in the manifest, or None where nothing recorded it.
    """
    found = (folder / CARD).read_bytes()
    try:
        rendered = render()
    except (CardError, StudentError, *ODD_CONTENT) as exc:
        findings.wrong("card", "cannot be rendered from the files", CARD, expected="every fact it needs", found=exc)
        return
    text = found.decode("utf-8", errors="replace")
    digest = hashlib.sha256(found).hexdigest()
    own = own_part(text)  # what stands below the mark of a published card is not ours
    result = compare_cards(rendered, own)
    untouched = recorded == digest
    words = 0
    for difference in result.differences:
        if difference.fact:
            what = "says something else than the files"
        elif untouched:
            words += 1
            continue
        else:
            what = "has other words than the files give"
        findings.wrong(
            "card", what, f"{CARD}: {difference.where}", expected=difference.expected, found=difference.found
        )
    if not result.differences and recorded not in (None, digest, hashlib.sha256(rendered.encode()).hexdigest()):
        findings.wrong("card", "is another one than the manifest records", CARD, expected=recorded, found=digest)
    if words:
        findings.notes.append(
            f"{CARD}: {words} lines are worded otherwise than by this version of emojit; no number differs in them"
        )
    if foreign := compare_cards(rendered, text).own_sections:
        findings.notes.append(f"{CARD}: sections that emojit did not write: {', '.join(foreign)}")
    findings.checked.append(
        f"every line of {CARD}" if own == rendered else f"{CARD} against the card that the files give"
    )
