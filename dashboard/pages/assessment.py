"""Assessment: which unit keeps its dates, and whose conclusions hold?"""

import base64
from datetime import date, timedelta
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.aria import labelled
from dashboard.formats import NOTHING, count, local, percent, yuan
from dashboard.words import say
from data.assessment import Assessed, Period, assess
from data.errors import InputRefused
from data.office_time import utc_now

RIGHT = "assess"
FEWEST = 10
"""A share of fewer than this is greyed: too few to compare units by."""
_SHARES = ("on_time", "confirmed", "returned", "reversed")


def layout(lang: str | None = None, first: str = "", last: str = "", **_query: Any) -> html.Div:
    """The units over the period of the address; this quarter where it names none."""
    language, today = shell.language_of(lang), local(utc_now()).date()
    period = read_period(first, last, today)
    with visitor.seen() as session:
        units = assess(session, visitor.visitor(), period, today=today)
    return shell.frame("assessment", language, _body(units, period, today, language))


def read_period(first: str, last: str, today: date) -> Period:
    """The period an address names; this quarter up to today where it names none. Raises InputRefused."""
    if not first and not last:
        return Period(_quarter(today), today)
    try:
        return Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise InputRefused(
            f"The period {first[:20]!r} to {last[:20]!r} cannot be read; expected days such as 2026-07-01. "
            "Choose it on the page.",
            f"考核期间“{first[:20]}”至“{last[:20]}”无法识别；应为 2026-07-01 这样的日期，请在页面上选择。",
        ) from None


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _periods(today: date) -> dict[str, Period]:
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        "month": Period(month, today),
        "last_month": Period(before.replace(day=1), before),
        "quarter": Period(_quarter(today), today),
        "year": Period(today.replace(month=1, day=1), today),
    }


def _body(units: list[Assessed], period: Period, today: date, language: str) -> html.Div:
    *each, whole = units
    if whole.on_time["n"]:
        lead = say(
            "assessment.lead", language, first=period.first, last=period.last, n=count(whole.n_concluded),
            on_time=percent(whole.on_time["share"]),
        )  # fmt: skip
    else:
        lead = say("assessment.lead_none", language, first=period.first, last=period.last)
    content = _table(each, whole, language) if each else html.P(say("assessment.none", language), className="muted")
    return html.Div(
        [
            html.Div(
                [
                    html.Div([html.H1(say("assessment.title", language)), html.P(lead, className="lead")]),
                    _choices(period, today, language),
                ],
                className="work-head",
            ),
            html.Section(html.Div(content, className="scrolls"), className="card"),
            html.Details(
                [
                    html.Summary(say("assessment.what", language)),
                    html.Ul(
                        [
                            html.Li(say(f"assessment.what_{name}", language))
                            for name in ("on_time", "confirmed", "returned", "reversed", "units")
                        ]
                    ),
                ],
                className="card what",
            ),
        ],
        className="work",
    )


def _choices(period: Period, today: date, language: str) -> html.Div:
    links = [
        dcc.Link(
            say(f"assessment.{name}", language),
            href=f"/assessment?first={one.first}&last={one.last}",
            className="segment" + (" segment-here" if one == period else ""),
        )
        for name, one in _periods(today).items()
    ]
    return html.Div(
        [
            html.Div(links, className="segments", role="group", **labelled(say("assessment.title", language))),
            html.Form(
                [
                    html.Label([say("assessment.from", language), _day("first", period.first)]),
                    html.Label([say("assessment.until", language), _day("last", period.last)]),
                    html.Button(say("assessment.show", language), type="submit", className="button"),
                ],
                action="/assessment",
                className="days",
            ),
            html.Button(say("assessment.export", language), id="assessment-export", type="button", className="button"),
            dcc.Download(id="assessment-file"),
            dcc.Store(id="assessment-period", data=[str(period.first), str(period.last)]),
        ],
        className="choices",
    )


def _day(name: str, day: date) -> dcc.Input:
    # A browser's own date field: it knows the calendar and the keyboard, and needs no script.
    return dcc.Input(name=name, id=f"assessment-{name}", type="date", value=str(day), className="field")  # type: ignore[arg-type]


