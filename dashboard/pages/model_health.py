"""Model health: is the order worth following, can its likelihoods be believed, and who put which risk model live?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import Dash, dcc, html
from flask import Response, request
from sqlalchemy.orm import Session

from dashboard import model_card_file, shell, visitor
from dashboard.administration import Asked, Deed, Done, Given, View, add_forms, read_view, said
from dashboard.model_health import Shown, calibration, drift, gain, headline
from dashboard.model_health_groups import groups, importance, swarm, weak
from dashboard.model_health_life import columns, compared, switch, versions
from dashboard.words import say
from data import risk_models
from data.errors import MingjingError, NotFound
from data.office_time import utc_now

RIGHT = ("see", "verify", "models", "approve_models", "risk_models")
PATH = "/model-health"
_VIEW = ("model",)
FORMS: Mapping[str, Sequence[str]] = {
    "risk-promote": ("why",),
    "risk-back": ("why",),
    "risk-withdraw": ("why",),
    "risk-restore": ("why",),
    "risk-allow": ("column", "why"),
    "risk-hold": ("column", "why"),
}
"""Forms of the page and their fields."""


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """The live risk model, or that of `model`."""
    language = shell.language_of(lang)
    content = html.Div(body(language, read_view(_VIEW, query)), id="risk-body", className="work health-page")
    return shell.frame("model_health", language, content)


def body(language: str, view: View, *, done: Done | None = None) -> list[Any]:
    """The page below the header; `done`: what was just done."""
    theme, person = shell.theme_of(), visitor.visitor()
    with visitor.seen() as session:
        shown = Shown.of(session, view.get("model", ""))
        store = dcc.Store(id="risk-view", data={"model": view.get("model", "")})
        if shown is None:
            return [store, html.H1(say("model_health.title", language)), *said(done, language),
                    html.P(say("model_health.none", language), className="card")]  # fmt: skip
        main = [
            calibration(shown, language, theme),
            gain(shown, language),
            drift(shown, language),
            groups(session, shown, language),
            swarm(session, shown, language, theme),
        ]
        beside = [
            compared(session, shown, person, language),
            weak(session, shown, language),
            columns(session, shown, person, language),
            importance(shown, language),
            versions(session, shown, language),
            switch(session, shown, person, language),
        ]
        head = headline(session, shown, language)
    return [
        store,
        *head,
        *said(done, language),
        html.Div(
            [html.Div([part for part in main if part], className="health-main"),
             html.Div([part for part in beside if part], className="health-beside")],
            className="health-columns",
        ),
    ]  # fmt: skip


# What is done


def answered(form: str, given: Given, view: View, language: str) -> list[Any]:
    """Do what a form asks for; the page as it then is. Raises MingjingError in words for the form."""
    visitor.permit(RIGHT)
    with visitor.acting() as session:
        done = _DEEDS[form](session, Asked(given, view, language))
    return body(language, done.view, done=done)


def _number(asked: Asked) -> int:
    value = asked.view.get("model", "")
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise NotFound("No risk model is chosen. Reload the page.", "没有选中模型，请刷新页面。")
    return int(value)


def _promote(session: Session, asked: Asked) -> Done:
    row = risk_models.promote(session, _number(asked), visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_promoted", asked.language, n=row.id))


def _back(session: Session, asked: Asked) -> Done:
    row = risk_models.roll_back(session, _number(asked), visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_rolled_back", asked.language, n=row.id))


def _withdraw(session: Session, asked: Asked) -> Done:
    risk_models.withdraw(session, visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_withdrawn", asked.language))


def _restore(session: Session, asked: Asked) -> Done:
    risk_models.restore(session, visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_restored", asked.language))


def _allow(session: Session, asked: Asked) -> Done:
    name = asked.told("column")
    risk_models.allow_column(session, name, visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_allowed", asked.language, column=name), view=asked.view)


def _hold(session: Session, asked: Asked) -> Done:
    name = asked.told("column")
    risk_models.hold_back_column(session, name, visitor.visitor(), at=utc_now(), reason=asked.told("why"))
    return Done(say("model_health.done_held", asked.language, column=name), view=asked.view)


_DEEDS: Mapping[str, Deed] = {
    "risk-promote": _promote,
    "risk-back": _back,
    "risk-withdraw": _withdraw,
    "risk-restore": _restore,
    "risk-allow": _allow,
    "risk-hold": _hold,
}


def register(app: Dash) -> None:
    """File the page, answer its forms and hand out model cards as files."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path=PATH, layout=layout, title="明镜 · 模型体检"
    )
    add_forms(app, "risk", FORMS, answered)

    def _file(number: str, kind: str) -> Response:
        language = shell.language_of(request.args.get("lang"))
        try:
            with visitor.seen() as session:
                if not (number.isascii() and number.isdecimal() and len(number) <= 9):
                    raise NotFound(f"There is no risk model {number[:20]!r}.", "没有这个风险模型。")
                content, media = model_card_file.written(session, int(number), kind, language)
        except MingjingError as error:
            return Response(error.words(language), status=404, mimetype="text/plain")
        response = Response(content, mimetype=media)
        response.headers["Content-Disposition"] = f'attachment; filename="risk-model-{number}.{kind}"'
        return response

    for kind in ("md", "json"):
        app.server.add_url_rule(
            f"{PATH}/card/<number>.{kind}", f"model_card_{kind}", lambda number, kind=kind: _file(number, kind)
        )
