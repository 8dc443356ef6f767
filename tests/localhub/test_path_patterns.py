"""Patterns of .gitignore and .gitattributes mean what they mean to git, and no pattern takes long."""

from __future__ import annotations

import subprocess
import time

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from emojit.localhub import LocalHub, path_patterns
from emojit.localhub.path_patterns import IgnoreRules, LargeRules

# Not among them: "a**/b", which git takes for "a" and then "**/b", since it compares the text before the first "*" apart.
PATTERNS = [
    "*.log", "a", "/a", "a/", "/a/", "a/b", "a/*", "a/**", "**/b", "**/b/", "a/**/b", "a/**/c/*.t?t", "**", "*", "/*", "/**",
    "a*b*c", "*a*", "*a*a*b", "a**b", "a?", "[ab]", "[!a]", "[^a-c]x", "[[:digit:]]*", "[a", "[z-a]", "a[/]b", "\\*", "\\a", "a\\",
    "\\!a", "\\#a", "?", "a/*/b", "*/b", "**/**/b", "a/**/**/b", "**/a/**", "a b", "é*", "**a", "x/**", "/", "//", "***", "[]a]", "a//b",
]  # fmt: skip
PATHS = [
    "a", "b", "ab", "a/b", "a/b/c", "a/x/b", "a/x/y/b", "x/a", "x/a/b", "x.log", "x/y.log", "abc", "aXbYc", "aab", "aa/ab", "a/c/f.txt", "a/x/c/f.txt",
    "1x", "dx", "*", "a*", "!a", "#a", "é", "éa/b", "a b", "x/y/z", "a\\", "]", "axb", "axx/b", "b/a/b/a", "x/b/c", "[a", "[a/b",
]  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def ask(repository, command, name, lines):
    (repository / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    data = "\0".join([*PATHS, ""]).encode()
    done = subprocess.run(["git", *command], cwd=repository, input=data, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout.decode().split("\0")[:-1]


RULES = [
    *([pattern] for pattern in PATTERNS),
    *(["*", f"!{pattern}"] for pattern in PATTERNS if "!" not in pattern),
    ["a", "!a/b"],
    ["/a/*", "!/a/b"],
    ["# a", "", "a ", "b\\ "],
]


def test_what_git_ignores_is_ignored(repository):
    for rules in RULES:
        expected = set(ask(repository, ["check-ignore", "--no-index", "-z", "--stdin"], ".gitignore", rules))
        mine = IgnoreRules("\n".join(rules).encode())
        assert {path for path in PATHS if mine.ignored(path)} == expected, rules


def test_what_git_sends_to_lfs_is_large(repository):
    for pattern in PATTERNS:
        if pattern.split() != [pattern] or pattern.startswith("\\"):
            continue
        lines = [f"{pattern} filter=lfs -text", "x.log !filter", "abc -filter"]
        told = ask(repository, ["check-attr", "-z", "--stdin", "filter"], ".gitattributes", lines)
        expected = {path for path, value in zip(told[::3], told[2::3], strict=True) if value == "lfs"}
        mine = LargeRules("\n".join(lines).encode())
        assert {path for path in PATHS if mine.large(path)} == expected, pattern


HOSTILE = [
    "*a" * 40 + "b",
    "**/" * 100 + "*a" * 20 + "b",
    "**/a/" * 100 + "b",
    "a*" * 100 + "/b",
    "?*" * 60 + "b",
    "[!b]*" * 40 + "b",
    "**/*a" * 30 + "b",
    "x/" + "*" * 200 + "b",
]


@pytest.mark.parametrize("rules", [IgnoreRules, LargeRules])
def test_a_pattern_with_many_wildcards_takes_no_time(rules):
    paths = ["a" * 250 + "c", "/".join(["a" * 30] * 100), "a/" * 500 + "c", "x/" + "a" * 250]
    started = time.monotonic()
    for pattern in HOSTILE:
        mine = rules(pattern.encode() + (b" filter=lfs" if rules is LargeRules else b""))
        for path in paths:
            (mine.large if rules is LargeRules else mine.ignored)(path)

    assert time.monotonic() - started < 10


def test_a_request_whose_patterns_take_too_long_is_refused_and_others_are_answered(tmp_path, monkeypatch):
    with LocalHub(tmp_path) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/slow")
        monkeypatch.setattr(path_patterns, "MATCH_TIME_S", 0.2)
        patterns = "".join(f"{'**/a/' * 50}{number}\n" for number in range(900))
        api.upload_file(path_or_fileobj=patterns.encode(), path_in_repo=".gitignore", repo_id="me/slow")
        started = time.monotonic()
        with pytest.raises(HfHubHTTPError, match="take too long"):
            api.upload_file(path_or_fileobj=b"x", path_in_repo="a/" * 200 + "c", repo_id="me/slow")
        assert time.monotonic() - started < 5
        api.upload_file(path_or_fileobj=b"x", path_in_repo="c", repo_id="me/slow")
