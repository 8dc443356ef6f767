"""What a copy will do: decided from what both sides say, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from emojit.errors import PublishError
from emojit.mirror.exact import is_untouched
from emojit.mirror.git_fetch import References, references
from emojit.mirror.side import Content, Holding, Side
from emojit.mirror.transfer import missing

MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for.

    Attributes:
        branches: commit by name.
        tags: what the tag holds, by name.
        commits: further commits whose files are asked for; no reference names them.
    """

    branches: dict[str, str]
    tags: dict[str, str]
    commits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeFile:
    """A large file that has to be copied."""

    sha256: str
    size: int
    path: str
    commit: str
    """A commit in which it is at this path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a copy will do.

    Attributes:
        holding: the repository at the source.
        exists: whether it is at the target.
        branches: commit by name, of those that will be new or move.
        tags: what the tag holds by name, of those that will be new.
        kept_tags: tags that are on both sides (count).
        held: commits and tag objects that the target has.
        trees: every file of each commit that is looked at, by commit.
        large: what has to be copied beside git.
    """

    holding: Holding
    exists: bool
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    kept_tags: int = 0
    held: frozenset[str] = frozenset()
    trees: dict[str, dict[str, Content]] = field(default_factory=dict)
    large: list[LargeFile] = field(default_factory=list)

    @property
    def files(self) -> int:
        """Files of all commits that are looked at; one that is in two of them counts twice."""
        return sum(len(tree) for tree in self.trees.values())

    @property
    def size(self) -> int:
        """Bytes of the distinct contents."""
        contents = {item.sha256 or item.blob: item.size for tree in self.trees.values() for item in tree.values()}
        return sum(contents.values())

    @property
    def large_size(self) -> int:
        """Bytes that have to be copied beside git."""
        return sum(item.size for item in self.large)


def source_holding(source: Side) -> Holding:
    """What the repository is at the source.

    Raises:
        PublishError: it is not there.
    """
    holding = source.holding()
    if holding is None:
        raise source.problem(
            f"{source} does not exist, or the token may not see it",
            hint=f"check the name, --type dataset|model|space, and {source.variable}",
        )
    return holding


def make_plan(source: Side, target: Side, *, branches: Sequence[str]) -> Plan:
    """Look at both sides.

    Args:
        source: where from; its address may name a revision.
        target: where to.
        branches: beside main, when no revision is asked for.

    Raises:
        PublishError: something is not there, or a tag is another one on the other side.
    """
    holding = source_holding(source)
    there = references(source)
    exists = target.holding() is not None
    here = references(target) if exists else References()
    chosen = select(source, there, branches)
    _refuse_moved_tags(source, target, chosen, there, here)
    new_branches = _forward(source, target, chosen, here)
    new_tags = {name: oid for name, oid in chosen.tags.items() if name not in here.commits}
    commits = {*new_branches.values(), *(there.commits[name] for name in new_tags), *chosen.commits}
    trees = {commit: source.tree(commit) for commit in sorted(commits)}
    return Plan(
        holding=holding,
        exists=exists,
        branches=new_branches,
        tags=new_tags,
        kept_tags=len(chosen.tags) - len(new_tags),
        held=frozenset({*here.branches.values(), *here.tags.values(), *here.commits.values()}),
        trees=trees,
        large=_large_files(trees, target if exists else None),
    )


def select(source: Side, there: References, branches: Sequence[str]) -> Selection:
    """Find what was asked for: main and every tag, or what the revision says.

    Raises:
        PublishError: there is no such branch or revision.
    """
    revision = source.address.revision
    if revision is None:
        wanted = list(dict.fromkeys([MAIN, *branches]))
        for name in wanted:
            if name not in there.branches:
                raise source.problem(
                    f"{source} has no branch {name!r}", hint=f"it has {', '.join(sorted(there.branches)) or 'none'}"
                )
        return Selection(branches={name: there.branches[name] for name in wanted}, tags=there.tags)
    if revision in there.tags:
        # main begins here, so that the repository can be used without a revision; a later copy of all moves it forward
        branch = _main_at(source, there, there.commits[revision])
        return Selection(branches=branch, tags={revision: there.tags[revision]})
    if revision in there.branches:
        return Selection(branches={revision: there.branches[revision]}, tags={})
    commit = _commit(source, revision)
    branch = _main_at(source, there, commit)
    if not branch:
        raise source.problem(
            f"{source}: the commit {commit} is not in the history of main", hint="copy its branch or tag instead"
        )
    return Selection(branches=branch, tags={}, commits=frozenset({commit}))


def _main_at(source: Side, there: References, commit: str) -> dict[str, str]:
    if MAIN not in there.branches:
        return {}
    return {MAIN: commit} if commit in _history(source, there.branches[MAIN]) else {}


def _commit(source: Side, revision: str) -> str:
    from huggingface_hub.errors import RevisionNotFoundError

    with source.errors():
        try:
            info = source.api.repo_info(source.address.id, repo_type=source.address.type, revision=revision)
        except RevisionNotFoundError:
            raise source.problem(
                f"{source} has no revision {revision!r}", hint="a branch, a tag, or a commit id"
            ) from None
    assert info.sha is not None
    return info.sha


def _forward(source: Side, target: Side, chosen: Selection, here: References) -> dict[str, str]:
    """The branches that are new at the target or behind there; one that is ahead stays."""
    moving = {}
    for name, oid in chosen.branches.items():
        head = here.branches.get(name)
        if head == oid:
            continue
        if head is not None and head not in _history(source, oid) and not (name == MAIN and is_untouched(target)):
            if oid in _history(target, head):
                continue
            raise target.problem(
                f"{name} of {target} is commit {head}, which is not in the history of {oid}, {name} of {source}: "
                "it is a different repository, or has commits of its own",
                hint="copy under another name with --as; nothing was changed",
            )
        moving[name] = oid
    return moving


def _history(side: Side, commit: str) -> set[str]:
    with side.errors():
        found = side.api.list_repo_commits(side.address.id, repo_type=side.address.type, revision=commit)
    return {one.commit_id for one in found}


def _refuse_moved_tags(source: Side, target: Side, chosen: Selection, there: References, here: References) -> None:
    for name in chosen.tags:
        if name in here.commits and here.commits[name] != there.commits[name]:
            raise moved_tag(name, source, there.commits[name], target, here.commits[name])


def moved_tag(name: str, source: Side, there: str, target: Side, here: str) -> PublishError:
    """The error for a tag that is on both sides with different content."""
    return target.problem(
        f"the tag {name} is commit {there} at {source} and commit {here} at {target}; a tag is never moved",
        hint="find out which one is right, or copy under another name with --as",
    )


def _large_files(trees: dict[str, dict[str, Content]], target: Side | None) -> list[LargeFile]:
    found = {
        item.sha256: LargeFile(sha256=item.sha256, size=item.size, path=path, commit=commit)
        for commit, tree in trees.items()
        for path, item in tree.items()
        if item.sha256
    }
    if target is not None and found:
        needed = missing(target, {sha256: file.size for sha256, file in found.items()})
        found = {sha256: file for sha256, file in found.items() if sha256 in needed}
    return sorted(found.values(), key=lambda file: (file.size, file.path), reverse=True)
