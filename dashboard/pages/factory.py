"""Model factory: which suspicion shall the registers be searched for, and what would be found?"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import dash
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import func, select

from dashboard import shell, visitor
from dashboard.factory_fields import place_options
from dashboard.factory_look import failed, look
from dashboard.factory_steps import Bench, form_of
from dashboard.formats import minute
from dashboard.model_badges import status_badge
from dashboard.model_diagram import diagram
from dashboard.words import say
from data.blueprint_faults import STEPS, faults_of
from data.blueprint_preview import card_to_try, preview
from data.cards import Card
from data.errors import MingjingError, NotFound
from data.factory_drafts import Draft, change_draft, delete_draft, drafts_of, finish, new_draft, read_draft, standing_of
from data.office_time import shanghai_day, utc_now
from data.register_catalogue import registers_of
from data.scopes import place_names
from data.tables import DatasetFiling, SupervisionModel

RIGHT = "models"
PATH = "/factory"
_REDRAWN = (
    "register",
    "main",
    "mode",
    "how",
    "column",
    "op",
    "at_least",
    "cause",
    "left",
    "sql",
    "evidence",
    "subject",
)
"""Fields after which other fields are offered: the form is drawn anew."""
NEW: dict[str, Any] = {"joins": {"register": ""}, "matches": {}, "all_of": {}, "any_of": {}, "asks": {}}
"""What an entry is that a button adds to a list."""


def layout(lang: str | None = None, draft: str = "", step: str = "", **_query: Any) -> html.Div:
    """The drafts, or one of them at a step."""
    language = shell.language_of(lang)
    if not draft:
        drafts = html.Div(listing(language), id="factory-list", className="work")
        return shell.frame("factory", language, [dcc.Location(id="factory-go", refresh="callback-nav"), drafts])
    number = int(draft) if draft.isascii() and draft.isdigit() and len(draft) < 10 else 0
    return shell.frame("factory", language, editor(number, step if step in STEPS else STEPS[0], language))


# ---- the drafts ------------------------------------------------------------------------------------------------------


def listing(language: str, *, refused: str = "") -> list[Any]:
    """Every draft of the visitor's, the last changed first."""
    with visitor.seen() as session:
        found, registers = drafts_of(session, visitor.visitor()), registers_of(session)
        standing = standing_of(session, [one.blueprint.code for one in found])
        cards = [
            _entry(one, len(faults_of(one.blueprint, registers)), standing.get(one.blueprint.code, []), language)
            for one in found
        ]
    new = html.Button(say("factory.new", language), id="factory-new", className="button-main big", type="button")
    return [
        html.Div(
            [
                html.Div(
                    [html.H1(say("factory.title", language)), html.P(say("factory.lead", language), className="lead")]
                ),
                new,
            ],
            className="work-head",
        ),
        html.P(refused, className="error", role="alert"),
        html.H2(say("factory.mine", language)),
        html.Div(cards, className="made-drafts") if cards else html.P(say("factory.none", language), className="muted"),
    ]


def _entry(one: Draft, n_faults: int, standing: list[SupervisionModel], language: str) -> html.Article:
    state = say("factory.lacks", language, n=n_faults) if n_faults else say("factory.ready", language)
    in_warehouse = [
        dcc.Link(
            [say("factory.in_warehouse", language, n=row.version), status_badge(row.status, language)],
            href=f"/warehouse/{row.code}?v={row.version}",
            className="made-standing",
        )
        for row in standing[:2]
    ]
    if standing and not n_faults:
        state = say("factory.ready_again", language)
    name = one.blueprint.name or say("factory.unnamed", language)
    sure = html.Button(
        say("factory.delete_sure", language), id={"type": "made-drop", "id": one.id}, className="button button-danger"
    )
    return html.Article(
        [
            dcc.Link(html.H3(f"{one.blueprint.code} {name}"), href=f"{PATH}/{one.id}"),
            html.P(in_warehouse) if in_warehouse else None,
            html.P(state, className="muted" if n_faults or standing else "made-ready"),
            html.P(say("factory.changed", language, when=minute(one.changed_at)), className="muted small"),
            html.Details(
                [
                    html.Summary(say("factory.delete", language), className="button"),
                    html.P(say("factory.delete_what", language), className="small"),
                    sure,
                ],
                className="admin-guarded",
            ),
        ],
        className="card made-draft",
    )


