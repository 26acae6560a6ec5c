"""Where a version of a supervision model stands, and the one next step for whoever looks at it."""

from collections.abc import Sequence
from typing import Any

from dash import html
from sqlalchemy.orm import Session

from dashboard.administration import button, guarded, refusal, text
from dashboard.formats import day
from dashboard.model_badges import status_words
from dashboard.model_trial import figures
from dashboard.words import say
from data.actors import names
from data.back_test import newest, to_judge
from data.errors import MingjingError
from data.model_life import refusal as refused
from data.model_requirements import Unmet, last_back_test, unmet
from data.model_states import MODEL_TRANSITIONS
from data.model_tables import BackTest
from data.office_time import utc_now
from data.rights import Person
from data.tables import SupervisionModel

FORMS: dict[str, Sequence[str]] = {"model-try": ()}
FORMS |= {f"model-{one.action}": ("why",) * one.says_why for one in MODEL_TRANSITIONS if "system" not in one.rights}
"""Forms of the life bar and their fields."""
_STEPS = ("draft", "back_test", "sample", "submitted", "active")
_MAIN = ("submitted", "activated", "resumed")
_GRAVE = ("retired", "discarded")


def life(session: Session, row: SupervisionModel, person: Person, language: str) -> html.Section:
    """The life bar with the one next step; what else can be done stands behind a second step."""
    now = utc_now()
    missing = unmet(session, row, at=now) if row.status == "draft" else []
    possible = [
        one.action
        for one in MODEL_TRANSITIONS
        if row.status in one.sources
        and "system" not in one.rights
        and _offered(refused(session, row, one.action, person, at=now), one.action, missing)
    ]
    main = [_main(one, language) for one in possible if one in _MAIN and not (one == "submitted" and missing)]
    others = [_behind(one, language) for one in possible if one not in _MAIN]
    return html.Section(
        [
            _bar(row, missing, language),
            html.P(_said(session, row, missing, person, language), className="model-next", role="status"),
            html.Div([*_trial(session, row, missing, possible, language), *main], className="buttons"),
            html.Div(others, className="buttons model-others"),
        ],
        className="card model-life",
    )


def _offered(error: MingjingError | None, action: str, missing: Sequence[Unmet]) -> bool:
    """What cannot be done is not offered, but for a submission that only waits for its requirements."""
    return error is None or (action == "submitted" and bool(missing) and "尚不能" in error.zh)


def _reached(row: SupervisionModel, missing: Sequence[Unmet]) -> int:
    if row.status == "draft":
        lacks = {one.code for one in missing}
        return 1 if "back_test" in lacks else 2 if "sample" in lacks else 3
    return {"submitted": 3}.get(row.status, 4)


def _bar(row: SupervisionModel, missing: Sequence[Unmet], language: str) -> html.Ol:
    reached = _reached(row, missing)
    steps = []
    for number, name in enumerate(_STEPS):
        words = say(f"warehouse.step_{name}", language)
        if name == "active" and row.status not in ("draft", "submitted", "active"):
            words = status_words(row.status, language)
        here: dict[str, Any] = {"aria-current": "step"} if number == reached else {}
        look = "done" if number < reached else "here" if number == reached else "ahead"
        steps.append(html.Li([html.Span(className="model-dot"), words], className=f"model-step {look}", **here))
    return html.Ol(steps, className="model-steps")


def _said(session: Session, row: SupervisionModel, missing: Sequence[Unmet], person: Person, language: str) -> str:
    """One sentence: what happens next, and by whom."""
    if row.status == "draft":
        test = newest(session, row.code, row.version)
        if test is not None and test.state in ("waiting", "running"):
            return say("warehouse.next_running", language, n=test.n_done, total=test.n_total)
        if not missing:
            return say("warehouse.next_submit", language) + _figures(session, row, language)
        if missing[-1].code == "sample" and test is not None and to_judge(session, test, person):
            return say("warehouse.next_judge", language)
        waits = ("；" if language == "zh" else "; ").join(_to_do(one, language) for one in missing)
        returned = say("warehouse.returned", language, why=row.note) if row.note else ""
        judges = say("warehouse.next_judges", language) if missing[-1].code == "sample" else ""
        return returned + say("warehouse.next_draft", language, missing=waits) + judges
    by = names(session, [row.approved_by], language=language).get(row.approved_by or "", "")
    values = {"why": row.note, "day": day(row.activated_at or row.submitted_at), "by": by}
    if row.status == "active" and not row.approved_by:
        return say("warehouse.next_active_before", language)
    words = say(f"warehouse.next_{row.status}", language, **values)
    return words + _figures(session, row, language) if row.status == "submitted" else words


def _to_do(one: Unmet, language: str) -> str:
    """What is to be done about a requirement that is not met; that of the sample says how many rows are left."""
    if one.code == "sample":
        return say("warehouse.todo_sample", language, left=one.zh if language == "zh" else one.en)
    return say(f"warehouse.todo_{one.code}", language)


def _figures(session: Session, row: SupervisionModel, language: str) -> str:
    """What the back-test came to, for whoever submits or approves; whoever judges the sample does not see it."""
    test = last_back_test(session, row)
    words = "" if test is None else figures(session, test, language)
    return f" {words}" if language != "zh" and words else words


def _trial(
    session: Session, row: SupervisionModel, missing: Sequence[Unmet], possible: Sequence[str], language: str
) -> list[Any]:
    test = newest(session, row.code, row.version)
    if row.status != "draft" or "submitted" not in possible or (test and test.state in ("waiting", "running")):
        return []
    if any(one.code == "back_test" for one in missing):
        return [button("model-try", say("warehouse.try", language), style="button-main big"), refusal("model-try")]
    return []


def _main(action: str, language: str) -> html.Div:
    style = "button-main big"
    words = say(f"warehouse.do_{action}", language)
    return html.Div([button(f"model-{action}", words, style=style), refusal(f"model-{action}")])


def _behind(action: str, language: str) -> html.Details:
    form = f"model-{action}"
    fields = [text(form, "why", say("warehouse.why", language), most=500)] if FORMS[form] else []
    words = say(f"warehouse.do_{action}", language)
    return guarded(form, words, say(f"warehouse.sure_{action}", language), fields, words, danger=action in _GRAVE)


def is_running(test: BackTest | None) -> bool:
    """Whether a back-test is under way, so that a page should look again."""
    return test is not None and test.state in ("waiting", "running")
