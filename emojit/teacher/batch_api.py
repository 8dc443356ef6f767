"""The files and batches calls of an OpenAI-compatible endpoint, through the `openai` client.

Its own retries are off: a job whose creation got no answer may exist all the same, and creating it once more would be paid for twice. So creating asks
the endpoint for the job first (`find`), by the tag in its metadata or by its input file, which no other job has.

Source: https://platform.openai.com/docs/api-reference/batch and https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeVar

from emojit.errors import TeacherError
from emojit.recipe import TeacherConfig
from emojit.teacher.address import Address
from emojit.teacher.batch_lines import ENDPOINT
from emojit.teacher.failures import Failure, judge, redact

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Batch

logger = logging.getLogger(__name__)
T = TypeVar("T")

TAG = "emojit_tag"
"""Key of a job's metadata that holds our own name for it."""
_BACKOFF_LIMIT_S = 30.0
_UPLOAD_S = 600.0  # longest silence of the endpoint while it takes a file in
_PAGE = 100  # jobs per page of a list, the most that is allowed
_OLDER_S = 86_400  # a job that is so much older than ours by the endpoint's clock is not ours
_LONGER = 12  # times `patience_s` that a job is looked after while the endpoint does not answer
_TELLING = 5  # failures in a row that are worth a warning
_LIVE = "ask question by question: --set teacher.mode=live"


