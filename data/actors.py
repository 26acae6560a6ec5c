"""Who acted, in words: the names behind the codes that events and audit entries carry."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.people_tables import Account

SYSTEM = {
    "collision": ("数据碰撞", "Collision"),
    "dispatch": ("自动分办", "Dispatch"),
    "worker": ("系统", "The office itself"),
    "feed": ("数据导入", "Import"),
    "system": ("系统", "The office itself"),
    "command_line": ("服务器命令行", "Command line"),
    "unknown": ("未知来者", "Unknown"),
    "webhook": ("外部推送", "Webhook"),
    "api": ("外部接口", "Interface"),
    "demo": ("演示数据", "Demonstration"),
}
"""Actors that are no account; no account may take their codes."""
_TOKEN = "token:"  # noqa: S105  (a prefix)
_CHUNK = 500


def names(session: Session, codes: Iterable[str | None], *, language: str = "zh") -> dict[str, str]:
    """For each code the name of the account, part of the system or token behind it; a code nobody has, as it is."""
    wanted = sorted({code for code in codes if code})
    known: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        found = session.execute(
            select(Account.code, Account.name).where(Account.code.in_(wanted[start : start + _CHUNK]))
        )
        known |= dict(found.all())
    return {code: known.get(code) or _name(code, language) for code in wanted}


def _name(code: str, language: str) -> str:
    if code in SYSTEM:
        return SYSTEM[code][0 if language == "zh" else 1]
    return code.removeprefix(_TOKEN)
