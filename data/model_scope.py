"""Where a supervision model raises alerts: widened from street to district to city, each step approved (H-36)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.four_eyes import accounts_of
from data.model_life import LEAST_REASON, live, record
from data.model_tables import ScopeRequest
from data.rights import Person
from data.tables import Region, SupervisionModel
from data.written import written


def asked(session: Session, code: str) -> ScopeRequest | None:
    """The request about a supervision model that waits to be decided."""
    query = select(ScopeRequest).where(ScopeRequest.code == code, ScopeRequest.state == "asked")
    return session.scalars(query.limit(1)).first()


def ask(session: Session, code: str, region: str, reason: str, person: Person, *, at: datetime) -> ScopeRequest:
    """Ask that a live supervision model raise alerts in a wider region.

    Raises: NotFound, NotPermitted without the right to write supervision models where it is active now, InputRefused
    for a region that is not wider, TransitionRefused where a request waits already.
    """
    row = _live(session, code)
    if not person.covers(row.region_code, "models"):
        person.must("models")
        raise NotPermitted(
            f"{person.code} has no post for the region of {code}.", f"{person.name}的岗位不覆盖 {code} 的现有范围。"
        )
    if (
        region == row.region_code
        or not row.region_code.startswith(region)
        or (region and not session.get(Region, region))
    ):
        raise InputRefused(
            f"Region {region or '(whole office)'} is not wider than {row.region_code or '(whole office)'}. Choose one "
            "that contains it.",
            "所选范围应包含现有范围，请重新选择。",
        )
    if asked(session, code) is not None:
        raise TransitionRefused(f"A request about {code} waits already.", f"{code} 已有待审批的扩大范围申请。")
    made = ScopeRequest(
        code=code, region_code=region, reason=written(reason, name="reason", least=LEAST_REASON, most=500),
        asked_by=person.code, asked_at=at, state="asked", decision="",
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, row, "scope_asked", person, at=at, note=f"{region or '全部地区'}：{made.reason}")
    return made


def decide(
    session: Session, code: str, person: Person, *, approve: bool, at: datetime, decision: str = ""
) -> SupervisionModel:
    """Approve the request that waits, or refuse it: somebody whose post covers the wider region, not who asked.

    Raises: NotFound, NotPermitted, TransitionRefused, InputRefused where a refusal gives no reason.
    """
    row, request = _live(session, code), asked(session, code)
    if request is None:
        raise NotFound(f"No request about {code} waits.", f"{code} 没有待审批的扩大范围申请。")
    if not person.covers(request.region_code, "approve_models"):
        raise NotPermitted(
            f"{person.code} has no post that approves supervision models over the wider region.",
            f"{person.name}的岗位不覆盖拟扩大的范围，不能审批。",
        )
    if accounts_of(session, person) & {request.asked_by, row.author}:
        raise TransitionRefused(
            f"You wrote {code} or asked for this yourself; a second person must decide.",
            f"{code} 由您编写或申请扩大范围，须由另一人审批。",
        )
    request.decision = written(decision, name="decision", least=0 if approve else LEAST_REASON, most=500)
    request.state, request.decided_by, request.decided_at = "approved" if approve else "refused", person.code, at
    if approve:
        row.region_code = request.region_code
    session.flush()
    record(session, row, "widened" if approve else "not_widened", person, at=at, note=request.decision)
    return row


def _live(session: Session, code: str) -> SupervisionModel:
    row = live(session, code)
    if row is None:
        raise NotFound(f"{code} is not active.", f"{code} 未启用。")
    return row