class _StrangeError(Exception):
    """The endpoint answered with success, and with something else than it was asked for: the client passes on what it gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteJob:
    """A job as the endpoint describes it.

    Attributes:
        id: the endpoint's id.
        status: "validating", "in_progress", "finalizing", "cancelling"; at the end "completed", "failed", "expired" or "cancelled".
        done: lines with an answer (count).
        failed: lines without one (count).
        total: lines (count).
        files: ids of the output and the error file, as far as they exist.
        errors: why the whole file was refused: (code, message), empty otherwise.
    """

    id: str
    status: str
    done: int
    failed: int
    total: int
    files: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in {"completed", "failed", "expired", "cancelled"}


class BatchApi:
    """The calls. Each is repeated while the endpoint is busy or gone, for `patience_s` at most."""

    def __init__(self, config: TeacherConfig, address: Address, *, backoff_s: float) -> None:
        """Take the endpoint; no call is made.

        Args:
            config: the `[teacher]` section.
            address: where it is and with which key.
            backoff_s: wait after the first failed call (s); doubled each time up to 30 s, with jitter.
        """
        self._config = config
        self._address = address
        self._backoff_s = backoff_s
        self._client: AsyncOpenAI | None = None
        self._contact = False

    async def upload(self, stream: IO[bytes], name: str) -> str:
        """Upload a file of requests and return its id."""

        async def call() -> str:
            stream.seek(0)
            made = await self._open().files.create(file=(name, stream), purpose="batch", timeout=_UPLOAD_S)
            return _text(getattr(made, "id", None), "id of the file")

        return await self._patiently(call)

    async def create(self, file_id: str, tag: str, since: int) -> RemoteJob:
        """Create a job, once: where a call got no clear answer the endpoint is asked for the job before the next one.

        Args:
            file_id: the uploaded file.
            tag: our own name for the job.
            since: when the job was planned (Unix time, s).
        """
        import openai

        unsure = False

        async def call() -> RemoteJob:
            nonlocal unsure
            if unsure and (found := await self.find(file_id, tag, since)) is not None:
                return found
            try:
                return _job(
                    await self._open().batches.create(
                        input_file_id=file_id, endpoint=ENDPOINT, completion_window="24h", metadata={TAG: tag}
                    )
                )
            except openai.APIConnectionError:
                unsure = True
                raise
            except openai.APIStatusError as exc:
                unsure = exc.status_code != 429
                raise

        return await self._patiently(call)

    async def find(self, file_id: str, tag: str, since: int) -> RemoteJob | None:
        """Look for a job among those of the endpoint, newest first; None where there is none."""

        async def call() -> RemoteJob | None:
            older = 0
            async for batch in self._open().batches.list(limit=_PAGE):
                if (batch.metadata or {}).get(TAG) == tag or batch.input_file_id == file_id:
                    return _job(batch)
                older = older + 1 if batch.created_at < since - _OLDER_S else 0
                if older >= _PAGE:
                    return None
            return None

        return await self._patiently(call)

    async def retrieve(self, job_id: str) -> RemoteJob:
        """Ask how a job stands."""

        async def call() -> RemoteJob:
            return _job(await self._open().batches.retrieve(job_id))

        hint = "use the key and the --base-url that it was handed in with, or " + _LIVE
        missing = (f"does not know the batch job {job_id}", hint)
        # The job goes on whether we can look at it or not, so a longer outage is no reason to stop a run in the middle of the night.
        return await self._patiently(call, missing, patience_s=_LONGER * self._config.patience_s)

    async def lines(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield the lines of a file as they come; a download that breaks off is begun again, and no line comes twice.

        A file that is not there (any more) has no lines.
        """
        seen, failures, waited = 0, 0, 0.0
        while True:
            number = 0
            try:
                async for line in self._download(file_id):
                    number += 1
                    if number > seen:
                        seen, failures, waited = number, 0, 0.0
                        yield line
            except ConnectionError as exc:
                wait_s = self._backoff(failures)
                failures, waited = failures + 1, waited + wait_s
                if waited > self._config.patience_s:
                    raise self.gave_up(str(exc)) from exc
                await asyncio.sleep(wait_s)
            else:
                return

    async def _download(self, file_id: str) -> AsyncIterator[bytes]:
        import httpx2
        import openai

        rest = b""
        try:
            async with self._open().files.with_streaming_response.content(file_id) as response:
                async for block in response.iter_bytes():
                    *lines, rest = (rest + block).split(b"\n")  # and not at U+2028, which may stand in JSON as it is
                    for line in lines:
                        yield line
        except openai.APIStatusError as exc:
            if exc.status_code in {404, 410}:  # kept for 30 days by OpenAI
                logger.warning("the endpoint no longer has the result file %s; its questions are asked again", file_id)
                return
            failure = self._judged(exc)
            if failure.kind == "fatal":
                raise self._error(failure.message, failure.hint) from exc
            raise ConnectionError(failure.message) from exc
        except (openai.APIConnectionError, httpx2.HTTPError) as exc:
            raise ConnectionError(f"connection lost ({redact(str(exc), self._address.key)})") from exc
        if rest.strip():
            yield rest

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def gave_up(self, why: str) -> TeacherError:
        """Return the error of a run that waits no longer for the endpoint."""
        hint = "what was handed in goes on over there: run the same command again later, it waits for the same jobs"
        return self._error(why, hint)

    async def _patiently(
        self,
        call: Callable[[], Awaitable[T]],
        missing: tuple[str, str] | None = None,
        *,
        patience_s: float | None = None,
    ) -> T:
        import openai

        patience_s = patience_s or self._config.patience_s
        waited, failures = 0.0, 0
        while True:
            try:
                result = await call()
            except openai.APIStatusError as exc:
                self._contact = True
                failure = self._judged(exc, missing)
            except openai.APIConnectionError as exc:  # time-outs among them
                failure = self._unconnected(exc)
            except (
                _StrangeError
            ) as exc:  # at first contact no batch API is there; later, a proxy may be out of order for a while
                failure = Failure(kind="retry" if self._contact else "fatal", message=str(exc), hint=_LIVE)
            else:
                self._contact = True
                return result
            if failure.kind in {"fatal", "refusal"}:
                raise self._error(failure.message, failure.hint)
            wait_s = max(failure.wait_s or 0.0, self._backoff(failures))
            failures, waited = failures + 1, waited + wait_s
            if waited > patience_s:
                raise self.gave_up(failure.message)
            level = logging.WARNING if failures == _TELLING else logging.INFO
            logger.log(level, "batch call failed, asked again in %.1f s: %s", wait_s, failure.message)
            await asyncio.sleep(wait_s)

    def _backoff(self, failures: int) -> float:
        return min(_BACKOFF_LIMIT_S, self._backoff_s * 2.0 ** min(failures, 16)) * random.uniform(0.5, 1.0)

    def _unconnected(self, exc: Exception) -> Failure:
        import httpx2

        message = f"cannot be reached ({redact(str(exc.__cause__ or exc), self._address.key) or type(exc).__name__})"
        if self._contact or not isinstance(exc.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
            return Failure(kind="retry", message=message)
        first = "start the server" if self._address.loopback else "check the network connection"
        return Failure(kind="fatal", message=message, hint=f"{first}, or give another --base-url")

    def _judged(self, exc: Exception, missing: tuple[str, str] | None = None) -> Failure:
        import openai

        assert isinstance(exc, openai.APIStatusError)
        status, body = exc.status_code, exc.response.text
        if status in {404, 405, 501}:
            message, hint = missing or (f"has no batch API (HTTP {status})", _LIVE)
            return Failure(kind="fatal", message=message, hint=hint)
        return judge(status, exc.response.headers, body, model=self._config.model, secret=self._address.key)

    def _error(self, message: str, hint: str | None) -> TeacherError:
        return TeacherError(f"teacher {self._address.where}: {message}", hint=hint, last_reply=message)

    def _open(self) -> AsyncOpenAI:
        if self._client is None:
            import openai

            http = openai.DefaultAsyncHttpxClient(trust_env=not self._address.loopback)
            self._client = openai.AsyncOpenAI(
                api_key=self._address.key,
                base_url=self._address.base_url,
                timeout=self._config.timeout_s,
                max_retries=0,
                http_client=http,
            )
        return self._client


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise _StrangeError(f"answers, but its answer has no {what}")
    return value


def _job(batch: Batch) -> RemoteJob:
    job_id = _text(getattr(batch, "id", None), "id of the batch job")
    status = _text(batch.status, "status of the batch job")
    counts = batch.request_counts
    errors = (batch.errors.data if batch.errors else None) or []
    return RemoteJob(
        id=job_id,
        status=status,
        done=counts.completed if counts else 0,
        failed=counts.failed if counts else 0,
        total=counts.total if counts else 0,
        files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        errors=tuple((error.code or "", error.message or "") for error in errors),
    )
