"""GET /codes: every code of the interface with its names."""

from typing import Any

import marshmallow as ma
from sqlalchemy import select

from dashboard.api.endpoints import ANY, Blueprint, endpoint, looking
from data.causes import causes
from data.intake import REPORTED
from data.outcomes import OUTCOMES
from data.states import STATES
from data.tables import Domain
from data.webhooks import KINDS

CODES = Blueprint("codes", "What the codes mean")
LEVEL_NAMES = (("red", "红", "Red"), ("orange", "橙", "Orange"), ("yellow", "黄", "Yellow"))
SUBJECT_KINDS = (
    ("person", "个人", "Person"),
    ("household", "家庭", "Household"),
    ("project", "工程项目", "Project"),
    ("village", "村（社区）", "Village"),
    ("enterprise", "企业", "Enterprise"),
    ("other", "其他", "Other"),
)


class CodeSchema(ma.Schema):
    """A code with its names."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class OutcomeCodeSchema(CodeSchema):
    """An outcome code, and what it counts as."""

    concluded = ma.fields.Boolean(required=True)
    confirmed = ma.fields.Boolean(required=True)
    reported = ma.fields.Boolean(required=True, metadata={"description": "whether POST /alerts/{id}/outcome takes it"})


class CodesSchema(ma.Schema):
    """Every code."""

    states = ma.fields.List(ma.fields.Nested(CodeSchema), required=True)
    outcomes = ma.fields.List(ma.fields.Nested(OutcomeCodeSchema), required=True)
    causes = ma.fields.List(ma.fields.Nested(CodeSchema), required=True)
    domains = ma.fields.List(ma.fields.Nested(CodeSchema), required=True)
    levels = ma.fields.List(ma.fields.Nested(CodeSchema), required=True)
    subject_kinds = ma.fields.List(ma.fields.Nested(CodeSchema), required=True)
    event_kinds = ma.fields.List(ma.fields.String(), required=True)


def _code(code: str, zh: str, en: str, **more: object) -> dict[str, Any]:
    return {"code": code, "zh": zh, "en": en, **more}


@endpoint(CODES, "GET", "/codes", scope=ANY, zh="状态、结论、原因、领域、等级等编码表", answer=CodesSchema)
def codes() -> dict[str, Any]:
    """What every code means, in Chinese and English."""
    with looking("codes") as session:
        domains = session.scalars(select(Domain).order_by(Domain.sort, Domain.code)).all()
    return {
        "states": [_code(one.code, one.name, one.name_en) for one in STATES.values()],
        "outcomes": [
            _code(o.code, o.name, o.name_en, concluded=o.concluded, confirmed=o.confirmed, reported=o.code in REPORTED)
            for o in OUTCOMES.values()
        ],
        "causes": [_code(one.code, one.name, one.name_en) for one in causes().values()],
        "domains": [_code(one.code, one.name, one.name_en) for one in domains],
        "levels": [_code(*names) for names in LEVEL_NAMES],
        "subject_kinds": [_code(*names) for names in SUBJECT_KINDS],
        "event_kinds": list(KINDS),
    }
