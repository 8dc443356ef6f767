"""Copying a repository commit by commit, as it is: ids, authors, dates, messages and the words of tags stay what they are.

The order makes a cut harmless: large files, then git objects, then references. A reference is there only when all that it leads to is.
"""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import IO, cast

from emojit.mirror.exact import send_history
from emojit.mirror.git_fetch import fetch
from emojit.mirror.plan import LargeFile, Plan
from emojit.mirror.side import Holding, Side
from emojit.mirror.transfer import AT_ONCE, download, part_path, upload, work_folder


def run(source: Side, target: Side, plan: Plan, *, private: bool = False, quiet: bool = False) -> None:
    """Do what was planned, then compare both sides file by file.

    Args:
        source: where from.
        target: an embedded Hub.
        plan: of these two.
        private: hide the repository at the target also where the source does not.
        quiet: no progress bar.

    Raises:
        PublishError: a Hub refused or broke off; the same call goes on.
    """
    prepare(target, plan.holding, exists=plan.exists, private=private)
    _drop_leftovers(plan)
    _copy_large_files(source, target, plan.large, quiet=quiet)
    if plan.branches or plan.tags:
        folder = work_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with cast("IO[bytes]", tempfile.TemporaryFile(dir=folder)) as pack:
            fetch(source, {*plan.branches.values(), *plan.tags.values()} - plan.held, plan.held, pack)
            pack.seek(0)
            send_history(target, branches=plan.branches, tags=plan.tags, pack=pack)
    for commit, tree in plan.trees.items():
        if target.tree(commit) != tree:
            raise target.problem(
                f"{target}: commit {commit} has other files than at {source}",
                hint="look for damage with `emojit hub check`",
            )


def _drop_leftovers(plan: Plan) -> None:
    """Remove what an earlier run, killed after it had sent a file, could not remove."""
    needed = {file.sha256 for file in plan.large}
    contents = {item.sha256 for tree in plan.trees.values() for item in tree.values() if item.sha256}
    for sha256 in contents - needed:
        part_path(sha256).unlink(missing_ok=True)


def prepare(target: Side, holding: Holding, *, exists: bool, private: bool) -> None:
    """Create the repository where it is missing, and never show or open what the source hides or gates.

    Args:
        target: where.
        holding: what the repository is at the source.
        exists: whether it is at the target.
        private: hide it in any case.

    Raises:
        PublishError: the token may not do that.
    """
    from emojit.errors import PublishError

    private = private or holding.private
    try:
        with target.errors():
            if not exists:
                target.api.create_repo(
                    target.address.id,
                    repo_type=target.address.type,
                    private=private,
                    space_sdk=(holding.sdk or "static") if target.address.type == "space" else None,
                    exist_ok=True,
                )
    except PublishError as exc:
        namespace = target.address.id.partition("/")[0]
        exc.hint = (
            f"{target.variable} must be a token of {namespace!r} or of a member of it that writes "
            f"(`emojit hub organization create {namespace}`); or copy under your own name with --as"
        )
        raise
    now = target.holding()
    if now is None:
        raise target.problem(f"{target} was created, but does not show", hint=f"check {target.variable}")
    with target.errors():
        if private and not now.private:
            target.api.update_repo_settings(target.address.id, repo_type=target.address.type, private=True)
        if holding.gated and not now.gated:
            target.api.update_repo_settings(target.address.id, repo_type=target.address.type, gated=holding.gated)


def _copy_large_files(source: Side, target: Side, files: list[LargeFile], *, quiet: bool) -> None:
    from tqdm import tqdm

    lock, stopped = threading.Lock(), threading.Event()
    total = sum(file.size for file in files)
    # None: no bar where stderr is no terminal
    with tqdm(total=total, unit="B", unit_scale=True, desc="large files", disable=True if quiet else None) as bar:

        def progress(count: int) -> None:
            if stopped.is_set():
                raise CancelledError  # nobody waits for this file any more
            with lock:
                bar.update(count)

        def copy(file: LargeFile) -> None:
            part = download(source, source.file_url(file.path, file.commit), file.sha256, file.size, progress)
            upload(target, file.sha256, part, lambda count: progress(0))
            part.unlink()

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mirror") as pool:
            tasks = [pool.submit(copy, file) for file in files]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                stopped.set()
                pool.shutdown(cancel_futures=True)
                raise
