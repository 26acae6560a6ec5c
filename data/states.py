"""The states of an alert and what leads from one to the next: who may, and when. docs/states.svg is drawn from it.

The field's six steps are 预警, 分办, 核查, 处置, 运用, 考核; the states are where an alert waits for somebody within the
first four. Every state has an owner, who is to act, and an exit. What people do goes through `data.loop` one by one; runs
and files write many at once (`data.raising`, `data.intake`, `data.feed_import`), and every change of theirs is a row of
this table too. Source: field/inventory.md, S-40; field/vocabulary.md, C.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from data.outcomes import OUTCOMES


@dataclass(frozen=True)
class State:
    """Where an alert stands, and who is to act next."""

    code: str
    name: str
    name_en: str
    step: str
    """Which of the six steps it belongs to."""
    owner: str
    """Right of whoever is to act (`data.rights`)."""
    days: int
    """Working days its owner has before it is overdue; 0: no due date, or that of the level."""


STATES: Mapping[str, State] = {
    state.code: state
    for state in (
        State("waiting", "待分办", "To be dispatched", "分办", "dispatch", 2),
        State("dispatched", "待签收", "To be signed for", "分办", "verify", 2),
        State("accepted", "待核查", "To be verified", "核查", "verify", 0),
        State("verifying", "核查中", "Being verified", "核查", "verify", 0),
        State("approving", "待审批", "To be approved", "核查", "approve", 3),
        State("held", "暂存待查", "Held", "核查", "verify", 60),
        State("rectifying", "处置中", "Being put right", "处置", "verify", 30),
        State("closed", "已办结", "Closed", "运用", "review", 0),
    )
}
TO_VERIFY = ("waiting", "dispatched", "accepted", "verifying", "approving")
"""No outcome yet and somebody's turn: what the queue shows and the wall counts as to be verified."""
FREE = ("waiting", "dispatched", "accepted")
"""Nobody has taken it."""
CONCLUDED = ("rectifying", "closed")
"""The outcome is known."""
NOT_CONCLUDED = tuple(code for code in STATES if code not in CONCLUDED)
DAYS_TO_VERIFY: Mapping[str, int] = {"red": 15, "orange": 28, "yellow": 42}
"""Working days from sign-in to the due date of the verification, by level."""
REMIND_DAYS = 3
"""Working days before a due date from which an alert is due soon and a reminder goes out. Source:
field/other-systems.md, 5.4."""
CONCLUSIONS = ("concluded", "eliminated", "reported", "imported")
"""Kinds of alert_event that give an alert its outcome."""


@dataclass(frozen=True)
class Transition:
    """What somebody does that moves an alert on."""

    action: str
    """Kind of the alert_event it leaves."""
    name: str
    name_en: str
    sources: tuple[str, ...]
    target: str
    right: str
    """Right that it takes (`data.rights`); `system` for what the office does by itself."""
    who: str = ""
    """Of those with the right: assignee; other (nobody who worked on the verdict); empty: everybody."""
    outcomes: tuple[str, ...] = ()
    """Outcomes it is for; empty: it gives none."""


_RIGHTED = ("C0", "C1", "C2", "C3", "G1")
_IMPORTED = tuple(code for code in OUTCOMES if code != "H1")
_OPEN = ("dispatched", "accepted", "verifying", "held")
# fmt: off
# ruff: noqa: E501
TRANSITIONS: tuple[Transition, ...] = (
    Transition("dispatched", "分办", "Dispatch", ("waiting",), "dispatched", "dispatch"),
    Transition("transferred", "转办", "Transfer", _OPEN, "dispatched", "dispatch"),
    Transition("sent_back", "退回分办", "Send back for dispatch", ("dispatched", "accepted"), "waiting", "verify"),
    Transition("signed_in", "签收", "Sign for", ("dispatched",), "accepted", "verify"),
    Transition("taken", "领取", "Take", ("dispatched", "accepted", "held"), "verifying", "verify"),
    Transition("assigned", "指派", "Assign", _OPEN, "verifying", "dispatch"),
    Transition("released", "放回", "Put back", ("verifying",), "accepted", "verify", "assignee"),
    Transition("put_back", "经办人离岗，放回", "Put back, its verifier left", ("verifying",), "accepted", "system"),
    Transition("held", "暂存待查", "Hold", ("verifying",), "held", "verify", "assignee", ("H1",)),
    Transition("concluded", "查实，转处置", "Conclude, to be put right", ("verifying",), "rectifying", "verify", "assignee", _RIGHTED),
    Transition("concluded", "办结", "Conclude", ("verifying",), "closed", "verify", "assignee", ("D1", "U1")),
    Transition("requested", "申请消除", "Request elimination", ("verifying",), "approving", "verify", "assignee"),
    Transition("withdrawn", "撤回申请", "Withdraw the request", ("approving",), "verifying", "verify", "assignee"),
    Transition("returned", "退回补充", "Return for more work", ("approving",), "verifying", "approve", "other"),
    Transition("eliminated", "批准消除", "Approve the elimination", ("approving",), "closed", "approve", "other", ("E1",)),
    Transition("downgraded", "降级", "Lower the level", ("rectifying",), "rectifying", "approve", "other"),
    Transition("handed_on", "移交处置", "Hand on", ("rectifying",), "rectifying", "dispatch"),
    Transition("rectified", "整改完成，办结", "Close as put right", ("rectifying",), "closed", "verify", "assignee"),
    Transition("reversed", "撤销结论，重新核查", "Reverse, to be verified again", CONCLUDED, "accepted", "review", "other"),
    Transition("reported", "来源系统查实，转处置", "Confirmed by the system that raised it", (*FREE, "held"), "rectifying", "system", outcomes=("CX",)),
    Transition("imported", "文件带来结论", "Concluded by an imported file", NOT_CONCLUDED, "closed", "system", outcomes=_IMPORTED),
    Transition("deferred", "文件标明暂存", "Held by an imported file", FREE, "held", "system", outcomes=("H1",)),
    Transition("reopened", "出现新数据，重新打开", "Reopen on new rows", ("closed",), "dispatched", "system"),
    Transition("unplaced", "无责任单位，待分办", "No unit on duty, to be dispatched", ("dispatched",), "waiting", "system"),
)
# fmt: on
