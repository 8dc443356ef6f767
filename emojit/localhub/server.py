"""Starting and stopping the embedded Hub.

Importing this file is cheap: the server's packages are imported when a Hub starts.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from emojit.errors import HubServerError, MissingExtraError
from emojit.localhub.listening import LOOPBACK, STOP_TIMEOUT_S, Address, http_server

if TYPE_CHECKING:
    from emojit.localhub.permissions import MemberRole, Role

logger = logging.getLogger(__name__)

DEFAULT_PORT = 8765

_START_TIMEOUT_S = 30.0


class LocalHub:
    """A Hugging Face Hub that runs in a background thread, as a context manager.

    Example:
        >>> with LocalHub(Path("hub")) as hub:  # doctest: +SKIP
        ...     hub.create_user("me")
        ...     token = hub.create_token("me")
        ...     HfApi(endpoint=hub.endpoint, token=token).create_repo("me/model")

    Attributes:
        root: the folder that holds everything.
        endpoint: the address for `HF_ENDPOINT`, e.g. "http://127.0.0.1:8765".
    """

    def __init__(
        self,
        root: Path,
        port: int = 0,
        *,
        host: str = LOOPBACK,
        expose: bool = False,
        public_url: str | None = None,
        xet_downloads: bool = True,
    ) -> None:
        """Start the server; it answers when the constructor returns.

        Args:
            root: folder of the store; created if it is missing.
            port: TCP port; 0 takes a free one.
            host: the address to listen on. The Hub speaks plain HTTP and is made for one machine: another than 127.0.0.1 needs `expose`.
            expose: let other machines reach it. Needs a token in the store.
            public_url: what clients call it when a proxy stands before it; needs `expose`.
            xet_downloads: whether clients are told that they may download by Xet.

        Raises:
            UsageError: another host without `expose`, or `expose` without a token.
            MissingExtraError: the packages of the extra `hub` are not installed.
            HubServerError: the port is taken, the folder cannot be written, or another Hub serves it.
        """
        from emojit.localhub.access_requests import AccessRequests
        from emojit.localhub.accounts import Accounts
        from emojit.localhub.database import Database
        from emojit.localhub.discussions import Discussions
        from emojit.localhub.lfs import LargeFiles
        from emojit.localhub.pull_requests import recover
        from emojit.localhub.registry import Registry
        from emojit.localhub.repositories import Repositories
        from emojit.localhub.store import Store
        from emojit.localhub.xet_uploads import XetUploads

        address = Address(host=host, expose=expose, public_url=public_url)
        _check_packages()
        store = Store(root)
        store.prepare()
        self._socket = address.bind(port)
        # An error or a Ctrl-C on the way leaves neither the port taken nor the store locked.
        with contextlib.ExitStack() as undo:
            undo.callback(self._socket.close)
            self._database = Database(store.database)
            undo.callback(self._database.close)
            self._accounts = Accounts(self._database)
            address.check_tokens(len(self._accounts.tokens()))
            store.sweep()
            registry = Registry(self._database)
            repositories = Repositories(store, registry)
            repositories.recover()
            discussions = Discussions(self._database)
            recover(discussions, repositories)
            secret = self._database.rows("SELECT value FROM secret")[0][0]
            assert isinstance(secret, bytes)
            self.root = store.root
            self.endpoint = address.endpoint(self._socket.getsockname()[1])
            self._stopped = False

            from emojit.localhub.web.app import Application
            from emojit.localhub.web.call import Hub

            hub = Hub(
                store=store,
                accounts=self._accounts,
                registry=registry,
                access_requests=AccessRequests(self._database),
                discussions=discussions,
                repositories=repositories,
                large_files=LargeFiles(store, registry, secret),
                xet_uploads=XetUploads(store),
                xet_downloads=xet_downloads,
            )
            self._server = http_server(Application(hub, address))
            self._thread = threading.Thread(
                target=self._server.run, args=([self._socket],), name="emojit-hub", daemon=True
            )
            self._thread.start()
            undo.callback(self.stop)
            self._wait_until_started()
            undo.pop_all()
        logger.info("serving %s at %s", self.root, self.endpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def create_user(self, name: str) -> None:
        """Add a user, who may then own repositories.

        Raises:
            UsageError: the name is not allowed or taken.
        """
        self._accounts.create_user(name)

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name."""
        return self._accounts.has_user(name)

    def create_token(
        self, user: str, role: Role = "write", *, name: str | None = None, scopes: Sequence[str] = ()
    ) -> str:
        """Make a token for a user. It is stored as a hash: this is the only time it is seen.

        Args:
            user: an existing user.
            role: "read" cannot change anything; "fineGrained" gives what `scopes` name.
            name: what its owner calls it; None takes one that is free.
            scopes: for instance "me/model:write", "datasets/me/x:read", or "me:read" for all that `me` owns.

        Raises:
            UsageError: there is no such user or role, or a scope is written otherwise.
        """
        from emojit.localhub.permissions import read_scope

        return self._accounts.create_token(user, role, name=name, scopes=[read_scope(scope) for scope in scopes])

    def create_organization(self, name: str, *, admin: str | None = None) -> None:
        """Add an organisation, which may then own repositories that its members share.

        Args:
            name: shares its namespace with the users.
            admin: an existing user who becomes its first member.

        Raises:
            UsageError: the name is not allowed or taken, or there is no such user.
        """
        self._accounts.create_organization(name, admin=admin)

    def add_member(self, organization: str, user: str, role: MemberRole = "write") -> None:
        """Let a user into an organisation, or change the role of a member.

        Args:
            organization: an existing organisation.
            user: an existing user.
            role: "read" sees private repositories, "write" also changes all of them, "admin" also says who is a member.

        Raises:
            UsageError: there is no such organisation, user or role.
        """
        self._accounts.add_member(organization, user, role)

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation; its private repositories vanish for that user at once.

        Raises:
            UsageError: there is no such organisation, or the user is no member.
        """
        self._accounts.remove_member(organization, user)

    def wait(self) -> None:
        """Block until the server ends; `KeyboardInterrupt` passes through."""
        pause = threading.Event()
        while self._thread.is_alive():
            # Not `join`: before Python 3.13, Ctrl-C inside it marks a running thread as ended, and `stop` would not wait for its requests.
            pause.wait(0.5)

    def stop(self) -> None:
        """Finish running requests, stop the server and release the folder. A second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._server.should_exit = True
        self._thread.join(timeout=STOP_TIMEOUT_S + 5)
        self._socket.close()
        self._database.close()

    def _wait_until_started(self) -> None:
        ready = threading.Event()
        for _ in range(int(_START_TIMEOUT_S / 0.01)):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            ready.wait(0.01)
        self.stop()
        raise HubServerError(f"the embedded Hub did not start at {self.endpoint}")