def begun() -> str:
    """Begin a draft; the address of its first step."""
    with visitor.acting() as session:
        return f"{PATH}/{new_draft(session, visitor.visitor(), at=utc_now())}"


def dropped(number: int, language: str) -> list[Any]:
    """Throw a draft away; the list as it then is."""
    with visitor.acting() as session:
        delete_draft(session, number, visitor.visitor(), at=utc_now())
    return listing(language)


# ---- one draft -------------------------------------------------------------------------------------------------------


def bench_of(number: int, language: str, step: str = "") -> Bench:
    """What the forms of a draft are drawn from. Raises: NotFound for another's draft."""
    with visitor.seen() as session:
        draft = read_draft(session, number, visitor.visitor())
        filed = select(DatasetFiling.name, func.sum(DatasetFiling.n_rows)).where(DatasetFiling.kind == "register")
        n_rows = {name: int(n) for name, n in session.execute(filed.group_by(DatasetFiling.name))}
        registers, person = registers_of(session), visitor.visitor()
        # Whether a column holds places is told by its values: looked at only where they are offered.
        places = place_options(session, draft.blueprint, registers, person, language) if step == "grouping" else ()
        return Bench(draft.id, draft.blueprint, registers, n_rows, language, places)


def editor(number: int, step: str, language: str) -> html.Div:
    """A draft at a step: the steps across the top, the form on the left, what it would find on the right."""
    bench = bench_of(number, language, step)
    place = STEPS.index(step)
    live: dict[str, Any] = {"aria-live": "polite"}
    hint = say("factory.save_hint" if step == STEPS[-1] else "factory.kept", language)
    back = dcc.Link(say("factory.back", language), href=_at(number, STEPS[place - 1]), className="button")
    last = place == len(STEPS) - 1
    onward = (
        html.Button(say("factory.save", language), id="factory-save", className="button-main big", type="button")
        if last
        else dcc.Link(say("factory.next", language), href=_at(number, STEPS[place + 1]), className="button-main")
    )
    return html.Div(
        [
            dcc.Store(id="factory-draft", data={"id": number, "step": step}),
            dcc.Store(id="factory-changed", data=0),
            dcc.Location(id="factory-saved", refresh="callback-nav"),
            html.Div(steps_bar(bench, step), id="factory-steps"),
            html.P(id="factory-refused", className="error", role="alert"),
            html.Div(
                [
                    html.Section(
                        [
                            html.H1(say(f"factory.ask_{step}", language)),
                            html.Div(form_of(step, bench), id="factory-form", className="made-form"),
                            html.Div([back if place else None, onward], className="buttons made-way"),
                            html.Div(id="factory-save-refused", className="error", role="alert"),
                            html.P(hint, className="muted small"),
                        ],
                        className="card made-left",
                    ),
                    html.Section(
                        [
                            html.H2(say("factory.look", language)),
                            dcc.Loading(
                                html.Div(id="factory-look", className="made-look"), delay_show=400, type="dot",
                                overlay_style={"visibility": "visible", "opacity": 0.4},
                            ),
                        ],
                        className="card made-right",
                        **live,
                    ),
                ],
                className="made-columns",
            ),
            html.Section(
                [
                    html.H2(say("factory.picture", language)),
                    html.Div(id="factory-picture"),
                ], className="card made-picture"
            ),
        ],
        className="made",
    )  # fmt: skip


def _at(number: int, step: str) -> str:
    return f"{PATH}/{number}?step={step}"


def steps_bar(bench: Bench, here: str) -> html.Nav:
    """The steps, each with what it still lacks."""
    language = bench.language
    faults = faults_of(bench.blueprint, bench.registers)
    items, settled = [], True
    for number, step in enumerate(STEPS, 1):
        n = sum(one.step == step for one in faults)
        settled = settled and not n  # what comes after an open step is not settled yet
        mark = say("factory.lacks", language, n=n) if n else ""
        current: dict[str, Any] = {"aria-current": "step"} if step == here else {}
        parts = [
            html.Span(str(number), className="made-number"),
            html.Span(say(f"factory.step_{step}", language)),
            html.Span(mark, className="made-lacks") if mark else None,
        ]
        items.append(
            html.A(
                parts,
                href=_at(bench.draft_id, step),
                className=_look_of(step == here, settled and _is_set(bench, step)),
                **current,
            )
        )
    name = html.Span(f"{bench.blueprint.code} {bench.blueprint.name}", className="made-name")
    away = dcc.Link(say("factory.all_drafts", language), href=PATH, className="button")
    spoken: dict[str, Any] = {"aria-label": say("factory.steps", language)}
    return html.Nav([*items, name, away], className="made-steps", **spoken)


