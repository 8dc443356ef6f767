"""The patterns of `.gitignore` and `.gitattributes`, matched in a time that hostile ones cannot stretch.

Whoever writes to a repository chooses these patterns. As one regular expression, as dulwich makes it, a pattern with a dozen `*` can take years for a path
that does not match. Here a path is compared part by part, and within a part each piece between two `*` is looked for once, at the first place after the
piece before it, which is enough: if it fits further right, it fits there, too.

Source of the rules: https://git-scm.com/docs/gitignore, "Pattern format", and `wildmatch.c` of git.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emojit.localhub.refusal import RefusalError

MAX_FILE_BYTES = 256 * 1024
"""Of a file of patterns; what stands behind is not read."""
MATCH_TIME_S = 5.0
"""For all paths of one request. Thousands of ordinary paths take milliseconds."""

_DOTS = re.compile(rb"\*+")


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One pattern.

    Attributes:
        parts: what each part of a path must be; None for `**`, any number of parts.
        anchored: whether it is compared with the whole path and not with its last part alone.
    """

    parts: Sequence[re.Pattern[bytes] | None]
    anchored: bool

    def matches(self, path: Sequence[bytes]) -> bool:
        """Whether a path, given in parts, is meant."""
        if not self.anchored:
            only = self.parts[0]
            return only is None or only.fullmatch(path[-1]) is not None
        position = at = 0
        back: int | None = None
        resume = 0
        while at < len(path):
            part = self.parts[position] if position < len(self.parts) else _END
            if part is None:
                back, resume = position, at
                position += 1
            elif part.fullmatch(path[at]):
                position, at = position + 1, at + 1
            elif back is None:
                return False
            else:  # the last `**` takes one part more
                resume += 1
                position, at = back + 1, resume
        return all(part is None for part in self.parts[position:])


_END = re.compile(rb"(?!)")


class Rules:
    """The rules of one file of patterns, asked for the paths of one request."""

    def __init__(self, patterns: Sequence[tuple[PathPattern, bool, bool]]) -> None:
        """Begin.

        Args:
            patterns: in their order: the pattern, what it says of a path, and whether it is about folders alone.
        """
        self._patterns = list(reversed(patterns))
        self._left_s = MATCH_TIME_S

    def last(self, path: Sequence[bytes], *, is_folder: bool) -> bool:
        """What the last pattern that fits says of a path; False when none fits.

        Raises:
            RefusalError: 422, the paths of this request took too long.
        """
        started = time.monotonic()
        found = False
        for pattern, says, folders_only in self._patterns:
            if pattern.anchored and time.monotonic() - started > self._left_s:
                raise RefusalError(422, "The patterns in .gitignore or .gitattributes take too long for these paths")
            if (is_folder or not folders_only) and pattern.matches(path):
                found = says
                break
        self._left_s -= time.monotonic() - started
        return found


class IgnoreRules(Rules):
    """What a `.gitignore` at the root of a repository leaves out."""

    def __init__(self, content: bytes) -> None:
        """Read the file.

        Args:
            content: of the file.
        """
        from dulwich.ignore import read_ignore_patterns

        super().__init__(list(_ignore_rules(read_ignore_patterns(io.BytesIO(content[:MAX_FILE_BYTES])))))
        self._folders: dict[bytes, bool] = {b"": False}

    def ignored(self, path: str) -> bool:
        """Whether a file is left out. As in git, nothing in an ignored folder comes back."""
        raw = path.encode()
        return self._ignored_folder(raw.rpartition(b"/")[0]) or self.last(raw.split(b"/"), is_folder=False)

    def _ignored_folder(self, folder: bytes) -> bool:
        """Whether a folder, or one that it lies in, is left out; each is looked up once."""
        known = folder
        while known not in self._folders:
            known = known.rpartition(b"/")[0]
        answer = self._folders[known]
        while known != folder:
            end = folder.find(b"/", len(known) + 1)
            known = folder if end < 0 else folder[:end]
            answer = answer or self.last(known.split(b"/"), is_folder=True)
            self._folders[known] = answer
        return answer


class LargeRules(Rules):
    """What a `.gitattributes` at the root of a repository sends to Git LFS."""

    def __init__(self, content: bytes) -> None:
        """Read the file.

        Args:
            content: of the file.
        """
        from dulwich.attrs import parse_git_attributes

        rules = []
        for line, attributes in parse_git_attributes(io.BytesIO(content[:MAX_FILE_BYTES])):
            pattern = None if b"filter" not in attributes or line.startswith(b"!") else compile_pattern(line)
            if pattern:
                rules.append((pattern, attributes[b"filter"] == b"lfs", False))
        super().__init__(rules)

    def large(self, path: str) -> bool:
        """Whether a file goes to Git LFS."""
        return self.last(path.encode().split(b"/"), is_folder=False)


def _ignore_rules(lines: Iterable[bytes]) -> Iterator[tuple[PathPattern, bool, bool]]:
    for line in lines:
        text = line.removeprefix(b"!")
        pattern = compile_pattern(text.removesuffix(b"/"))
        if pattern:
            yield pattern, text == line, text.endswith(b"/")


def compile_pattern(text: bytes) -> PathPattern | None:
    """A pattern, without `!` before it and `/` behind it.

    Returns:
        The pattern, or None when git would match nothing with it.
    """
    from dulwich.wildmatch import MalformedPattern

    try:
        parts = _split(text)
        anchored = len(parts) > 1
        if parts[0] == [b""]:
            parts = parts[1:]  # "/name" is at the root only
        if not parts or not any(any(part) or len(part) > 1 for part in parts):
            return None
        found: list[re.Pattern[bytes] | None] = []
        for part in parts:
            found.append(None if anchored and part == _TWO_STARS else _part(tuple(part)))
    except MalformedPattern:
        return None
    if found[-1] is None:  # "a/**" is what lies in `a`, not `a`
        found.insert(-1, re.compile(rb".*", re.DOTALL))
    return PathPattern(tuple(found), anchored)


_TWO_STARS = [b"", b"**", b""]


def _split(text: bytes) -> list[list[bytes]]:
    """The parts of a pattern, each as its pieces with the runs of `*` between them."""
    from dulwich.wildmatch import MalformedPattern, translate_bracket_expression

    parts, part, start, at = [], [], 0, 0
    while at < len(text):
        character = text[at : at + 1]
        if character == b"\\":
            if at + 1 == len(text):
                raise MalformedPattern(text)
            at += 2
        elif character == b"[":
            at, _ = translate_bracket_expression(text, at + 1)
        elif character == b"*" and (stars := _DOTS.match(text, at)):
            part += [text[start:at], stars[0]]
            start = at = stars.end()
        elif character == b"/":
            parts.append([*part, text[start:at]])
            part, start, at = [], at + 1, at + 1
        else:
            at += 1
    return [*parts, [*part, text[start:]]]


@lru_cache(maxsize=4096)
def _part(pieces: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """One part of a path: `(?>…)` keeps the place where a piece was found first."""
    from dulwich.wildmatch import translate

    first, *others = [translate(piece) if piece else b"" for piece in pieces[::2]]
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    found = b"".join(b"(?>.*?" + piece + b")" for piece in middle)
    return re.compile(first + found + b".*" + last, re.DOTALL)
