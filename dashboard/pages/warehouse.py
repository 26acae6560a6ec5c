"""Warehouse: which supervision models are there, which run, and are their alerts worth believing?"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import select

from dashboard import shell, visitor
from dashboard.administration import View, address, name_in, read_view
from dashboard.aria import labelled
from dashboard.formats import count, day, percent
from dashboard.model_badges import status_badge
from dashboard.words import say
from data.cards import DOMAINS, LEVELS
from data.errors import CardRefused, InputRefused, MingjingError
from data.model_life import save_draft
from data.model_states import MODEL_STATES
from data.office_time import utc_now
from data.tables import Unit
from data.warehouse import FACETS, Stored, counted_by, narrowed, stored

RIGHT = ("see", "verify", "models", "approve_models")
PATH = "/warehouse"
_VIEW = ("q", *FACETS)
MOST_BYTES = 400_000
"""A card is some thousand characters; a file beyond this is none."""


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """The grid of cards, narrowed by what the address asks for."""
    language = shell.language_of(lang)
    return shell.frame("warehouse", language, html.Div(body(language, read_view(_VIEW, query)), className="work"))


def body(language: str, view: View) -> list[Any]:
    """The page below the header."""
    with visitor.seen() as session:
        found = stored(session)
        units: dict[str, str] = dict(session.execute(select(Unit.code, getattr(Unit, name_in(language)))).all())
    shown = narrowed(found, view)
    n_active = sum(one.shown.status == "active" for one in found)
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H1(say("warehouse.title", language, n=count(len(found)), active=count(n_active))),
                        html.P(say("warehouse.lead", language), className="lead"),
                    ]
                ),
                _ways_in(language),
            ],
            className="work-head",
        ),
        html.Div(id="warehouse-refused", className="card warehouse-faults", role="alert", hidden=True),
        html.Div(
            [_facets(found, view, units, language), html.Div(_grid(shown, found, units, language))],
            className="warehouse-columns",
        ),
    ]


def _ways_in(language: str) -> html.Div | None:
    if not visitor.permitted("models"):
        return None
    factory = next((one["path"] for key, one in dash.page_registry.items() if key.endswith(".factory")), None)
    make = html.A(say("warehouse.make", language), href=factory, className="button-main big") if factory else None
    bring = dcc.Upload(
        html.Button(say("warehouse.import", language), type="button", className="button"),
        id="warehouse-file", accept=".toml", max_size=MOST_BYTES,
    )  # fmt: skip
    return html.Div([bring, make], className="buttons")


def _facets(found: Sequence[Stored], view: View, units: Mapping[str, str], language: str) -> html.Aside:
    box = dcc.Input(
        name="q", id="warehouse-q", value=view.get("q", ""), placeholder=say("warehouse.search", language),
        className="field", autoComplete="off",
    )  # fmt: skip
    kept = [dcc.Input(type="hidden", name=n, value=v, id=f"kept-{n}") for n, v in view.items() if n != "q"]
    search = html.Form([*kept, box], action=PATH, className="line", role="search")
    return html.Aside(
        [search, *(_facet(found, name, view, units, language) for name in FACETS)],
        className="card warehouse-facets", **labelled(say("warehouse.facets", language)),
    )  # fmt: skip


def _facet(
    found: Sequence[Stored], name: str, view: View, units: Mapping[str, str], language: str
) -> html.Section | None:
    counts = counted_by(found, name, view)
    order: Sequence[str] = {"domain": list(DOMAINS), "status": list(MODEL_STATES), "level": list(LEVELS)}.get(
        name, sorted(counts)
    )
    values = [value for value in order if counts[value] or value == view.get(name)]
    if len(values) < 2 and not view.get(name):
        return None
    here = view.get(name)
    links = [
        dcc.Link(
            [html.Span(_value(name, value, units, language), className="choice-name"),
             html.Span(count(counts[value]), className="muted")],
            href=address(PATH, {**view, name: "" if value == here else value}),
            className="choice" + (" chosen" if value == here else ""),
        )
        for value in values
    ]  # fmt: skip
    return html.Section([html.H2(say(f"warehouse.facet_{name}", language)), *links])


def _value(name: str, value: str, units: Mapping[str, str], language: str) -> Any:
    if name == "domain":
        return DOMAINS.get(value, (value, value))[language != "zh"]
    if name == "status":
        state = MODEL_STATES[value]
        return state.name if language == "zh" else state.name_en
    if name == "level":
        return shell.level_shape(value, language)
    return units.get(value, value) if value else say("warehouse.built_in", language)


def _grid(shown: Sequence[Stored], found: Sequence[Stored], units: Mapping[str, str], language: str) -> Any:
    if not found:
        return html.P(say("warehouse.empty", language), className="card")
    if not shown:
        return html.Div(
            [html.P(say("warehouse.none", language)), html.A(say("warehouse.all", language), href=PATH)],
            className="card",
        )  # fmt: skip
    return html.Ul([html.Li(_card(one, units, language)) for one in shown], className="warehouse-grid")


def _card(one: Stored, units: Mapping[str, str], language: str) -> dcc.Link:
    row = one.shown
    beside = one.under_way
    unit = units.get(row.unit_code or "", row.unit_code) if row.unit_code else say("warehouse.built_in", language)
    waits = say(f"warehouse.beside_{beside.status}", language, n=beside.version) if beside else None
    return dcc.Link(
        [
            html.Div(
                [shell.level_shape(row.level, language, word=False), html.Span(row.code, className="code"),
                 html.Span(DOMAINS.get(row.domain_code, (row.domain_code,) * 2)[language != "zh"], className="muted"),
                 status_badge(row.status, language)],
                className="warehouse-top",
            ),
            html.H3(row.name if language == "zh" else row.name_en),
            html.P([unit, " · ", say("warehouse.made", language, day=day(row.created_at))], className="muted small"),
            _figures(one, language),
            html.P(waits, className="small warehouse-beside") if waits else None,
        ],
        href=f"{PATH}/{row.code}",
        className="card warehouse-card",
    )  # fmt: skip


def _figures(one: Stored, language: str) -> html.Div:
    if not one.n_alerts:
        return html.Div(say("warehouse.no_alerts", language), className="muted small warehouse-figures")
    share = one.rate
    concluded = say("warehouse.n_concluded", language, n=count(share["n"]))
    kind = say("warehouse.served" if one.shown.counts == "help" else "warehouse.rate", language)
    interval = f"{percent(share['low'], digits=0)}–{percent(share['high'], digits=0)}" if share["n"] else ""
    return html.Div(
        [
            html.Div([html.Span(count(one.n_alerts), className="warehouse-n"),
                      html.Span(say("warehouse.alerts", language), className="muted small")]),
            html.Div([html.Span(percent(share["share"], digits=0), className="warehouse-n"),
                      html.Span([kind, " ", interval, " · ", concluded],
                                className="muted small")]),
        ],
        className="warehouse-figures",
    )  # fmt: skip


def read_file(contents: object) -> str:
    """The text of a file as the browser sent it. Raises InputRefused."""
    coded = contents.partition(",")[2] if isinstance(contents, str) else ""
    try:
        text = base64.b64decode(coded, validate=True).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if not text.strip() or len(text) > MOST_BYTES:
        raise InputRefused(
            "The file is empty, too large or not text in UTF-8; expected a card as exported here (.toml).",
            "文件为空、过大或不是 UTF-8 文本；应为从模型仓库导出的卡片（.toml）。",
        )
    return text


def imported(contents: object) -> str:
    """Keep a card file as a draft; gives the address of its page. Raises MingjingError with every fault."""
    visitor.permit("models")
    with visitor.acting() as session:
        row = save_draft(session, read_file(contents), visitor.visitor(), at=utc_now())
        return f"{PATH}/{row.code}?v={row.version}"


def faults(error: MingjingError, language: str) -> list[Any]:
    """A refusal with each of its faults on a line of its own."""
    each = error.faults if isinstance(error, CardRefused) else ()
    lines = [one.words(language) for one in each] or [error.words(language)]
    return [html.H2(say("warehouse.import_refused", language)), html.Ul([html.Li(line) for line in lines])]


def register(app: Dash) -> None:
    """File the page and take in card files."""
    dash.register_page(__name__, path=PATH, layout=layout, title="明镜 · 模型仓库")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("_pages_location", "href", allow_duplicate=True),
        Output("warehouse-refused", "children"),
        Output("warehouse-refused", "hidden"),
        Input("warehouse-file", "contents"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _import(contents: object, lang: str) -> Any:
        if not contents:
            return no_update, no_update, no_update
        try:
            return imported(contents), [], True
        except MingjingError as error:
            return no_update, faults(error, shell.language_of(lang)), False