def _is_set(bench: Bench, step: str) -> bool:
    """Whether something was chosen at a step: one without a choice lacks nothing, but is not done either."""
    made = bench.blueprint
    if step == "matches":
        return made.expert or bool(made.joins)
    if step == "conditions":
        return made.expert or bool(made.all_of or made.any_of) or made.at_least_value.strip() not in ("", "1")
    return True


def _look_of(here: bool, settled: bool) -> str:
    return " ".join(["made-step", *(["made-here"] if here else []), *(["made-done"] if settled else [])])


def changed(number: int, path: str, value: object, language: str, step: str = "") -> Bench:
    """Keep one choice of a draft; what the forms are then drawn from."""
    kept = "" if value in (None, "-") else value
    with visitor.acting() as session:
        change_draft(
            session, number, visitor.visitor(), path, kept, registers=registers_of(session), at=utc_now()
        )  # fmt: skip
    return bench_of(number, language, step)


def listed_changed(number: int, deed: str, path: str, language: str, step: str = "") -> Bench:
    """Add an entry to a list of a draft, or take one away."""
    name = path.split(".")[-2]
    value = NEW.get(name) if deed == "add" else None
    with visitor.acting() as session:
        change_draft(session, number, visitor.visitor(), path, value, registers=registers_of(session), at=utc_now())
    return bench_of(number, language, step)


def is_kept(bench: Bench, path: str, value: object) -> bool:
    """Whether the draft holds this value already: a form that is drawn anew tells all of its fields once."""
    held: Any = bench.blueprint
    for step in path.split("."):
        held = held[int(step)] if isinstance(held, tuple) and int(step) < len(held) else getattr(held, step, None)
    wanted = tuple(value) if isinstance(value, list) else "" if value in (None, "-") else value
    return bool(held == wanted)


def saved(number: int) -> str:
    """Put the draft into the warehouse; the address of its card there."""
    with visitor.acting() as session:
        row = finish(session, number, visitor.visitor(), registers=registers_of(session), at=utc_now())
        return f"/warehouse/{row.code}?v={row.version}"


def not_saved(number: int, language: str) -> tuple[list[Any], list[Any]] | None:
    """The last step with what is missing marked, and a list that leads to each; None where nothing is missing."""
    bench = bench_of(number, language)
    faults = faults_of(bench.blueprint, bench.registers)
    if not faults:
        return None
    bench = replace(bench, lacking=frozenset(one.field for one in faults if one.field))
    lines = [
        html.Li(said if one.step == STEPS[-1] else dcc.Link(said, href=_at(number, one.step)))
        for one in faults
        for said in (one.zh if language == "zh" else one.en,)
    ]
    return form_of(STEPS[-1], bench), [say("factory.save_lacks", language, n=len(faults)), html.Ul(lines)]


def seen_now(number: int, language: str, now: datetime) -> tuple[list[Any], Any]:
    """The panel of what would be found now, and the diagram of the model as it stands."""
    try:
        with visitor.seen() as session:
            blueprint, registers = read_draft(session, number, visitor.visitor()).blueprint, registers_of(session)
            card = card_to_try(blueprint, registers)
            picture = diagram(card, language) if isinstance(card, Card) else None
            region = visitor.visitor().regions("models")[0] if blueprint.region and not blueprint.expert else ""
            found = preview(session, card, as_of=now, region=region)
            codes = {one.region for one in found.shown} | {code for code, _ in found.regions} | {region}
            names = place_names(session, codes - {""})
            return look(found, registers, names, shanghai_day(now), language, region=region), picture
    except NotFound:
        raise
    except MingjingError as error:
        return failed(error.words(language), language), no_update


