"""Roles, the rights they carry, and which alerts a person sees: need to know, by unit, region and domain.

A right is checked where something is done; the scope filter is put on every query of alerts by `seen_by`, so that a
query written tomorrow carries it too. Source: field/rules.md, 3 and 4; field/vocabulary.md, A.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, event, false, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from data.database import reading, writing
from data.errors import NotFound, NotPermitted
from data.people_tables import Account, Post
from data.queue import inside
from data.tables import Alert, Unit

_RIGHTS = (
    ("wall", "看大屏", "see the wall"),
    ("see", "看范围内的预警", "see alerts of its scope"),
    ("dispatch", "分办、转办、指派", "dispatch, transfer and assign"),
    ("verify", "签收、领取、核查、处置", "sign for, take, verify and put right"),
    ("approve", "审批消除申请、降级、人员查询", "approve eliminations, lower levels, approve person queries"),
    ("supervise", "督办", "order supervised handling"),
    ("review", "回头看、撤销结论", "look back and reverse verdicts"),
    ("assess", "看考核", "see the assessment"),
    ("unmask", "凭理由查看姓名和证号", "see names and numbers for a stated reason"),
    ("query_person", "申请人员查询", "ask for a person query"),
    ("answer", "答复发给本部门的情况说明", "answer what was sent to its department"),
    ("models", "编写监督模型", "write supervision models"),
    ("approve_models", "批准监督模型", "approve supervision models"),
    ("risk_models", "上线、回滚、停用风险模型", "put risk models live, roll back and withdraw scores"),
    ("registers", "导入、管理登记数据", "upload and keep registers"),
    ("accounts", "管理单位、账号、外部接口", "keep units, accounts and interfaces"),
    ("grants", "授予岗位、锁定账号、安全策略、令牌", "grant posts, block accounts, set policy, issue tokens"),
    ("audit", "查看、核验、导出审计记录", "read, verify and export the audit"),
)
RIGHTS: Mapping[str, str] = {code: name for code, name, _ in _RIGHTS}
"""What a person may do, in Chinese words."""
RIGHTS_EN: Mapping[str, str] = {code: name for code, _, name in _RIGHTS}


@dataclass(frozen=True)
class Role:
    """A role of a post: its rights, and how far it sees."""

    code: str
    name: str
    name_en: str
    rights: frozenset[str]
    sees: str
    """unit: alerts dispatched to the post's unit; region: those inside the post's region; nothing."""
    administers: bool = False
    """One of the three that exclude every other role."""


def _role(code: str, name: str, name_en: str, rights: str, sees: str, *, administers: bool = False) -> Role:
    return Role(code, name, name_en, frozenset(rights.split()), sees, administers)


ROLES: Mapping[str, Role] = {
    role.code: role
    for role in (
        _role("leader", "领导", "Leader", "wall see dispatch supervise assess", "region"),
        _role("inspector", "核查员", "Inspector", "wall see verify unmask query_person assess", "unit"),
        _role("approver", "审批人", "Approver", "wall see dispatch approve supervise review assess unmask", "region"),
        _role("analyst", "分析员", "Analyst", "wall see assess registers", "region"),
        _role("model_author", "模型编写人", "Model author", "wall see models registers", "region"),
        _role("model_approver", "模型审批人", "Model approver", "wall see approve_models risk_models", "region"),
        _role("contact", "部门联络员", "Department contact", "answer", "nothing"),
        _role("system_admin", "系统管理员", "System administrator", "accounts", "nothing", administers=True),
        _role("security_admin", "安全管理员", "Security administrator", "grants", "nothing", administers=True),
        _role("audit_admin", "审计管理员", "Audit administrator", "audit", "nothing", administers=True),
    )
}


@dataclass(frozen=True)
class Held:
    """A post as held today."""

    role: Role
    unit_code: str
    region_code: str
    """Empty: the whole office. Of a post bound to its unit, the unit's region where the post names none."""
    domain_code: str | None


