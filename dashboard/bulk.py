"""Several alerts of the queue at once: the bar over the list, the dialog that asks, and what became of each."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.words import say
from data import bulk, dispatch
from data.bulk import DEEDS, Chosen, Result
from data.errors import InputRefused, MingjingError
from data.office_time import shanghai_day, utc_now


def allowed() -> list[str]:
    """What the visitor may do to several alerts."""
    return [deed for deed, right in DEEDS.items() if visitor.permitted(right)]


def bar(language: str) -> html.Div:
    """What can be done with the rows that are ticked."""
    buttons = [
        html.Button(say(f"queue.bulk_{deed}", language), type="button", className="button", **_marked(deed))
        for deed in allowed()
    ]
    return html.Div(
        [
            html.Span(id="queue-bulk-n"),
            *buttons,
            html.Span(say("queue.bulk_hint", language), className="muted small"),
        ],
        id="queue-bulk",
        className="queue-bulk",
        hidden=True,
    )


def _marked(deed: str) -> dict[str, Any]:
    return {"data-bulk": deed}


def dialog() -> html.Dialog:
    """Where a deed on several alerts is confirmed and its result is read; empty until it is opened."""
    return html.Dialog(
        [dcc.Store(id="queue-bulk-deed"), html.Div(id="queue-bulk-body", className="bulk-body")],
        id="queue-bulk-dialog",
        className="help",
    )


def question(deed: str, rows: list[dict[str, Any]], language: str) -> list[Any]:
    """The dialog's content for a deed on the chosen rows: to whom, with what note, and the button that does it."""
    people: list[tuple[str, str]] = []
    with visitor.seen() as session:
        if deed == "transfer":
            named = "name" if language == "zh" else "name_en"
            people = [(unit.code, getattr(unit, named)) for unit in dispatch.receivers(session)]
        elif deed == "assign":
            units = {row["unit"] for row in rows if row.get("unit")}
            people = bulk.verifiers(session, units, on=shanghai_day(utc_now()))
    asks_whom = deed != "sign_in"
    note_key = "queue.bulk_reason" if deed == "transfer" else "queue.bulk_note"
    return [
        html.H2(say(f"queue.bulk_{deed}_title", language, n=len(rows))),
        html.P(say(f"queue.bulk_{deed}_means", language), className="muted"),
        html.P(say("queue.bulk_nobody", language)) if asks_whom and not people else None,
        dcc.RadioItems(
            id="queue-bulk-to", options=[{"value": code, "label": name} for code, name in people],
            className="bulk-to" if asks_whom else "bulk-none",
        ),
        html.Label(
            [say(note_key, language), dcc.Textarea(id="queue-bulk-note", className="field", maxLength=500)],
            className="bulk-note" if asks_whom else "bulk-none",
        ),
        html.P(id="queue-bulk-why", className="bulk-why", role="alert"),
        html.Div(
            [
                html.Button(
                    say(f"queue.bulk_{deed}", language), id="queue-bulk-do", type="button", className="button-main"
                ),
                _close("queue.bulk_cancel", language, again=False),
            ],
            className="bulk-buttons",
        ),
    ]  # fmt: skip


def _close(key: str, language: str, *, again: bool) -> html.Button:
    marks: dict[str, Any] = {"data-bulk-close": "again" if again else "stay"}
    return html.Button(say(key, language), type="button", className="button-main" if again else "button", **marks)


def told(result: Result, language: str) -> list[Any]:
    """What became of each alert: how many were done, and each refusal with its reason."""
    refusals = [html.Li([html.B(f"#{alert_id} "), error.words(language)]) for alert_id, error in result.refused]
    refused = say("queue.bulk_refused", language, n=len(refusals)) if refusals else ""
    return [
        html.H2(say("queue.bulk_done", language, n=len(result.done)), id="queue-bulk-result"),
        html.P(refused) if refused else None,
        html.Ul(refusals, className="bulk-refused") if refusals else None,
        _close("queue.bulk_ok", language, again=True),
    ]


LARGEST = 2_147_483_647
"""Largest number or version of an alert."""


def chosen_of(rows: object) -> list[Chosen]:
    """The rows a browser says were chosen. Raises InputRefused for what is none."""
    try:
        assert isinstance(rows, list)  # noqa: S101  (caught below)
        chosen = [Chosen(int(row["id"]), int(row["version"])) for row in rows]
        assert all(0 < one.id <= LARGEST and 0 <= one.version <= LARGEST for one in chosen)  # noqa: S101
        return chosen
    except (AssertionError, KeyError, OverflowError, TypeError, ValueError):
        raise InputRefused(
            "The chosen rows are not whole; expected their numbers. Reload the queue and choose again.",
            "所选的行不完整，未做任何更改。请刷新队列后重选。",
        ) from None


def deed_of(asked: object) -> str:
    """The deed a browser asks for; empty where it asks for none."""
    deed = asked.get("deed") if isinstance(asked, dict) else None
    return deed if isinstance(deed, str) else ""


def register(app: Dash) -> None:
    """Answer the bar and the dialog."""

    @app.callback(
        Output("queue-bulk-body", "children"),
        Input("queue-bulk-deed", "data"),
        State("queue-grid", "selectedRows"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _ask(asked: object, rows: list[dict[str, Any]] | None, language: str) -> Any:
        deed = deed_of(asked)
        if deed not in DEEDS or not chosen_of(rows):
            return no_update
        visitor.permit(DEEDS[deed])
        return question(deed, rows or [], shell.language_of(language))

    @app.callback(
        Output("queue-bulk-body", "children", allow_duplicate=True),
        Output("queue-bulk-why", "children"),
        Input("queue-bulk-do", "n_clicks"),
        State("queue-bulk-deed", "data"),
        State("queue-grid", "selectedRows"),
        State("queue-bulk-to", "value"),
        State("queue-bulk-note", "value"),
        State("language", "data"),
        prevent_initial_call=True,
        running=[(Output("queue-bulk-do", "disabled"), True, False)],
    )
    def _do(clicks: int | None, asked: object, rows: object, to: object, note: object, language: str) -> Any:
        if not clicks:
            return no_update, no_update
        spoken, said = shell.language_of(language), {"to": str(to or ""), "note": str(note or "")[:500]}
        try:
            result = bulk.do(visitor.visitor(), chosen_of(rows), deed_of(asked), at=utc_now(), **said)
        except MingjingError as error:
            return no_update, error.words(spoken)
        return told(result, spoken), no_update
