"""A supervision model: what does it compare, what came of it, and what is its next step?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import model_running, model_steps, model_trial, model_versions, shell, visitor
from dashboard.administration import Asked, Deed, Done, Given, View, add_forms, read_view, said
from dashboard.formats import day
from dashboard.model_badges import status_badge
from dashboard.model_page import basis, cases, elements, outcome, parameters
from dashboard.words import say
from data import back_fill, back_test, model_life, model_scope, schedule, shadow
from data.actors import names
from data.cards import DOMAINS, read_card
from data.errors import NotFound
from data.model_states import MODEL_TRANSITIONS
from data.office_time import utc_now
from data.tables import SupervisionModel, Unit
from data.warehouse import shown_of

RIGHT = ("see", "verify", "models", "approve_models")
_VIEW = ("code", "v", "compare")
LOOK_EVERY_MS = 1500
FORMS: Mapping[str, Sequence[str]] = {
    **model_steps.FORMS, **model_trial.FORMS, **model_running.FORMS, **model_versions.FORMS,
}  # fmt: skip
"""Forms of the page and their fields."""
_FOLLOW = """function(view) {
    if (view && view.moved) {
        history.replaceState(null, '', '/warehouse/' + view.code + '?v=' + view.v);
    }
    return window.dash_clientside.no_update;
}"""
"""Has the address follow a deed, such as a copy, so that what is shown can be reloaded and sent."""


def layout(code: str = "", lang: str | None = None, **query: Any) -> html.Div:
    """One supervision model in the version that counts, or in that of `v`, compared with that of `compare`."""
    language = shell.language_of(lang)
    view = read_view(_VIEW, {**query, "code": code})
    content = html.Div(body(language, view), id="model-body", className="work model-page")
    return shell.frame("warehouse", language, content)


def body(language: str, view: View, *, done: Done | None = None) -> list[Any]:
    """The page below the header; `done`: what was just done."""
    person = visitor.visitor()
    with visitor.seen() as session:
        row, other = _rows(session, view)
        card = read_card(row.card)
        judged = model_trial.next_row(session, row, person)
        main = [
            model_trial.sample(session, row, card, person, language),
            model_versions.compared(row, other, language),
            elements(card, language),
            *([] if judged else [outcome(session, row, card, language), cases(session, row.code, language)]),
            parameters(card, language),
            basis(card, language),
        ]
        beside = [
            # Whoever judges the sample sees neither outcomes nor what the others expect.
            None if judged else model_trial.back_test(session, row, language),
            model_running.shadowed(session, row, person, language),
            model_running.running(session, row, person, language),
            model_running.reach(session, row, person, language),
            model_running.suppressed(session, row.code, language),
            model_versions.versions(session, row, other, person, language),
            model_versions.as_text(session, row, person, language),
            model_versions.history(session, row.code, language),
        ]
        life = model_steps.life(session, row, person, language)
        head = _head(session, row, language)
        tried = back_test.newest(session, row.code, row.version)
    seen = {"code": row.code, "v": str(row.version), "compare": view.get("compare", "")}
    if done is not None:
        seen["moved"] = "yes"
    if judged is not None:
        seen |= {"test": str(judged[0].id), "row": str(judged[1]["number"])}
    waiting = model_steps.is_running(tried)
    return [
        dcc.Store(id="model-view", data=seen),
        dcc.Download(id="model-file"),
        dcc.Interval(id="model-look", interval=LOOK_EVERY_MS, disabled=not waiting),
        head,
        *said(done, language),
        life,
        html.Div(
            [html.Div(main, className="model-main"), html.Div(beside, className="model-beside")],
            className="model-columns",
        ),
    ]


def _rows(session: Session, view: View) -> tuple[SupervisionModel, SupervisionModel | None]:
    rows = session.scalars(select(SupervisionModel).where(SupervisionModel.code == view.get("code", "").upper())).all()
    by_version = {str(row.version): row for row in rows if row.card}
    if not by_version:
        raise NotFound(
            "There is no such supervision model. Choose one in the warehouse.", "该监督模型不存在，请在模型仓库中选择。"
        )
    row = by_version.get(view.get("v", "")) or shown_of(by_version.values())
    other = by_version.get(view.get("compare", ""))
    return row, other if other is not row else None


def _head(session: Session, row: SupervisionModel, language: str) -> html.Div:
    unit = session.get(Unit, row.unit_code) if row.unit_code else None
    by = names(session, [row.author], language=language).get(row.author, row.author)
    unit_name = (unit.name if language == "zh" else unit.name_en) if unit else say("warehouse.built_in", language)
    facts = [
        DOMAINS.get(row.domain_code, (row.domain_code,) * 2)[language != "zh"], unit_name,
        say("warehouse.written_by", language, name=by), say("warehouse.made", language, day=day(row.created_at)),
        say("warehouse.version", language, n=row.version),
    ]  # fmt: skip
    return html.Div(
        [
            dcc.Link(say("warehouse.back", language), href="/warehouse", className="small no-print"),
            html.H1([html.Span(row.code, className="code"), " ", row.name if language == "zh" else row.name_en]),
            html.P([shell.level_shape(row.level, language), status_badge(row.status, language), " · ".join(facts)],
                   className="lead model-facts"),
        ],
        className="model-head",
    )  # fmt: skip


# What is done


def answered(form: str, given: Given, view: View, language: str) -> list[Any]:
    """Do what a form asks for; the page as it then is. Raises MingjingError in words for the form."""
    visitor.permit(RIGHT)
    with visitor.acting() as session:
        done = _DEEDS[form](session, Asked(given, view, language))
    return body(language, done.view or view, done=done)


def _version_of(asked: Asked) -> tuple[str, int]:
    return asked.view.get("code", ""), _number(asked, "v")


def _number(asked: Asked, name: str) -> int:
    value = asked.view.get(name, "")
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise NotFound("Nothing is chosen. Reload the page.", "没有选中内容，请刷新页面。")
    return int(value)


def _step(action: str) -> Deed:
    def do(session: Session, asked: Asked) -> Done:
        code, version = _version_of(asked)
        model_life.advance(
            session, code, version, action, visitor.visitor(), at=utc_now(), note=asked.told("why")
        )  # fmt: skip
        return Done(say(f"warehouse.done_{action}", asked.language), view=asked.view)

    return do


def _judge(verdict: str) -> Deed:
    def do(session: Session, asked: Asked) -> Done:
        test, row = _number(asked, "test"), _number(asked, "row")
        back_test.judge(session, test, row, verdict, visitor.visitor(), at=utc_now())
        return Done(say("warehouse.done_judged", asked.language), view=asked.view)

    return do


def _try(session: Session, asked: Asked) -> Done:
    back_test.ask(session, *_version_of(asked), visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_try", asked.language), view=asked.view)


def _schedule(session: Session, asked: Asked) -> Done:
    day_ = asked.number("day", ("The day", "日期")) if asked.told("day") else 0
    schedule.put(session, asked.view.get("code", ""), asked.told("kind"), day_, visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_schedule", asked.language), view=asked.view)


def _fill(session: Session, asked: Asked) -> Done:
    made = back_fill.ask(session, asked.view.get("code", ""), visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_fill", asked.language, n=len(made)), view=asked.view)


def _widen(session: Session, asked: Asked) -> Done:
    region = asked.region() or ""
    model_scope.ask(session, asked.view.get("code", ""), region, asked.told("why"), visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_scope", asked.language), view=asked.view)


def _decide(*, approve: bool) -> Deed:
    def do(session: Session, asked: Asked) -> Done:
        model_scope.decide(
            session, asked.view.get("code", ""), visitor.visitor(), approve=approve, at=utc_now(),
            decision=asked.told("why"),
        )  # fmt: skip
        return Done(say(f"warehouse.done_scope_{'yes' if approve else 'no'}", asked.language), view=asked.view)

    return do


def _shadow(*, on: bool) -> Deed:
    def do(session: Session, asked: Asked) -> Done:
        shadow.switch(session, *_version_of(asked), visitor.visitor(), on=on, at=utc_now())
        return Done(say("warehouse.done_shadow" if on else "warehouse.done_unshadow", asked.language), view=asked.view)

    return do


def _new_version(session: Session, asked: Asked) -> Done:
    row = model_life.new_version(session, asked.view.get("code", ""), visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_version", asked.language, n=row.version), view=_view_of(row))


def _copy(session: Session, asked: Asked) -> Done:
    row = model_life.copy(session, *_version_of(asked), visitor.visitor(), at=utc_now(), new_code=asked.told("code"))
    return Done(say("warehouse.done_copy", asked.language, code=row.code), view=_view_of(row))


def _text(session: Session, asked: Asked) -> Done:
    code, version = _version_of(asked)
    model_life.find(session, code, version)
    row = model_life.save_draft(session, asked.told("text") + "\n", visitor.visitor(), at=utc_now())
    return Done(say("warehouse.done_text", asked.language), view=_view_of(row))


def _view_of(row: SupervisionModel) -> View:
    return {"code": row.code, "v": str(row.version)}


_DEEDS: Mapping[str, Deed] = {
    **{f"model-{one.action}": _step(one.action) for one in MODEL_TRANSITIONS if "system" not in one.rights},
    **{f"model-{verdict}": _judge(verdict) for verdict in back_test.VERDICTS},
    "model-try": _try,
    "model-schedule": _schedule,
    "model-fill": _fill,
    "model-scope": _widen,
    "model-scope-yes": _decide(approve=True),
    "model-scope-no": _decide(approve=False),
    "model-shadow": _shadow(on=True),
    "model-unshadow": _shadow(on=False),
    "model-version": _new_version,
    "model-copy": _copy,
    "model-text": _text,
}


def exported(view: View) -> dict[str, str]:
    """The card shown as a file, its text as it stands."""
    with visitor.seen() as session:
        row, _ = _rows(session, view)
        return {"content": row.card, "filename": f"{row.code}-v{row.version}.toml"}


def _known(view: object) -> View:
    return {str(k): str(v) for k, v in view.items()} if isinstance(view, dict) else {}


def register(app: Dash) -> None:
    """File the page, answer its forms, hand out the file and look at a back-test that runs."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/warehouse/<code>", layout=layout, title="明镜 · 监督模型"
    )
    add_forms(app, "model", FORMS, answered)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        _FOLLOW, Output("model-view", "storage_type"), Input("model-view", "data")
    )

    @app.callback(
        Output("model-file", "data"),
        Input("model-export", "n_clicks"),
        State("model-view", "data"),
        prevent_initial_call=True,
    )
    def _export(n_clicks: int | None, view: object) -> Any:
        return exported(_known(view)) if n_clicks else no_update

    @app.callback(
        Output("model-body", "children", allow_duplicate=True),
        Input("model-look", "n_intervals"),
        State("model-view", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _look(n_intervals: int | None, view: object, lang: str) -> Any:
        return body(shell.language_of(lang), _known(view)) if n_intervals else no_update
