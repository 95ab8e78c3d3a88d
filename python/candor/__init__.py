"""Explains the replies and bounces of mail servers, with libcandor."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from . import _library
from ._library import Error

__all__ = ["Details", "Error", "Explanation", "Mail", "causes", "explain", "read_bounce", "version"]


@dataclass(frozen=True)
class Details:
    """What the reply's text names; empty or 0 where it does not."""

    blocklist: str
    ip: str
    url: str
    host: str
    domain: str
    limit: int
    size: int  # bytes
    retry_after: int  # seconds


@dataclass(frozen=True)
class Explanation:
    """One reply, or one recipient of a mail. The fields are those of candor_explanation in candor.h."""

    recipient: str
    kind: str  # failure, delay, success, auto-reply, complaint, challenge, none
    code: Optional[int]
    enhanced: Optional[str]
    text: str
    remote: str
    cause: str  # empty where nothing failed, as all up to confidence
    title: str
    scope: str
    permanence: str
    stage: str
    fixer: str
    action: str
    retry: bool  # sending the same message again can work
    rule: str
    confidence: float
    provider: str
    details: Details
    summary: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Mail:
    """What a mail says about the delivery of another one."""

    kind: str  # none: it is no report
    sender: str
    subject: str
    message_id: str
    reporter: str
    recipients: tuple[Explanation, ...]


def _explanation(x: "_library.RawExplanation") -> Explanation:
    text = _library.text
    details = Details(text(x.blocklist), text(x.ip), text(x.url), text(x.host), text(x.domain), x.limit, x.bytes, x.retry_after)
    enhanced = ".".join(str(number) for number in x.enhanced) if x.enhanced[0] else None
    names = ("recipient", "kind", "remote", "cause", "title", "scope", "permanence", "stage", "fixer", "action",
             "rule", "provider", "summary", "text")
    return Explanation(code=x.code or None, enhanced=enhanced, retry=bool(x.retry), confidence=x.confidence,
                       details=details, steps=tuple(text(x.steps[i]) for i in range(x.step_count)),
                       **{name: text(getattr(x, name)) for name in names})


def explain(reply: Union[str, bytes], *, remote: Union[str, bytes] = "") -> Explanation:
    """Explains one reply as a person or program has it; `remote` is the host that gave it, where known."""
    with _library.report("candor_explain", reply, remote) as report:
        return _explanation(report.explanation(0))


def read_bounce(mail: Union[str, bytes]) -> Mail:
    """Reads a whole mail, header and body, and explains what it says of each recipient."""
    with _library.report("candor_read_mail", mail) as report:
        m = report.mail()
        names = ("kind", "sender", "subject", "message_id", "reporter")
        return Mail(recipients=tuple(_explanation(report.explanation(i)) for i in range(report.count())),
                    **{name: _library.text(getattr(m, name)) for name in names})


def causes() -> dict[str, str]:
    """All causes: name and title."""
    return dict(_library.causes())


def version() -> str:
    """The library's version."""
    return _library.version()
