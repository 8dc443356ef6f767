"""The tables of the SQLite file, as a list of steps: a store of an older emojit is brought up to date when it is opened.

A step that was released is never changed; what is new goes into a further one.
"""

from __future__ import annotations

_FIRST = """
CREATE TABLE secret (value BLOB NOT NULL);
CREATE TABLE user (name TEXT PRIMARY KEY COLLATE NOCASE, created TEXT NOT NULL);
CREATE TABLE token (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user(name), role TEXT NOT NULL CHECK (role IN ('read', 'write')),
    created TEXT NOT NULL
);
CREATE TABLE repo (
    key TEXT PRIMARY KEY, type TEXT NOT NULL, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    private INTEGER NOT NULL, gated TEXT, sdk TEXT, created TEXT NOT NULL, UNIQUE (type, namespace, name)
);
CREATE TABLE former_id (
    type TEXT NOT NULL, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, PRIMARY KEY (type, namespace, name)
);
CREATE TABLE large_file (
    key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, sha256 TEXT NOT NULL, PRIMARY KEY (key, sha256)
);
INSERT INTO secret VALUES (randomblob(32));
"""
# large_file says which repository received which content. Content is stored once, but a repository may only point to what was uploaded to it:
# otherwise knowing the sha256 of a private file would be enough to read it.

_ORGANIZATIONS = """
CREATE TABLE organization (name TEXT PRIMARY KEY COLLATE NOCASE, created TEXT NOT NULL);
CREATE TABLE member (
    organization TEXT NOT NULL COLLATE NOCASE REFERENCES organization(name), user TEXT NOT NULL COLLATE NOCASE REFERENCES user(name),
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')), PRIMARY KEY (organization, user)
);
"""

_DISCUSSIONS = """
CREATE TABLE discussion (
    key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, number INTEGER NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL,
    created TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'draft', 'closed', 'merged')),
    base TEXT, start TEXT, merge_commit TEXT, PRIMARY KEY (key, number)
);
CREATE TABLE discussion_event (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, author TEXT NOT NULL, created TEXT NOT NULL,
    data TEXT NOT NULL, FOREIGN KEY (key, number) REFERENCES discussion(key, number) ON DELETE CASCADE
);
CREATE INDEX discussion_events ON discussion_event (key, number);
"""
# base: the branch that a pull request is for; NULL makes it a discussion. start: where it left that branch. merge_commit without the status
# 'merged' is a merge under way: whether it happened is asked of the branch at the next start.

_LARGE_FILE_NAMES = """
ALTER TABLE large_file ADD COLUMN path TEXT;
ALTER TABLE large_file ADD COLUMN reference TEXT;
ALTER TABLE large_file ADD COLUMN pushed TEXT;
"""
# Where a large file was last committed; NULL until then.

_FINE_GRAINED_TOKENS = """
CREATE TABLE token_of_all_roles (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE REFERENCES user(name),
    role TEXT NOT NULL CHECK (role IN ('read', 'write', 'fineGrained')), created TEXT NOT NULL,
    name TEXT NOT NULL, prefix TEXT, last_used TEXT, UNIQUE (user, name)
);
INSERT INTO token_of_all_roles SELECT hash, user, role, created, 'token-' || rowid, NULL, NULL FROM token ORDER BY rowid;
DROP TABLE token;
ALTER TABLE token_of_all_roles RENAME TO token;
CREATE TABLE token_scope (
    hash TEXT NOT NULL REFERENCES token(hash) ON DELETE CASCADE, type TEXT NOT NULL CHECK (type IN ('namespace', 'model', 'dataset', 'space')),
    name TEXT NOT NULL COLLATE NOCASE, level TEXT NOT NULL CHECK (level IN ('read', 'discussion', 'write')), PRIMARY KEY (hash, type, name)
);
"""
# prefix: the first characters of the token, so that a list says which is which.

_ACCESS_REQUESTS = """
CREATE TABLE access_request (
    id TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES repo(key) ON DELETE CASCADE, user TEXT NOT NULL COLLATE NOCASE REFERENCES user(name),
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')), time TEXT NOT NULL, reason TEXT, UNIQUE (key, user)
);
CREATE INDEX access_requests_of_users ON access_request (user, status);
"""

STEPS = (_FIRST, _ORGANIZATIONS, _DISCUSSIONS, _LARGE_FILE_NAMES, _FINE_GRAINED_TOKENS, _ACCESS_REQUESTS)
"""`PRAGMA user_version` counts the steps that a file has taken."""
