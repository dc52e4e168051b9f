"""Dates, times and lengths of time as people read them: Latin digits, Gregorian, in the service's zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_location

from vap_meet.domain.appointment import Language

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from vap_meet.clock import Clock
    from vap_meet.web.i18n import Catalogue

LOCALES = {
    Language.AR: "ar_AE",
    Language.EN: "en_GB",
}  # British English writes "9:05 am" and day before month
Day = date | datetime
_BIDI_MARKS = dict.fromkeys((0x200E, 0x200F, 0x061C))
_DAY_WORDS = {0: "day.today", 1: "day.tomorrow", -1: "day.yesterday"}


def zone_city(zone: ZoneInfo, language: Language) -> str:
    """Return the city whose time a zone is, «دبي» / "Dubai"; what is only an offset has its offset."""
    locale = LOCALES[language]
    if zone.key.startswith("Etc/"):  # their names have the sign turned round: Etc/GMT-4 is four hours ahead
        return get_timezone_gmt(datetime(2000, 1, 1, tzinfo=zone), locale=locale)
    return get_timezone_location(zone, locale=locale, return_city=True).rpartition("/")[2]


class Formats:
    """The formats of one language. Every datetime given must be aware."""

    def __init__(self, catalogue: Catalogue, *, zone: ZoneInfo, clock: Clock) -> None:
        self._texts = catalogue
        self._locale = Locale.parse(LOCALES[catalogue.language])
        self._zone = zone
        self._clock = clock

    def time(self, at: datetime) -> str:
        """Return «9:05 ص» / "9:05 am"."""
        return self._time(at, "h:mm a")

    def time_s(self, at: datetime) -> str:
        """Return the time with seconds, for timelines: «9:05:07 ص»."""
        return self._time(at, "h:mm:ss a")

    def time_range(self, start: datetime, end: datetime) -> str:
        """Return «بين 9:10 و9:20 ص» / "between 9:10 and 9:20 am"."""
        same_half = self._time(start, "a") == self._time(end, "a")
        return self._texts.t(
            "time.between", start=self._time(start, "h:mm" if same_half else "h:mm a"), end=self.time(end)
        )

    def date(self, day: Day) -> str:
        """Return 28/09/2026."""
        return self._date(day, "dd/MM/yyyy")

    def weekday(self, day: Day) -> str:
        """Return «الاثنين» / "Monday"."""
        return self._date(day, "EEEE")

    def month(self, day: Day) -> str:
        """Return «سبتمبر» / "Sept"."""
        return self._date(day, "MMM")

    def day(self, day: Day) -> str:
        """Return «اليوم», «غدًا», «أمس», or the weekday and date."""
        local = self._local_day(day)
        word = _DAY_WORDS.get((local - self._local_day(self._clock())).days)
        return self._texts.t(word) if word else f"{self.weekday(local)} {self.date(local)}"

    def date_time(self, at: datetime) -> str:
        """Return «28/09/2026، 9:05 ص»."""
        return self._texts.t("time.date_and_time", date=self.date(at), time=self.time(at))

    def duration(self, seconds: float) -> str:
        """Return a length of time in words: «أقل من دقيقة», «12 دقيقة», «ساعة و5 دقائق»."""
        minutes = int(seconds // 60)
        hours, rest = divmod(minutes, 60)
        if minutes < 1:
            return self._texts.t("duration.under_a_minute")
        if not hours:
            return self._texts.tn("duration.minutes", rest)
        if not rest:
            return self._texts.tn("duration.hours", hours)
        return self._texts.t(
            "duration.hours_and_minutes",
            hours=self._texts.tn("duration.hours", hours),
            minutes=self._texts.tn("duration.minutes", rest),
        )

    def stopwatch(self, seconds: float) -> str:
        """Return 4:07 or 1:04:07."""
        minutes, rest = divmod(int(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def iso(self, at: datetime) -> str:
        """Return what a ``<time datetime>`` holds."""
        return at.astimezone(self._zone).isoformat(timespec="seconds")

    def _time(self, at: datetime, pattern: str) -> str:
        if at.tzinfo is None:
            raise ValueError("a naive datetime can't be shown")
        return format_time(at, pattern, tzinfo=self._zone, locale=self._locale).translate(_BIDI_MARKS)

    def _date(self, day: Day, pattern: str) -> str:
        return format_date(self._local_day(day), pattern, locale=self._locale).translate(_BIDI_MARKS)

    def _local_day(self, day: Day) -> Day:
        if not isinstance(day, datetime):
            return day
        if day.tzinfo is None:
            raise ValueError("a naive datetime can't be shown")
        return day.astimezone(self._zone).date()
