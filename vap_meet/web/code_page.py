"""The page that asks for the code that was sent to a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.web.appkeys import PHONE_CODES, RENDERER, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from vap_meet.domain.appointment import Language


def code_page(
    request: web.Request,
    *,
    action: str,
    again: str,
    carried: Mapping[str, str],
    phone: str,
    code_id: str,
    fault: str = "",
    language: Language | None = None,
    status: int = 200,
) -> web.Response:
    """Return the page that asks for a phone's code. The demonstration, which sends nothing, shows it."""
    app = request.app
    shown = app[PHONE_CODES].digits(code_id) if app[SETTINGS].demo and code_id else ""
    return app[RENDERER].page(
        request,
        "customer/code.html",
        title_key="code.title",
        language=language,
        status=status,
        action=action,
        again=again,
        carried=carried,
        phone=phone,
        code_id=code_id,
        fault=fault,
        shown_code=shown,
    )