def serve(
    root: Path,
    port: int = DEFAULT_PORT,
    *,
    user: str = "me",
    new_token: bool = False,
    host: str = LOOPBACK,
    expose: bool = False,
    public_url: str | None = None,
    xet_downloads: bool = True,
    announce: Callable[[LocalHub, str | None], None] | None = None,
) -> None:
    """Serve a Hub until Ctrl-C.

    Args:
        root: folder of the store; created if it is missing.
        port: TCP port; 0 takes a free one.
        user: created with a write token if it does not exist, unless `expose` is set.
        new_token: make another write token for an existing user.
        host: the address to listen on; another than 127.0.0.1 needs `expose`.
        expose: let other machines reach it. Needs a token in the store; none is made.
        public_url: what clients call it when a proxy stands before it; needs `expose`.
        xet_downloads: whether clients are told that they may download by Xet.
        announce: called once when the Hub answers, with the Hub and the new token or None.

    Raises:
        UsageError: the user name or host is not allowed.
        HubServerError: the port is taken, the folder cannot be written, or another Hub serves it.
    """
    with LocalHub(root, port, host=host, expose=expose, public_url=public_url, xet_downloads=xet_downloads) as hub:
        is_new = not hub.has_user(user) and not expose
        if is_new:
            hub.create_user(user)
        token = hub.create_token(user) if is_new or new_token else None
        if announce:
            announce(hub, token)
        try:
            hub.wait()
        except KeyboardInterrupt:
            logger.info("stopping")


def _check_packages() -> None:
    missing = [
        name
        for name in ("dulwich", "lz4", "markdown_it", "nh3", "starlette", "uvicorn")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise MissingExtraError(
            f"the embedded Hub needs the package {missing[0]}", hint="install it with: pip install 'emojit[hub]'"
        )