_COLUMNS = (
    "unit", "dispatched", "concluded", "on_time", "days", "confirmed", "returned", "reversed", "overdue", "to_verify",
    "supervised", "recovered",
)  # fmt: skip


def _table(each: list[Assessed], whole: Assessed, language: str) -> html.Table:
    heads = [
        html.Th(say(f"assessment.column_{name}", language), scope="col", className="" if name == "unit" else "number")
        for name in _COLUMNS
    ]
    return html.Table(
        [
            html.Thead(html.Tr(heads)),
            html.Tbody([_row(unit, language) for unit in each]),
            html.Tfoot(_row(whole, language)),
        ],
        className="rows assessed",
        id="assessed",
    )


def _row(unit: Assessed, language: str) -> html.Tr:
    name = say("assessment.whole", language) if not unit.unit_code else unit.name if language == "zh" else unit.name_en
    late = "number late-note" if unit.n_overdue else "number"
    days = NOTHING if unit.median_days is None else f"{unit.median_days:g}"
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td(count(unit.n_dispatched), className="number"),
            html.Td(count(unit.n_concluded), className="number"),
            _share(unit.on_time, language),
            html.Td(days, className="number"),
            *(_share(getattr(unit, share), language) for share in _SHARES[1:]),
            html.Td(count(unit.n_overdue), className=late),
            html.Td(count(unit.n_to_verify), className="number"),
            html.Td(count(unit.n_supervised), className="number"),
            html.Td(yuan(unit.recovered), className="number"),
        ]
    )


def _share(share: dict[str, Any], language: str) -> html.Td:
    """A share with its interval and what it rests on."""
    if not share["n"]:
        return html.Td(NOTHING, className="number muted")
    between = f"{percent(share['low'], digits=0)}–{percent(share['high'], digits=0)}"
    rests = say("assessment.of", language, k=count(share["n_confirmed"]), n=count(share["n"]))
    return html.Td(
        [
            html.Span(percent(share["share"]), className="share"),
            html.Span(f"{between} · {rests}", className="muted small"),
        ],
        className="number few" if share["n"] < FEWEST else "number",
    )


def exported(period: Period, today: date, language: str) -> bytes:
    """The table as XLSX, shares with what they rest on."""
    # Loaded for an export only: the pages start without pandas.
    from data.tabular_export import as_xlsx

    with visitor.seen() as session:
        units = assess(session, visitor.visitor(), period, today=today)
    heads = [say(f"assessment.column_{name}", language) for name in _COLUMNS]
    return as_xlsx(heads, [_exported_row(unit, language) for unit in units])


def _exported_row(unit: Assessed, language: str) -> list[object]:
    name = say("assessment.whole", language) if not unit.unit_code else unit.name if language == "zh" else unit.name_en
    shares = {
        share: f"{percent(got['share'])} ({got['n_confirmed']}/{got['n']})" if got["n"] else NOTHING
        for share, got in ((share, getattr(unit, share)) for share in _SHARES)
    }
    return [
        name, unit.n_dispatched, unit.n_concluded, shares["on_time"], unit.median_days, shares["confirmed"],
        shares["returned"], shares["reversed"], unit.n_overdue, unit.n_to_verify, unit.n_supervised, unit.recovered,
    ]  # fmt: skip


def register(app: Dash) -> None:
    """File the page and answer its export."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/assessment", layout=layout, title="明镜 · 考核"
    )

    @app.callback(
        Output("assessment-file", "data"),
        Input("assessment-export", "n_clicks"),
        State("assessment-period", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _export(n_clicks: int | None, period: object, language: str) -> Any:
        if not n_clicks or not isinstance(period, list) or len(period) != 2:
            return no_update
        today = local(utc_now()).date()
        wanted = read_period(str(period[0]), str(period[1]), today)
        content = exported(wanted, today, shell.language_of(language))
        coded = base64.b64encode(content).decode("ascii")
        return {"content": coded, "filename": f"考核_{wanted.first}_{wanted.last}.xlsx", "base64": True}
