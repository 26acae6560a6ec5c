"""The audit against the rest of the office: entries that what stands there implies, and what guards the entries.

A chain shows what is missing between its links; emptied together with its head it shows nothing. Source:
field/rules.md, 4.
"""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from data.errors import AuditBroken
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.tables import AlertEvent

_TRIGGERS = {
    "sqlite": ("audit_entry_no_update", "audit_entry_no_delete"),
    "postgresql": ("audit_entry_append_only", "audit_entry_no_truncate"),
}
_FILED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('audit_entry') AND tgenabled <> 'D'",
}
_LOOK = "alert.seen"
"""Entries about an alert that leave no event."""


def weigh(session: Session) -> None:
    """Hold the audit against accounts and events: each was put on record as it came to be.

    Raises AuditBroken where fewer entries are there than accounts, or than events of people who have an account.
    """
    codes = select(Account.code)
    accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    events = session.scalar(select(func.count()).where(AlertEvent.actor.in_(codes))) or 0
    # Counted after what they are held against, so that what others add meanwhile is no lack.
    created = session.scalar(select(func.count()).where(AuditEntry.action == "account.created")) or 0
    deeds = select(func.count()).where(AuditEntry.action.startswith("alert."), AuditEntry.action != _LOOK)
    done = session.scalar(deeds.where(AuditEntry.actor.in_(codes))) or 0
    _hold("accounts", "账号", accounts, created)
    _hold("deeds of people on alerts", "人员对预警的处置", events, done)


def _hold(what: str, zh: str, there: int, recorded: int) -> None:
    if recorded < there:
        raise AuditBroken(
            f"The office has {there} {what}, the audit has entries of {recorded}; entries were taken out and the "
            "chain's end was set by hand. Restore the database from the backup.",
            f"系统中有{zh} {there} 项，审计中仅有 {recorded} 项：审计记录被删除、链尾被人为改写，请从备份恢复数据库。",
        )


def lost_guards(session: Session) -> list[str]:
    """Triggers that refuse a change of entries and are not there any more; none where all are."""
    dialect = session.get_bind().dialect.name
    filed = set(session.scalars(text(_FILED[dialect])))
    return [name for name in _TRIGGERS[dialect] if name not in filed]
