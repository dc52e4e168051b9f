"""The form in which a customer says how it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.feedback import MAX_COMMENT_CHARS, Face, Opinion, Topic

if TYPE_CHECKING:
    from multidict import MultiMapping

_YES_NO = {"yes": True, "no": False}
_IN_WORDS = {True: "yes", False: "no", None: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackForm:
    """What was chosen and typed, as it was."""

    face: str = ""
    topics: frozenset[str] = frozenset()
    comment: str = ""
    would_have_come: str = ""
    must_still_come: str = ""

    @classmethod
    def read(cls, form: MultiMapping[object]) -> FeedbackForm:
        """Return the form; what is missing or no text is empty."""

        def text(name: str) -> str:
            value = form.get(name)
            return value if isinstance(value, str) else ""

        return cls(
            face=text("face"),
            topics=frozenset(topic for topic in form.getall("topic", ()) if isinstance(topic, str)),
            comment=text("comment").replace("\r\n", "\n").replace("\0", "").strip(),
            would_have_come=text("would_have_come"),
            must_still_come=text("must_still_come"),
        )

    @classmethod
    def of(cls, opinion: Opinion) -> FeedbackForm:
        """Return the form that says this."""
        return cls(
            face=opinion.face,
            topics=frozenset(opinion.topics),
            comment=opinion.comment,
            would_have_come=_IN_WORDS[opinion.would_have_come],
            must_still_come=_IN_WORDS[opinion.must_still_come],
        )

    def faults(self) -> tuple[str, ...]:
        """Return the names of the fields that can't be taken, in their order on the page."""
        checks = {
            "face": self.face in set(Face),
            "topics": self.topics <= set(Topic),
            "comment": len(self.comment) <= MAX_COMMENT_CHARS,
            "would_have_come": self.would_have_come in {"", *_YES_NO},
            "must_still_come": self.must_still_come in {"", *_YES_NO},
        }
        return tuple(name for name, good in checks.items() if not good)

    def opinion(self) -> Opinion:
        """Return what it says, once `faults` has found none."""
        return Opinion(
            face=Face(self.face),
            topics=frozenset(map(Topic, self.topics)),
            comment=self.comment,
            would_have_come=_YES_NO.get(self.would_have_come),
            must_still_come=_YES_NO.get(self.must_still_come),
        )
