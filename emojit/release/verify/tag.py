"""Tag and commit: does the version stand on the commit that was published under its name?

The Hub tells where a tag points, not where it pointed. What speaks against a moved tag is written elsewhere, where a tag cannot reach: the title and
message of the release's commit, which `emojit push` gives the version and the checksum of the manifest, and the version that the recipe names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from emojit.dataset.folder import MANIFEST
from emojit.release.published import Commit, Published
from emojit.release.verify.findings import Findings

_MOVED = "the tag does not stand on the commit of its release"


def check_tag(
    release: Published, folder: Path, findings: Findings, *, stated: tuple[str | None, str | None], commit: str | None
) -> None:
    """Compare a tag with the history of the repository.

    Args:
        release: the repository at the revision.
        folder: the files of its commit.
        findings: what is wrong goes here.
        stated: repository and version that the files name, or None where they leave them open.
        commit: the commit that somebody wrote down (at least 7 hex digits), or None.
    """
    if commit is not None and not release.commit.startswith(commit):
        findings.wrong(
            "tag", _MOVED, release.revision or "main", expected=f"commit {commit}", found=f"commit {release.commit}"
        )
    history = release.repo.history(release.commit)
    here = history[0]
    recorded = here.manifest_sha256
    if recorded is not None and (folder / MANIFEST).exists():
        found = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
        if found != recorded:
            findings.wrong(
                "tag", "the manifest is not the one that was pushed", MANIFEST, expected=recorded, found=found
            )
    if release.tag is None:
        findings.unchecked.append(f"tag and commit: {release.revision or 'the main branch'} is no tag")
        return
    repo_id, version = stated
    if version is not None and version != release.tag:
        findings.wrong(
            "tag", "the files say that they are another version", release.tag, expected=release.tag, found=version
        )
    if repo_id is not None and repo_id != release.repo.repo_id:
        findings.notes.append(f"the files say that they were published as {repo_id}: this is a copy")
    _check_title(release, here, history, findings)


def _check_title(release: Published, here: Commit, history: list[Commit], findings: Findings) -> None:
    title = f"Release {release.tag}"
    main = release.repo.history("main")
    if here.title == title:
        if twins := [one.id[:12] for one in (*main, *history) if one.title == title and one.id != here.id]:
            findings.notes.append(f"other commits are called {title!r} too: {', '.join(dict.fromkeys(twins))}")
        findings.checked.append(
            f"the tag {release.tag} stands on the commit {here.id[:12]}, {title!r} of {here.created:%Y-%m-%d}"
        )
        return
    named = next((one for one in main if one.title == title), None)
    if named is not None:
        expected, found = f"commit {named.id} ({title!r})", f"commit {here.id} ({here.title!r})"
        findings.wrong("tag", _MOVED, str(release.tag), expected=expected, found=found)
    elif here.title.startswith("Release "):
        findings.notes.append(f"{release.tag} stands on the commit {here.title!r}: the same bytes under two versions")
    else:
        findings.unchecked.append(f"tag and commit: no commit of this repository is called {title!r}")
