"""Importing a register: what is this file understood to be, what must I settle, and what would be stored?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.attachment_list import uploader
from dashboard.import_steps import REPLACE, done, understood_parts
from dashboard.register_files import answer_uploads
from dashboard.words import say
from data import pending_uploads
from data.errors import MingjingError
from data.office_time import utc_now
from data.register_catalogue import registers_of
from data.upload import store, understand
from data.upload_decisions import decisions_of, own_register
from data.upload_understood import Understood
from data.upload_versions import usual_key

RIGHT = "registers"
KINDS = ("csv", "xlsx", "xls", "txt", "tsv", "parquet", "jsonl", "zip", "gz")
OWN = "-"
"""What is chosen for a register of the office's own that is not described yet."""
_SETTLED = {"type": "import-settle", "kind": ALL, "about": ALL}


def layout(lang: str | None = None, register: str = "", draft: str = "", **_query: Any) -> html.Div:
    """The wizard. `register`: the one the file is a new version of; `draft`: the factory's draft it is uploaded for."""
    language = shell.language_of(lang)
    return shell.frame("registers", language, html.Div(body(register, language, draft), className="work"))


def _is_draft(draft: str) -> bool:
    return draft.isascii() and draft.isdigit()


def _way_back(draft: str, language: str) -> dcc.Link:
    if _is_draft(draft):
        return dcc.Link(say("registers.back_to_model", language), href=f"/factory/{draft}", className="button-main")
    return dcc.Link(say("registers.back", language), href="/registers", className="button")


def choices(language: str) -> list[dict[str, str]]:
    """Which register a file can be of: a new one first."""
    with visitor.seen() as session:
        known = registers_of(session)
    names = {one.code: one.name if language == "zh" else one.name_en for one in known.values()}
    options = [{"label": say("registers.own", language), "value": OWN}]
    return [*options, *({"label": f"{name} · {known[key].supplier}", "value": key, "search": f"{name} {key}"}
                        for key, name in names.items())]  # fmt: skip


def body(code: str, language: str, draft: str = "") -> list[Any]:
    """The page below the header: the file first; what it is understood to be follows."""
    options, kinds = choices(language), list(KINDS)
    known = {one["value"] for one in options}
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H1(say("registers.import_title", language)),
                        html.P(say("registers.import_lead", language), className="lead"),
                    ]
                ),
                _way_back(draft, language),
            ],
            className="work-head",
        ),
        html.Section(
            [
                html.H2(say("registers.step_file", language)),
                html.Div(
                    [
                        html.Label(say("registers.which", language), htmlFor="import-register", className="label"),
                        dcc.Dropdown(
                            id="import-register",
                            options=options,
                            value=code if code in known else OWN,
                            clearable=False,
                            optionHeight=36,
                        ),
                    ],
                    className="admin-choice",
                ),
                uploader(
                    language,
                    "/register-import/file",
                    told="import-arrived",
                    kinds=kinds,
                    most=pending_uploads.MOST_BYTES,
                    words="registers.choose_file",
                ),
                dcc.Store(id="import-arrived"),
                dcc.Store(id="import-draft", data=draft),
                html.P(id="import-refused", className="error", role="alert"),
            ],
            className="card import-file",
        ),
        dcc.Loading(
            html.Div(id="import-seen", className="work"),
            custom_spinner=html.P(say("registers.reading", language), className="card muted", role="status"),
            delay_show=400,
        ),
        # Why it was not stored stands at the button that was pressed, a screen below the file.
        html.P(id="import-store-refused", className="error", role="alert"),
    ]


def read(code: object, settled: Mapping[str, Any]) -> Understood:
    """What the visitor's file is understood to be, with what was settled so far. Raises what refuses it."""
    person = visitor.visitor()
    path = pending_uploads.pending(person.code)
    register = None if code in (None, "", OWN) else str(code)
    with visitor.seen() as session:
        decisions = decisions_of(settled)
        if register is not None:
            return understand(session, path, register, decisions)
        proposed = understand(session, path, None, decisions)
        own = own_register(proposed.register, settled, usual_key(proposed))
        return understand(session, path, own, decisions) if own != proposed.register else proposed


def seen(code: object, settled: Mapping[str, Any], language: str) -> list[Any]:
    """Everything that is said about the file, and the form to store it."""
    understood = read(code, settled)
    with visitor.seen() as session:
        return understood_parts(session, understood, settled, language)


def keep(code: object, settled: Mapping[str, Any], language: str, draft: str = "") -> list[Any]:
    """Store the file as it was understood; the page as it then is. Raises what refuses it."""
    understood, person = read(code, settled), visitor.visitor()
    with visitor.acting() as session:
        filing = store(
            session,
            understood,
            person,
            at=utc_now(),
            legal_basis=str(settled.get("legal_basis|") or ""),
            purpose=str(settled.get("purpose|") or ""),
            supplier=str(settled.get("supplier|") or ""),
            replaces=settled.get("versions|") == REPLACE,
        )
        content = done(filing, understood, language, _way_back(draft, language) if _is_draft(draft) else None)
    pending_uploads.drop(person.code)
    return content


def settled_of(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`kind|about` -> value of every control of the form."""
    return {f"{one['id']['kind']}|{one['id']['about']}": one.get("value") for one in states if "id" in one}


def register(app: Dash) -> None:
    """File the page, take its file, show what it is and store it."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/register-import", layout=layout, title="明镜 · 导入数据"
    )
    answer_uploads(app)

    @app.callback(
        Output("import-seen", "children"),
        Output("import-refused", "children"),
        Output("import-store-refused", "children"),
        Output("import-register", "options"),
        Input("import-arrived", "data"),
        Input("import-register", "value"),
        Input({"type": "import-do", "deed": ALL}, "n_clicks"),
        State(_SETTLED, "value"),
        State("import-draft", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _seen(arrived: Any, code: Any, clicks: Any, _values: Any, draft: Any, lang: str) -> Any:
        language, pressed = shell.language_of(lang), ctx.triggered_id
        if not arrived or (isinstance(pressed, dict) and not any(clicks or ())):
            return no_update, no_update, no_update, no_update
        settled = settled_of(ctx.states_list[0]) if isinstance(pressed, dict) else {}
        try:
            if isinstance(pressed, dict) and pressed["deed"] == "store":
                return keep(code, settled, language, str(draft or "")), "", no_update, choices(language)
            return seen(code, settled, language), "", no_update, no_update
        except MingjingError as error:
            if isinstance(pressed, dict):
                return no_update, "", error.words(language), no_update
            return [], error.words(language), no_update, no_update
