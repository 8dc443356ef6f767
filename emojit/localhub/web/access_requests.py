"""The gate of a gated repository, for those who write to the repository: whom to let in, whom not."""

from __future__ import annotations

from typing import cast, get_args

from starlette.responses import JSONResponse, Response

from emojit.localhub.access_requests import AccessRequest, Status
from emojit.localhub.refusal import RefusalError, malformed
from emojit.localhub.registry import RepoRecord
from emojit.localhub.web.answers import ok, page
from emojit.localhub.web.call import Call, optional_text, text

_PAGE = 1000


def list_requests(call: Call) -> Response:
    """`GET /api/{types}/{id}/user-access-request/{status}`."""
    record = _gated_repo(call)
    found = call.hub.access_requests.all(record.key, _status(call.values["status"]))
    shown, headers = page(call.request, found, size=_PAGE)
    return JSONResponse([_item(request) for request in shown], headers=headers)


def grant(call: Call) -> Response:
    """`POST /api/{types}/{id}/user-access-request/grant`."""
    record = _gated_repo(call)
    call.hub.access_requests.grant(record.key, text(call.json(), "user"))
    return ok()


def handle(call: Call) -> Response:
    """`POST /api/{types}/{id}/user-access-request/handle`: accept, reject, or take back either."""
    record = _gated_repo(call)
    data = call.json()
    call.hub.access_requests.handle(
        record.key,
        _status(text(data, "status")),
        user=optional_text(data, "user"),
        request_id=optional_text(data, "requestId"),
        reason=optional_text(data, "rejectionReason"),
    )
    return ok()


def _gated_repo(call: Call) -> RepoRecord:
    record = call.writable_repo()
    if record.gated is None:
        raise RefusalError(400, f"{record.id} is not gated")
    return record


def _status(given: str) -> Status:
    if given not in get_args(Status):
        raise malformed("'status' must be 'pending', 'accepted' or 'rejected'")
    return cast("Status", given)


def _item(request: AccessRequest) -> dict[str, object]:
    return {
        "requestId": request.id,
        "user": {"_id": request.user, "user": request.user, "fullname": request.user},
        "status": request.status,
        "timestamp": request.time,
        **({"rejectionReason": request.reason} if request.reason else {}),
    }
