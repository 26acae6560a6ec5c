"""Attachments: the files kept with an alert, each to be fetched through a guarded address, and the way to add one."""

from collections.abc import Iterable
from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.formats import minute
from dashboard.words import say
from data.attachments import MOST_BYTES, TYPES
from data.loop_tables import Attachment


def size_words(n_bytes: int) -> str:
    """A size as people read it: 312 KB, 4.2 MB."""
    kilobytes = n_bytes / 1024
    return f"{max(1, round(kilobytes)):,} KB" if kilobytes < 1000 else f"{kilobytes / 1024:.3g} MB"


def attachments_card(case: Case) -> html.Section | None:
    """The files with size, type, who and when; and the uploader for those who may add one."""
    adds = can_add(case)
    if not case.found.attachments and not adds:
        return None
    language = case.language
    lines = [_line(case, one) for one in case.found.attachments]
    none = html.P(say("papers.no_files", language), className="muted")
    return html.Section(
        [
            html.H2(say("papers.files", language)),
            html.Ul(lines, className="plain-list files", id="files") if lines else none,
            uploader(language, address_of(case)) if adds else None,
        ],
        className="card",
    )


def can_add(case: Case) -> bool:
    """Whether the person may add a file now."""
    return case.may("verify") and case.alert.status not in ("waiting", "closed")


def _line(case: Case, one: Attachment) -> html.Li:
    kind = one.name.rpartition(".")[2].upper()[:5]
    said = f"{size_words(one.size)} · {case.name(one.added_by)} · {minute(one.added_at)}"
    return html.Li(
        [
            html.Span(kind, className="file-kind"),
            html.A(one.name, href=f"/alert/{case.alert.id}/attachment/{one.id}", download=one.name),
            html.Span(said, className="muted small"),
        ]
    )


def address_of(case: Case) -> str:
    """Where a file of the alert is posted to."""
    return f"/alert/{case.alert.id}/attachment"


def uploader(
    language: str,
    address: str,
    *,
    told: str = "",
    kinds: Iterable[str] = TYPES,
    most: int = MOST_BYTES,
    words: str = "papers.upload",
) -> html.Div:
    """Choose a file or drop it here; the bar shows how far it is. It is posted to `address`.

    `told`: id of the store that changes once a file has arrived; without it the alert is shown anew. `kinds`: endings
    that may be chosen; `most`: bytes a file may have; `words`: key of what the button says.
    """
    named = " ".join(f".{name.lstrip('.')}" for name in kinds)
    marks: dict[str, Any] = {"data-upload": address, "data-accept": ",".join(named.split()), "data-most": most}
    if told:
        marks["data-told"] = told
    marks["data-too-large"] = say("papers.too_large", language, most=size_words(most))
    marks["data-failed"] = say("papers.upload_failed", language)
    return html.Div(
        [
            html.Button(say(words, language), type="button", className="button"),
            html.Span(say("papers.upload_hint", language, most=size_words(most), kinds=named), className="muted small"),
            html.Progress(className="upload-progress", max="100", hidden=True),
            html.P(className="error upload-error", role="alert"),
        ],
        className="upload",
        **marks,
    )
