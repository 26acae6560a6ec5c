"""The states of a supervision model's version and what leads from one to the next: who may, and who must be another.

What people do goes through `data.model_life`; every change of a version's state is a row of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelState:
    """Where a version of a supervision model stands."""

    code: str
    name: str
    name_en: str
    owner: str
    """Right of whoever is to act next (`data.rights`); empty: nobody has to."""


MODEL_STATES: Mapping[str, ModelState] = {
    state.code: state
    for state in (
        ModelState("draft", "草稿", "Draft", "models"),
        ModelState("submitted", "待审批", "To be approved", "approve_models"),
        ModelState("active", "运行中", "Active", ""),
        ModelState("paused", "已暂停", "Paused", "approve_models"),
        ModelState("retired", "已停用", "Retired", ""),
        ModelState("discarded", "已废弃", "Discarded", ""),
    )
}
LIVE = ("active", "paused")
"""States of the one version of a code that raises alerts, or would but for a pause."""
EVER_LIVE = (*LIVE, "retired")
UNDER_WAY = ("draft", "submitted")
"""States of a version that is not yet live: of a code there is at most one."""


@dataclass(frozen=True)
class ModelTransition:
    """What somebody does that moves a version on."""

    action: str
    """Kind of the model_event it leaves."""
    name: str
    name_en: str
    sources: tuple[str, ...]
    target: str
    rights: tuple[str, ...]
    """Rights of which it takes one (`data.rights`); `system` for what follows from another deed."""
    who: str = ""
    """Of those with the right: own (the author or somebody of the author's unit); other (nobody who wrote it, sent
    it or judged its whole sample alone); empty: everybody whose post covers the region."""
    says_why: bool = False
    """Whether a reason must be given."""


# fmt: off
# ruff: noqa: E501
MODEL_TRANSITIONS: tuple[ModelTransition, ...] = (
    ModelTransition("submitted", "提交审批", "Submit for approval", ("draft",), "submitted", ("models",), "own"),
    ModelTransition("withdrawn", "撤回", "Withdraw", ("submitted",), "draft", ("models",), "own"),
    ModelTransition("returned", "退回修改", "Return with a reason", ("submitted",), "draft", ("approve_models",), "other", says_why=True),
    ModelTransition("activated", "批准启用", "Approve and activate", ("submitted",), "active", ("approve_models",), "other"),
    ModelTransition("paused", "暂停", "Pause", ("active",), "paused", ("models", "approve_models"), says_why=True),
    ModelTransition("resumed", "恢复运行", "Resume", ("paused",), "active", ("approve_models",), "other"),
    ModelTransition("retired", "停用", "Retire", LIVE, "retired", ("approve_models",), says_why=True),
    ModelTransition("discarded", "废弃草稿", "Discard the draft", ("draft",), "discarded", ("models",), "own"),
    ModelTransition("superseded", "由新版本取代", "Superseded by a newer version", LIVE, "retired", ("system",)),
)
# fmt: on
