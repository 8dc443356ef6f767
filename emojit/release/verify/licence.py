"""What front matter, statistics and rows say about the licence."""

from __future__ import annotations

from emojit.dataset.folder import CARD, STATISTICS
from emojit.dataset.licences import UNKNOWN, combined_licence, hub_id
from emojit.errors import DatasetError
from emojit.release.verify.card_text import split_front_matter
from emojit.release.verify.findings import Findings
from emojit.release.verify.subject import Subject


def check_licence(subject: Subject, licences: set[str | None] | None, findings: Findings) -> None:
    """Compare the licence of the card with that of the statistics, and both with what follows from the rows.

    Args:
        subject: the data set.
        licences: of the rows that come from a corpus, or None where they say none.
        findings: what is wrong goes here.
    """
    card = subject.folder / CARD
    front = split_front_matter(card.read_text(encoding="utf-8", errors="replace"))[0] if card.exists() else {}
    stated = front.get("license")
    if card.exists() and not stated:
        findings.notes.append(f"{CARD} states no licence in its front matter")
    if subject.statistics is not None and stated:
        licence = subject.statistics.get("licence")
        counted = licence.get("id") if isinstance(licence, dict) else None
        if counted != stated:
            findings.wrong(
                "licence",
                "card and statistics name different licences",
                f"{CARD}, {STATISTICS}",
                expected=counted,
                found=stated,
            )
    if licences is None:
        findings.unchecked.append("the licence against the rows: they name none")
        return
    try:
        follows = combined_licence(licences).id
    except DatasetError as exc:
        findings.wrong("licence", "licences that cannot be combined", "rows", expected="one licence", found=exc)
        return
    if isinstance(stated, str) and follows != UNKNOWN and (hub_id(stated) or stated) != follows:
        findings.wrong(
            "licence", "is not what the licences of the rows give", f"{CARD}: license", expected=follows, found=stated
        )
    findings.checked.append(
        "the licence in card, statistics and rows"
        if subject.statistics is not None
        else "the licence in card and rows"
    )
