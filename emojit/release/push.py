"""Publish a folder as a tagged version: plan, one commit, one tag, read back.

The order is what makes it safe. The folder is checked before the Hub is asked; the branch gets one commit or none, and only where it still stands as the
plan saw it; the tag comes only after the commit; and what the Hub then says it holds under the tag is compared with the folder, file by file. Whatever
breaks in between, the same command goes on: files that are already there are not sent again, and a commit without its tag only gets the tag.
"""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.folder import MANIFEST
from emojit.errors import HeadMovedError, PublishError, UsageError
from emojit.network import hub_endpoint, hub_progress, require_online
from emojit.release.address import (
    MANIFEST_RECORD,
    Kind,
    check_branch,
    check_repo_id,
    check_tag,
    higher_tag,
    hub_type,
    next_tag,
    page_url,
)
from emojit.release.contents import require_folder, space_sdk
from emojit.release.files import read_file
from emojit.release.hub import Head, HubRepo
from emojit.release.layout import Layout
from emojit.release.plan import MAIN, Plan, PushResult, make_plan, release_message

logger = logging.getLogger(__name__)

_TRIES = 5  # commits of others that a push goes around before it gives up


def push(
    kind: Kind,
    path: Path,
    repo_id: str,
    *,
    tag: str,
    branch: str | None = None,
    private: bool = False,
    create_pr: bool = False,
    kept_checkpoints: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
    announce: Callable[[PushResult], None] | None = None,
) -> PushResult:
    """Publish a folder as version `tag` of a repository on the Hub that `HF_ENDPOINT` names.

    Args:
        kind: "dataset" (a build folder), "model" (a run folder or a plain model folder), "metric" (a folder that `evaluate.load` reads) or "space".
        path: the folder.
        repo_id: `namespace/name`, the namespace being a user or an organisation; created when it does not exist.
        tag: version such as "v1". A tag is never moved.
        branch: commit there instead of on main; begun at main where it does not exist.
        private: create the repository so that only its owners see it.
        create_pr: open a pull request instead of a commit on main. It gets no tag: once it is merged, the same call without `create_pr` puts it.
        kept_checkpoints: of a run also the weights that `train.keep_checkpoints` kept.
        dry_run: find out everything, send nothing.
        quiet: no progress bars.
        announce: called with the plan, as a dry run would return it, before anything is sent; again where somebody else's commit made a new plan necessary.

    Returns:
        What was done. The same bytes under the same tag or in an open pull request a second time: `already_there`, and nothing is done.

    Raises:
        UsageError: the folder, the repository id, the tag or the branch is no such thing, or `branch` and `create_pr` together.
        DatasetError: a half or damaged build folder.
        StudentError: a model folder that nobody could load.
        CardError: a fact that the card needs is missing, or the repository's card cannot be merged with it.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        PublishError: no or a bad token, no permission, other bytes under the tag, a lower tag than one that exists, an unreachable Hub, or a file that read
            back differently.
        HeadMovedError: somebody else changed the same files meanwhile.
    """
    check_repo_id(repo_id)
    check_tag(tag)
    if branch is not None:
        check_branch(branch)
        if create_pr:
            raise UsageError("--branch and --create-pr exclude each other", hint="a pull request is always for main")
    base = hub_endpoint()
    require_online(repo_id)
    require_folder(path)
    with tempfile.TemporaryDirectory(prefix="emojit-push-") as scratch, hub_progress(quiet=quiet):
        layout = Layout(kind, path, Path(scratch), repo_id=repo_id, tag=tag, kept_checkpoints=kept_checkpoints)
        repo = HubRepo(base, kind, repo_id, _token(required=not dry_run))
        target = _Target(tag=tag, branch=branch, private=private, create_pr=create_pr)
        return _Push(layout, repo, target, announce or _say_nothing).run(dry_run=dry_run)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where the release shall stand; see `push`."""

    tag: str
    branch: str | None
    private: bool
    create_pr: bool


class _Push:
    """One push: what is to be published and where to."""

    def __init__(self, layout: Layout, repo: HubRepo, target: _Target, announce: Callable[[PushResult], None]) -> None:
        self.layout = layout
        self.repo = repo
        self.target = target
        self.announce = announce
        self.message = release_message(target.tag)

    def run(self, *, dry_run: bool) -> PushResult:
        """Look, plan, and unless it is a dry run commit, tag and read back."""
        if not dry_run:
            self.repo.check_token()
        head = self.repo.head()
        created = head is None
        self._check(head)
        if head is not None and self.target.tag in head.tags:
            return self._published_before(head, dry_run=dry_run)
        if head is not None and self.target.create_pr and (proposed := self._proposed_before(head, dry_run=dry_run)):
            return proposed
        plan = make_plan(self.layout, self.repo, self._parent(head))
        outlook = self._result(plan, commit=None if plan.changes else plan.parent, head=head, dry_run=True)
        if dry_run:
            proposes = self.target.create_pr
            refused = self.repo.objection(proposes=proposes) if self.repo.has_token else None
            return dataclasses.replace(outlook, objection=refused)
        self.announce(outlook)
        if head is None:
            sdk = space_sdk(self.layout.folder) if hub_type(self.layout.kind) == "space" else None
            self.repo.create(private=self.target.private, space_sdk=sdk)
            # A new repository may hold a first commit of the Hub's own.
            head = self._look_again()
            plan = make_plan(self.layout, self.repo, self._parent(head))
        self._begin_branch(head)
        if self.target.create_pr:
            return self._propose(plan, head)
        commit, plan = self._commit(plan)
        self.repo.tag(self.target.tag, commit, self._record(plan))
        self._read_back(plan, commit)
        return self._result(plan, commit=commit, head=head, created=created)

    def _check(self, head: Head | None) -> None:
        """Refuse what the repository's state forbids, before anything is planned."""
        tag, target = self.target.tag, self.target
        if head is None:
            if target.create_pr:
                raise self._refuse("there is no such repository to propose to", hint="leave --create-pr out")
            return
        if target.private and not head.private:
            raise self._refuse("is public already", hint="make it private in its settings, or leave --private out")
        if target.branch is not None or tag in head.tags or higher_tag(tag, head.tags) is None or head.commit is None:
            return
        on_main = self.repo.ancestors(head.commit)  # what went to another branch bars nothing here
        higher = higher_tag(tag, (name for name, commit in head.tags.items() if commit in on_main))
        if higher is not None:
            raise self._refuse(
                f"{tag} would come after {higher}: {MAIN} would then hold the older version",
                hint=f"publish this as --tag {next_tag(head.tags)}, or leave {MAIN} alone with --branch {tag}-branch",
            )

    def _published_before(self, head: Head, *, dry_run: bool) -> PushResult:
        """Answer a push to a tag that exists: fine when the bytes are the same, refused otherwise."""
        tag = self.target.tag
        commit = head.tags[tag]
        plan = make_plan(self.layout, self.repo, commit, published=True)
        if differing := plan.changes:
            raise self._refuse(
                f"{tag} is published already with other bytes ({len(differing)} of {len(plan.files)} files differ, "
                f"{differing[0].path} first), and a tag is never moved",
                hint=f"publish this as --tag {next_tag(head.tags)}",
            )
        return self._result(plan, commit=commit, head=head, dry_run=dry_run, already_there=True)

    def _proposed_before(self, head: Head, *, dry_run: bool) -> PushResult | None:
        """Answer a proposal that stands in an open pull request with the same bytes; None where there is none."""
        for request in self.repo.open_requests():
            if request.title != self.message:
                continue
            plan = make_plan(self.layout, self.repo, request.commit, published=True)
            if not plan.changes:
                return self._result(
                    plan,
                    commit=request.commit,
                    head=head,
                    pull_request=request.url,
                    already_there=True,
                    dry_run=dry_run,
                )
        return None

    def _parent(self, head: Head | None) -> str | None:
        """Return the commit that the release is put on: the branch's newest, or main's where there is no such branch yet."""
        if head is None:
            return None
        return head.branches.get(self.target.branch or MAIN, head.commit)

    def _begin_branch(self, head: Head) -> None:
        branch = self.target.branch
        if branch is not None and branch not in head.branches:
            if head.commit is None:
                raise self._refuse(f"there is nothing to begin the branch {branch} at", hint="leave --branch out once")
            self.repo.create_branch(branch, head.commit)

    def _commit(self, plan: Plan) -> tuple[str, Plan]:
        """Make the commit, on a new plan where others committed elsewhere meanwhile; returns it with the plan that it was made for."""
        for _ in range(_TRIES):
            if not plan.changes and plan.parent is not None:
                return plan.parent, plan
            added = self._added(plan)
            try:
                commit = self.repo.commit(
                    added,
                    self._deleted(plan),
                    message=self.message,
                    parent=plan.parent,
                    description=self._record(plan),
                    branch=self.target.branch,
                    held=self.repo.held(self.layout.files[path] for path in added),
                )
            except HeadMovedError as moved:
                plan = self._plan_again(plan, moved)
                continue
            logger.info("committed repo=%s commit=%s files=%d", self.repo.repo_id, commit, len(plan.changes))
            return commit, plan
        raise self._refuse(f"somebody else was faster {_TRIES} times", hint="run the same command again")

    def _plan_again(self, plan: Plan, moved: HeadMovedError) -> Plan:
        """Plan on the new head, if the commits of others left our files alone."""
        parent = self._parent(self._look_again())
        if parent is None or parent == plan.parent:
            raise moved  # refused for another reason
        again = make_plan(self.layout, self.repo, parent)
        if touched := plan.overtaken_by(again):
            more = f" and {len(touched) - 1} more" if len(touched) > 1 else ""
            raise HeadMovedError(
                f"{self.repo.repo_id}: somebody else changed the repository at the same time, {touched[0]}{more} among it; nothing was overwritten",
                hint=f"look at {page_url(self.repo.endpoint, self.layout.kind, self.repo.repo_id, parent)}; "
                "the same command, run again, replaces what is there now",
                repo_id=self.repo.repo_id,
                revision=self.target.tag,
            ) from moved
        logger.warning(
            "%s: somebody else committed other files meanwhile; they stay, and the release goes on top",
            self.repo.repo_id,
        )
        self.announce(self._result(again, commit=None, head=self._look_again(), dry_run=True))
        return again

    def _propose(self, plan: Plan, head: Head) -> PushResult:
        """Open a pull request and read it back."""
        if not plan.changes:
            raise self._refuse(
                f"{MAIN} holds these files already, there is nothing to propose",
                hint=f"the same command without --create-pr puts the tag {self.target.tag}",
            )
        done = self.repo.propose(
            self._added(plan),
            self._deleted(plan),
            message=self.message,
            parent=plan.parent,
            description=self._record(plan),
        )
        self._compare(plan, done.revision)
        return self._result(plan, commit=done.id, head=head, pull_request=done.pull_request)

    def _read_back(self, plan: Plan, commit: str) -> None:
        """Compare what the Hub holds under the tag with the folder, and the tag with the commit."""
        tag = self.target.tag
        found = self._look_again().tags.get(tag)
        if found != commit:
            raise self._refuse(f"{tag} points to {found}, not to the commit {commit}", hint="look at its history")
        self._compare(plan, tag)

    def _compare(self, plan: Plan, revision: str) -> None:
        """Read the files of a revision back and hold their checksums against those of the plan."""
        there = self.repo.files(revision)
        wrong = [
            file.path
            for file in plan.files
            if (file.path in there) is (file.change == "deleted")
            or (file.path in plan.sources and not self.layout.files[file.path].equals(there[file.path]))
        ]
        if wrong:
            raise self._refuse(
                f"{revision} reads back differently: {', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}",
                hint="do not use this version; check the folder and the Hub's storage, and publish the next one",
            )

    def _look_again(self) -> Head:
        head = self.repo.head()
        if head is None:
            raise self._refuse("the repository has gone", hint="run the same command again")
        return head

    def _added(self, plan: Plan) -> dict[str, Path]:
        return {file.path: plan.sources[file.path] for file in plan.changes if file.change != "deleted"}

    def _deleted(self, plan: Plan) -> list[str]:
        return [file.path for file in plan.changes if file.change == "deleted"]

    def _record(self, plan: Plan) -> str:
        """Return what commit and tag say about a release, where no later commit can change it; `emojit verify` compares."""
        return f"{MANIFEST_RECORD} {read_file(plan.sources[MANIFEST], MANIFEST).sha256}"

    def _refuse(self, message: str, *, hint: str | None = None) -> PublishError:
        repo_id = self.repo.repo_id
        return PublishError(f"{repo_id}: {message}", hint=hint, repo_id=repo_id, revision=self.target.tag)

    def _result(
        self,
        plan: Plan,
        *,
        commit: str | None,
        head: Head | None,
        created: bool | None = None,
        pull_request: str | None = None,
        already_there: bool = False,
        dry_run: bool = False,
    ) -> PushResult:
        target, repo = self.target, self.repo
        return PushResult(
            kind=self.layout.kind,
            repo_id=repo.repo_id,
            url=pull_request or page_url(repo.endpoint, self.layout.kind, repo.repo_id, target.tag),
            branch=target.branch or MAIN,
            commit=commit,
            tag=target.tag,
            message=self.message,
            files=tuple(plan.files),
            uploaded_bytes=sum(file.size for file in plan.changes if file.change != "deleted"),
            created=head is None if created is None else created,
            private=target.private if head is None else head.private,
            pull_request=pull_request,
            already_there=already_there,
            dry_run=dry_run,
            objection=None,
        )


def _say_nothing(_: PushResult) -> None:
    """Announce a plan to nobody."""


def _token(*, required: bool) -> str | None:
    from huggingface_hub import get_token

    token = get_token()
    if token is None and required:
        raise PublishError(
            "no Hub token",
            hint="run `hf auth login`, or set HF_TOKEN; make one with write permission in your Hub settings",
        )
    return token
