"""Who am I, and is this card valid: the two calls that are about no repository."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from emojit.localhub.card_rules import card_errors
from emojit.localhub.cards import CardDataError, read_card
from emojit.localhub.permissions import PERMISSIONS, Caller, Scope
from emojit.localhub.web.answers import ok
from emojit.localhub.web.call import Call, text


def whoami(call: Call) -> Response:
    """`GET /api/whoami-v2`."""
    caller = call.user()
    token: dict[str, object] = {
        "displayName": caller.token_name,
        "role": caller.role,
        "createdAt": caller.token_created,
    }
    if caller.role == "fineGrained":
        scoped = [_scope(caller, scope) for scope in caller.scopes]
        token["fineGrained"] = {"canReadGatedRepos": False, "global": [], "scoped": scoped}
    return ok(
        {
            "type": "user",
            "id": caller.user,
            "name": caller.user,
            "fullname": caller.user,
            "isPro": False,
            "orgs": [
                {"type": "org", "id": name, "name": name, "fullname": name, "roleInOrg": role, "isEnterprise": False}
                for name, role in caller.memberships.items()
            ],
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


def _scope(caller: Caller, scope: Scope) -> dict[str, object]:
    type_: str = scope.type
    if scope.type == "namespace":
        type_ = "user" if scope.name.lower() == caller.user.lower() else "org"
    entity = {"_id": scope.name, "type": type_, "name": scope.name}
    return {"entity": entity, "permissions": list(PERMISSIONS[scope.level])}


def validate_yaml(call: Call) -> Response:
    """`POST /api/validate-yaml`: every push with a README.md asks this first."""
    try:
        card = read_card(text(call.json(), "content"))
        errors = card_errors(card or {})
    except CardDataError as exc:
        card, errors = None, [str(exc)]
    if errors:
        listed = [{"message": error} for error in errors]
        return JSONResponse({"errors": listed, "warnings": [], "error": "; ".join(errors)}, status_code=400)
    # In the words of the public Hub; the client shows it as a Python warning.
    warnings = [] if card else [{"message": "empty or missing yaml metadata in repo card"}]
    return ok({"errors": [], "warnings": warnings})
