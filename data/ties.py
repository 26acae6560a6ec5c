"""Ties (回避关系): what ties an account to a person or a unit, so that alerts about them are left to others.

What follows from them stands in `data.recusal`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from data import accounts, audit
from data.errors import InputRefused, NotFound
from data.identity import subject_key
from data.identity_numbers import read_number
from data.people_tables import RecusalTie
from data.rights import Person
from data.written import written

KINDS = ("kin", "household", "same_unit")


def declare(
    session: Session,
    by: Person,
    *,
    account: str,
    kind: str,
    number: str | None = None,
    unit_name: str | None = None,
    at: datetime,
) -> RecusalTie:
    """Put on record what ties an account to a person (by identity number) or a unit: declared by its holder, or found.

    Raises NotPermitted for anybody but the holder and the security administrator, InputRefused.
    """
    if by.code != account:
        by.must("grants")
    accounts.held(session, account)
    unit = written(unit_name or "", name="name", most=80)
    if kind not in KINDS or bool(number) == bool(unit):
        raise InputRefused(
            f"A tie of kind {kind!r} was declared; expected one of {', '.join(KINDS)}, with either an identity number "
            "or the name of a unit. Mend it.",
            "回避关系应选择亲属、同户或同单位，并填写身份证号或单位名称之一。",
        )
    tie = RecusalTie(
        account=account,
        kind=kind,
        subject_key=subject_key("person", read_number(number)) if number else None,
        unit_name=unit or None,
        noted_at=at,
        noted_by=by.code[:40],
    )
    session.add(tie)
    session.flush()
    said = {"kind": kind, "tie": tie.id}
    audit.note(session, by.code, "account.tie_declared", "account", account, at=at, address=by.address, detail=said)
    return tie


def withdraw(session: Session, by: Person, tie_id: int, *, at: datetime) -> None:
    """Take back a tie that was noted by mistake; the record keeps that it was there. Raises NotPermitted, NotFound."""
    by.must("grants")
    tie = session.get(RecusalTie, tie_id, with_for_update=True)
    if tie is None:
        raise NotFound(f"There is no tie {tie_id}. Choose one from the list.", f"没有第 {tie_id} 号回避关系。")
    accounts.not_oneself(by, tie.account)
    said = {"tie": tie_id, "kind": tie.kind, "unit": tie.unit_name, "noted_by": tie.noted_by}
    audit.note(session, by.code, "account.tie_withdrawn", "account", tie.account, at=at, address=by.address,
               detail={key: value for key, value in said.items() if value})  # fmt: skip
    session.delete(tie)