def answer(
    triggered: list[dict[str, Any]], texts: list[dict[str, Any]], draft: object, n: int, language: str
) -> tuple[Any, Any, Any, Any]:
    """Keep what was changed. Returns the form where it is drawn anew, the steps, a number to look by, the refusal."""
    number, step = _number(draft), _step(draft)
    nothing = (no_update, no_update, no_update, no_update)
    redraw, did = False, False
    try:
        bench = bench_of(number, language, step)
        for one in triggered:
            key = _id_of(one["prop_id"])
            if key.get("type") == "made-do" and one["value"]:
                bench, redraw, did = listed_changed(number, key["deed"], key["path"], language, step), True, True
            elif key.get("type") in ("made", "made-text"):
                value = one["value"] if key["type"] == "made" else _text_of(texts, key["path"])
                if not is_kept(bench, key["path"], value):
                    bench, did = changed(number, key["path"], value, language, step), True
                    redraw = redraw or key["path"].rpartition(".")[2] in _REDRAWN
    except MingjingError as error:
        return no_update, no_update, no_update, error.words(language)
    if not did:
        return nothing
    return form_of(step, bench) if redraw else no_update, steps_bar(bench, step), n + 1, ""


def _number(draft: object) -> int:
    """The draft's number out of the page's store; 0, which no draft has, for anything else."""
    found = draft.get("id") if isinstance(draft, dict) else None
    return found if isinstance(found, int) else 0


def _step(draft: object) -> str:
    found = draft.get("step") if isinstance(draft, dict) else None
    return found if found in STEPS else STEPS[0]


def _id_of(prop: str) -> dict[str, Any]:
    """The id of a field out of what Dash calls its property: `{"path":"main","type":"made"}.value`."""
    found: dict[str, Any] = json.loads(prop.rpartition(".")[0])
    return found


def _text_of(texts: list[dict[str, Any]], path: str) -> object:
    return next((one.get("value") for one in texts if one["id"]["path"] == path), None)


def register(app: Dash) -> None:
    """File the pages, keep every choice, look for hits."""
    dash.register_page(__name__, path=PATH, layout=layout, title="明镜 · 模型工厂")  # type: ignore[no-untyped-call]
    dash.register_page(  # type: ignore[no-untyped-call]
        f"{__name__}_draft", path_template=f"{PATH}/<draft>", layout=layout, title="明镜 · 模型工厂"
    )

    @app.callback(
        Output("factory-form", "children"),
        Output("factory-steps", "children"),
        Output("factory-changed", "data"),
        Output("factory-refused", "children"),
        Input({"type": "made", "path": ALL}, "value"),
        Input({"type": "made-text", "path": ALL}, "n_blur"),
        Input({"type": "made-do", "deed": ALL, "path": ALL}, "n_clicks"),
        State({"type": "made-text", "path": ALL}, "value"),
        State("factory-draft", "data"),
        State("factory-changed", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _choose(_v: Any, _b: Any, _n: Any, _t: Any, draft: object, n: int | None, lang: str) -> Any:
        return answer(dash.ctx.triggered, dash.ctx.states_list[0], draft, n or 0, shell.language_of(lang))

    @app.callback(
        Output("factory-look", "children"),
        Output("factory-picture", "children"),
        Input("factory-changed", "data"),
        State("factory-draft", "data"),
        State("language", "data"),
    )
    def _look(_n: int | None, draft: object, lang: str) -> Any:
        return seen_now(_number(draft), shell.language_of(lang), utc_now())

    @app.callback(
        Output("factory-list", "children"),
        Output("factory-go", "href"),
        Input("factory-new", "n_clicks"),
        Input({"type": "made-drop", "id": ALL}, "n_clicks"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _list(n_new: int | None, n_drops: list[int | None], lang: str) -> Any:
        if not (n_new or any(n_drops)):
            return no_update, no_update
        pressed, language = dash.ctx.triggered_id, shell.language_of(lang)
        try:
            if pressed == "factory-new":
                return no_update, begun()
            return dropped(int(pressed["id"]), language), no_update
        except MingjingError as error:
            return listing(language, refused=error.words(language)), no_update

    @app.callback(
        Output("factory-saved", "href"),
        Output("factory-save-refused", "children"),
        Output("factory-form", "children", allow_duplicate=True),
        Input("factory-save", "n_clicks"),
        State("factory-draft", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _save(n: int | None, draft: object, lang: str) -> Any:
        if not n:
            return no_update, no_update, no_update
        language = shell.language_of(lang)
        try:
            if (lacks := not_saved(_number(draft), language)) is not None:
                return no_update, lacks[1], lacks[0]
            return saved(_number(draft)), "", no_update
        except MingjingError as error:
            return no_update, error.words(language), no_update
