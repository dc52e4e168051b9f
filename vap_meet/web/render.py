"""Pages: one template for both languages, escaped by default, compiled once a language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from vap_meet.domain.appointment import Language
from vap_meet.web.assets import bundled
from vap_meet.web.formats import Formats, zone_city
from vap_meet.web.i18n import DIRECTION, Catalogue
from vap_meet.web.packing import packed
from vap_meet.web.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.clock import Clock
    from vap_meet.settings import Settings
    from vap_meet.web.assets import Assets

LANGUAGE_COOKIE = "vap_lang"
LOCALE_FOLDER = Path(__file__).resolve().parent.parent / "locale"
_NOT_IN_JSON = "<>&\u2028\u2029"
_NUMBER = re.compile(r"[A-Z0-9]{1,12}(-[A-Z0-9]{1,12}){1,2}|\+?[0-9 ]{5,20}")


def json_block(value: object) -> Markup:
    """Return JSON that can't end the ``<script type="application/json">`` it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in _NOT_IN_JSON:  # each a search at the speed of memory: `str.translate` takes ten times as long
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  # every character of HTML is escaped


def bdi(value: object) -> Markup:
    """Return a value isolated from the direction of the text around it: references, numbers, names.

    References, request numbers and phone numbers stay on one line: half of one is no number.
    """
    if _NUMBER.fullmatch(str(value)):
        return Markup('<bdi class="whole">{}</bdi>').format(value)
    return Markup("<bdi>{}</bdi>").format(value)


class Renderer:
    """Renders pages in the language of whoever asks."""

    def __init__(self, settings: Settings, assets: Assets, *, clock: Clock, strict: bool = True) -> None:
        """`strict` makes a missing text an error; else its key is shown and the log says so."""
        self._settings = settings
        self._assets = assets
        self.zone = zone = ZoneInfo(settings.time_zone)
        self.catalogues = {
            language: Catalogue.load(
                LOCALE_FOLDER, language, strict=strict, here={"zone_city": zone_city(zone, language)}
            )
            for language in Language
        }
        self.formats = {
            language: Formats(catalogue, zone=zone, clock=clock)
            for language, catalogue in self.catalogues.items()
        }
        self._environments = {language: self._environment(language) for language in Language}

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        title_key: str,
        title_params: Mapping[str, object] | None = None,
        language: Language | None = None,
        status: int = 200,
        page_data: Mapping[str, Any] | None = None,
        js_prefixes: tuple[str, ...] = (),
        **context: Any,
    ) -> web.Response:
        """Render a template as a response.

        `language` is the appointment's, used when the reader has chosen none. `page_data` and the texts
        whose keys begin with `js_prefixes` go to the page's script as one JSON block:
        ``{lang, timeZone, strings, ...page_data}``.
        """
        chosen = self.language(request, language)
        html = (
            self._environments[chosen]
            .get_template(template)
            .render(
                title=self.catalogues[chosen].t(title_key, **(title_params or {})),
                languages=_switches(request, chosen),
                page_data={
                    "lang": chosen,
                    "timeZone": self._settings.time_zone,
                    "strings": self.js_strings(chosen, *js_prefixes) if js_prefixes else {},
                    **(page_data or {}),
                }
                if page_data is not None or js_prefixes
                else None,
                **context,
            )
        )
        headers = {
            "Content-Language": chosen,
            "Vary": "Cookie, Accept-Encoding",
            "Cache-Control": "no-store",
        }
        body, encoding = packed(html.encode(), request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        if encoding:
            headers["Content-Encoding"] = encoding
        return web.Response(
            body=body, status=status, content_type="text/html", charset="utf-8", headers=headers
        )

    def language(self, request: web.Request, offered: Language | None = None) -> Language:
        """Return the reader's choice, else the appointment's language, else Arabic."""
        try:
            return Language(request.cookies.get(LANGUAGE_COOKIE, ""))
        except ValueError:
            return offered or Language.AR

    def js_strings(self, language: Language, *prefixes: str) -> dict[str, str | dict[str, str]]:
        """Return the texts whose keys begin with one of the prefixes, for a script."""
        return self.catalogues[language].strings(*prefixes)

    def _environment(self, language: Language) -> Templates:
        """One environment a language, so that macros have its words without asking for the context."""
        texts, formats = self.catalogues[language], self.formats[language]
        environment = Templates(
            standing={"t": texts.t, "asset": self._assets.url},
            loader=FileSystemLoader(bundled("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        settings = self._settings
        environment.filters.update(json_block=json_block, bdi=bdi, lines=lines)
        environment.globals.update(
            lang=language.value,
            dir=DIRECTION[language],
            tn=texts.tn,
            zone_city=lambda zone: zone_city(ZoneInfo(zone), language),
            fmt_time=formats.time,
            fmt_time_s=formats.time_s,
            fmt_time_range=formats.time_range,
            fmt_date=formats.date,
            fmt_weekday=formats.weekday,
            fmt_month=formats.month,
            fmt_day=formats.day,
            fmt_date_time=formats.date_time,
            fmt_duration=formats.duration,
            fmt_stopwatch=formats.stopwatch,
            iso=formats.iso,
            modules=self._assets.modules,
            organisation=settings.organisation_ar if language is Language.AR else settings.organisation_en,
            contact_phone=settings.contact_phone,
            keep_months=settings.keep_months,
            demo=settings.demo,
        )
        return environment


def lines(text: str) -> Markup:
    """Return text as people typed it: paragraphs at empty lines, breaks at single ones."""
    paragraphs = [part for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    return Markup("\n").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in part.strip().split("\n")))
        for part in paragraphs
    )


def _switches(request: web.Request, current: Language) -> tuple[dict[str, Any], ...]:
    """Return a link to this very page in each language."""
    return tuple(
        {
            "lang": language.value,
            "url": "?" + request.rel_url.update_query(lang=language.value).raw_query_string,
            "current": language is current,
        }
        for language in Language
    )