@dataclass(frozen=True)
class Person:
    """Who acts: an account with the posts held today, or a token that stands for a screen or a system."""

    code: str
    """Account code, or `token:NAME`: the actor of events and audit entries."""
    name: str
    unit_code: str
    posts: tuple[Held, ...]
    subject_key: str | None = None
    address: str = ""
    """Network address the person acts from."""
    rights: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rights", frozenset().union(*(post.role.rights for post in self.posts)))

    def may(self, right: str) -> bool:
        """Whether any post carries the right."""
        return right in self.rights

    def must(self, right: str) -> None:
        """Raises NotPermitted where no post carries the right."""
        if not self.may(right):
            raise NotPermitted(
                f"{self.code} has no right to {RIGHTS_EN.get(right, right)}; ask the security administrator for a post "
                "that has.",
                f"{self.name}没有“{RIGHTS.get(right, right)}”的权限；如工作需要，请安全管理员授予相应岗位。",
            )

    def covers(self, region: str, right: str = "wall") -> bool:
        """Whether a post with the right reaches over the whole of a region ("" is the whole office)."""
        return any(right in post.role.rights and region.startswith(post.region_code) for post in self.posts)

    def regions(self, right: str = "wall") -> tuple[str, ...]:
        """The regions of the posts with the right, the widest first."""
        found = {post.region_code for post in self.posts if right in post.role.rights}
        return tuple(sorted(found, key=lambda code: (len(code), code)))

    def units(self, right: str) -> frozenset[str]:
        """The units of the posts with the right."""
        return frozenset(post.unit_code for post in self.posts if right in post.role.rights)

    def sees_everything(self) -> bool:
        """Whether a post with the right to see is bounded by no unit, region or domain."""
        return any(
            "see" in post.role.rights and post.role.sees == "region" and not (post.region_code or post.domain_code)
            for post in self.posts
        )

    def may_on(self, right: str, alert: Alert) -> bool:
        """Whether a post carries the right and the alert lies within what that post sees."""
        return any(right in post.role.rights and _within(post, alert) for post in self.posts)


def _within(post: Held, alert: Alert) -> bool:
    if post.domain_code and alert.domain_code != post.domain_code:
        return False
    if post.role.sees == "unit":
        return alert.unit_code == post.unit_code
    return post.role.sees == "region" and (alert.region_code or "").startswith(post.region_code)


def condition(person: Person, right: str = "see") -> ColumnElement[bool]:
    """Which alerts lie within the posts that carry a right, as a condition on Alert; the twin of `Person.may_on`."""
    parts = [_of_post(post) for post in person.posts if right in post.role.rights and post.role.sees != "nothing"]
    return or_(*parts) if parts else false()


def _of_post(post: Held) -> ColumnElement[bool]:
    if post.role.sees == "unit":
        where = Alert.unit_code == post.unit_code
    else:
        where = inside(Alert.region_code, post.region_code) if post.region_code else true()
    return and_(where, Alert.domain_code == post.domain_code) if post.domain_code else where


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    person = state.session.info.get("person")
    if person is not None and state.is_select and not state.is_column_load and not state.is_relationship_load:
        state.statement = state.statement.options(with_loader_criteria(Alert, condition(person), include_aliases=True))


@contextmanager
def seen_by(person: Person) -> Iterator[Session]:
    """A reading session whose every query of alerts is narrowed to what this person may see."""
    with reading() as session:
        session.info["person"] = person
        yield session


@contextmanager
def acting(person: Person) -> Iterator[Session]:
    """A writing session, narrowed as `seen_by`: what one may not see one cannot change."""
    with writing() as session:
        session.info["person"] = person
        yield session


@contextmanager
def whole_office(session: Session) -> Iterator[None]:
    """While inside, the session is not narrowed: for what the office itself looks up on a person's behalf."""
    person = session.info.pop("person", None)
    try:
        yield
    finally:
        if person is not None:
            session.info["person"] = person


def find_person(session: Session, code: str, *, today: date, address: str = "") -> Person:
    """An account with the posts it holds `today`. Raises NotFound where there is no such active account."""
    account = session.get(Account, code)
    if account is None or account.state != "active":
        raise NotFound(f"There is no active account {code!r}. Ask the system administrator.")
    posts = session.scalars(
        select(Post).where(
            Post.account == code, Post.from_on <= today, or_(Post.until_on.is_(None), Post.until_on >= today)
        )
    )
    held = tuple(
        Held(ROLES[post.role], post.unit_code, _region_of(session, post), post.domain_code)
        for post in posts
        if post.role in ROLES
    )
    return Person(account.code, account.name, account.unit_code, held, account.subject_key, address)


def _region_of(session: Session, post: Post) -> str:
    """Where a post reaches: what binds to a unit reaches no further than the unit, where nothing else is said."""
    if post.region_code or ROLES[post.role].sees != "unit":
        return post.region_code or ""
    return session.get_one(Unit, post.unit_code).region_code
