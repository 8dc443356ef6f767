"""What all pages of one repository share: its name, its revisions, and where the visitor is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.responses import Response

from emojit.localhub.git import DEFAULT_BRANCH, GitRepository
from emojit.localhub.git_cache import CommitFacts
from emojit.localhub.refusal import RefusalError
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.call import Call
from emojit.localhub.web.pages.showing import show


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag and the commit it names."""

    name: str
    commit: CommitFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One repository at one revision, open for reading."""

    call: Call
    record: RepoRecord
    git: GitRepository
    revision: str
    """As the visitor named it."""
    commit: str | None
    """None when the main branch does not exist yet."""

    @property
    def files_open(self) -> bool:
        """Whether the visitor may read files; those of a gated repository are for its members."""
        return self.record.files_open_to(self.call.caller)

    def show(self, template: str, section: str, values: Mapping[str, object]) -> Response:
        """A page about this repository.

        Args:
            template: name of the file in `templates/`.
            section: which of the repository's tabs it belongs to.
            values: what the template asks for beyond what all share.
        """
        shared: dict[str, object] = {
            "record": self.record,
            "section": section,
            "revision": self.revision,
            "commit": self.commit,
            "branches": list(self.git.references("heads")),
            "tag_names": list(self.git.references("tags"))[::-1][:100],
            "open_discussions": sum(item.is_active for item in self.call.hub.discussions.of(self.record.key)),
        }
        return show(self.call, template, {**shared, **values})

    def tags(self) -> list[Tag]:
        """All tags, the newest commit first."""
        tags = [
            Tag(name=name, commit=self.git.commit_facts(commit))
            for name, commit in self.git.references("tags").items()
        ]
        return sorted(tags, key=lambda tag: (tag.commit.time, tag.name), reverse=True)


@contextmanager
def open_frame(call: Call) -> Iterator[Frame]:
    """The repository and revision that a path names.

    Raises:
        RefusalError: 404, there is none of this name or it is hidden; 307, it has moved.
    """
    record = call.repo()
    revision = call.values.get("revision", DEFAULT_BRANCH)
    with call.hub.repositories.open(record) as git:
        commit: str | None
        try:
            commit = git.resolve(revision)
        except RefusalError:
            if "revision" in call.values:
                raise
            commit = None
        yield Frame(call=call, record=record, git=git, revision=revision, commit=commit)
