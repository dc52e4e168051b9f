"""What browsers are told about our pages: what they may load, where they may be shown, what they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.web.guards import is_https, public_origin

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.settings import Settings

_VISITS = ("/h/", "/i/", "/j/", "/join", "/v/")
"""Pages whose address or content is a customer's: never kept, never told to another site."""


class SecurityHeaders:
    """The headers of every response, worked out once from the settings."""

    def __init__(self, settings: Settings) -> None:
        origin = public_origin(settings)
        socket = origin.replace("http", "ws", 1)
        policy = "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self'",
                "font-src 'self'",
                f"connect-src 'self' {socket}",
                "media-src 'self' blob: mediastream:",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )
        self._common = {
            "Content-Security-Policy": policy,
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": (
                "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
                "screen-wake-lock=(self), geolocation=(), payment=(), usb=(), browsing-topics=()"
            ),
        }
        if is_https(settings):
            self._common["Strict-Transport-Security"] = "max-age=31536000"

    def apply(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what a response lacks. One that is on its way already (a websocket) is left alone."""
        if response.prepared:
            return
        headers = response.headers
        for name, value in self._common.items():
            headers.setdefault(name, value)
        of_visit = request.path.startswith(_VISITS)
        headers.setdefault("Referrer-Policy", "no-referrer" if of_visit else "same-origin")
        if of_visit:
            headers["Cache-Control"] = "no-store"
