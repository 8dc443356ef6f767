"""The rows against the replies that they were made from: nobody may have changed an answer, and every row must follow from its answers."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.digests import DigestMap
from emojit.dataset.parquet import REPLY_COLUMNS as REPLY_TABLE
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.splits import SPLITS
from emojit.logs import progress
from emojit.recipe import BuildRecipe
from emojit.release.verify.findings import ODD_CONTENT, Findings
from emojit.release.verify.reply_index import ReplyIndex
from emojit.release.verify.row import Row, is_written
from emojit.release.verify.rows import Seen
from emojit.release.verify.subject import Subject
from emojit.release.verify.tables import has_columns, read_table
from emojit.teacher import prompt_id, reply_from_columns

_USED = {"original_text", "sns_text", "votes", "flags"}


@dataclass(slots=True)
class Replies:
    """What the pass leaves behind for the statistics.

    Attributes:
        totals: sums over teacher/, or None where there is none.
        leaked: emoji that stood in the rewrites of the rows (count), or None where the rows could not be followed.
    """

    totals: ReplyTotals | None = None
    leaked: int | None = None


def check_replies(subject: Subject, seen: Seen, findings: Findings, *, quiet: bool = True) -> Replies:
    """Check the key of every reply, then read the replies again and compare every row with them."""
    result = Replies()
    files = subject.table_files("teacher")
    if not files:
        if subject.own:
            findings.unchecked.append("rows against replies: there is no teacher/")
        return result
    index_config = _followable(subject, seen, findings)
    result.totals = ReplyTotals()
    with tempfile.TemporaryDirectory(prefix="emojit-verify-") as temporary:
        index = ReplyIndex(Path(temporary), index_config.teacher) if index_config is not None else None
        try:
            result.totals = _read(files, index, findings, quiet=quiet)
            if index is not None and index_config is not None:
                result.leaked = _follow(subject, index_config, index, findings, quiet=quiet)
        finally:
            if index is not None:
                index.__exit__()
    return result


def _followable(subject: Subject, seen: Seen, findings: Findings) -> BuildRecipe | None:
    """Return the recipe where rows can be followed to their replies with this version's prompts, else say why not."""
    recipe = subject.recipe
    if recipe is None or not seen.columns >= _USED:
        return None
    stated = (subject.manifest or {}).get("prompt_id")
    if stated not in (None, ours := prompt_id(recipe.teacher)):
        findings.unchecked.append(
            f"rows against replies: they were asked with the prompts {stated}, this emojit has {ours}"
        )
        return None
    return recipe


def _read(files: list[tuple[str, Path]], index: ReplyIndex | None, findings: Findings, *, quiet: bool) -> ReplyTotals:
    totals = ReplyTotals()
    keys = DigestMap()
    for name, path in files:
        if not has_columns(name, path, REPLY_TABLE, findings):
            continue
        for number, row in enumerate(
            progress(read_table(name, path, findings), label=name, unit="reply", quiet=quiet)
        ):
            where = f"{name} row {number}"
            if not isinstance(row["request"], str) or not isinstance(row["text"], str):
                findings.wrong("replies", "request or text is null", where, expected="both", found="null")
                continue
            reply = reply_from_columns(row)
            digest = hashlib.sha256(reply.request.encode()).hexdigest()
            if digest != reply.key:
                findings.wrong(
                    "replies", "key is not the sha256 of the request", where, expected=digest, found=reply.key
                )
                continue
            if not keys.add(int(digest[:16], 16)):
                findings.wrong("replies", "a question is answered twice", where, expected="a new key", found=digest)
                continue
            try:
                totals.add(reply)
                if index is not None:
                    index.add(reply)
            except ODD_CONTENT as exc:  # JSON of another layout, under its right hash
                findings.wrong(
                    "replies",
                    "request or usage is not what emojit writes",
                    where,
                    expected="a question",
                    found=repr(exc),
                )
    findings.checked.append(f"{totals.replies:,} replies, each under the hash of its question")
    return totals


def _follow(subject: Subject, recipe: BuildRecipe, index: ReplyIndex, findings: Findings, *, quiet: bool) -> int:
    leaked = followed = 0
    for split in SPLITS:
        samples = recipe.teacher.samples if split == "train" else recipe.teacher.eval_samples
        for name, path in subject.row_files(split):
            rows = read_table(name, path, Findings())  # what cannot be read was reported before
            for number, row in enumerate(progress(rows, label=f"{name} to replies", unit="row", quiet=quiet)):
                if (
                    isinstance(row["sns_text"], str)
                    and isinstance(row["original_text"], str)
                    and row["votes"] is not None
                ):
                    leaked += _follow_row(row, samples, f"{name} row {number} (id {row.get('id')})", index, findings)
                    followed += 1
    findings.checked.append(f"{followed:,} rows against the replies that they were made from")
    return leaked


def _follow_row(row: Row, samples: int, where: str, index: ReplyIndex, findings: Findings) -> int:
    """Compare one row with its replies, and return the emoji that were taken out of its rewrite (count)."""
    post = row["sns_text"]
    written = index.post(post) if is_written(row) else index.rewrite(row["original_text"])
    if written is None:
        findings.wrong(
            "replies", "no reply gives this sns_text", where, expected="a reply about its sentence", found=post
        )
    elif written.text != post:
        findings.wrong("replies", "sns_text is not what the teacher wrote", where, expected=written.text, found=post)
    votes = [tuple(vote) for vote in row["votes"]]
    answers = [list(found) for found in index.votes(post, samples)]
    if votes not in answers:
        wanted = " or ".join(_shown(found) for found in answers) or "no reply about this post"
        findings.wrong("replies", "votes are not what the teacher chose", where, expected=wanted, found=_shown(votes))
    return 0 if written is None else written.leaked


def _shown(votes: list[tuple[str, ...]]) -> str:
    return " | ".join(" ".join(vote) for vote in votes)
