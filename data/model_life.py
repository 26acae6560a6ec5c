"""The life of supervision models: the one door by which versions are drafted, tried, approved, paused and ended.

State, event and audit entry are written in one transaction. What the state allows stands in `data.model_states`, what
must be there before somebody may submit or approve in `data.model_requirements`. The row is the authority on state,
author and approver; the card's text keeps what is compared. Source: field/inventory.md, H-29, H-36, S-23 and S-24.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit
from data.cards import Card, read_card
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.four_eyes import accounts_of
from data.model_requirements import Unmet, judges, unmet
from data.model_states import LIVE, MODEL_STATES, MODEL_TRANSITIONS, UNDER_WAY, ModelTransition
from data.model_tables import ModelEvent
from data.rights import RIGHTS, RIGHTS_EN, Person
from data.supervision_models import file_card
from data.tables import SupervisionModel
from data.written import written

LEAST_REASON = 5
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_OWN_CODE = "L{:02}"
"""Codes of the office's own supervision models (local): L01, L02..."""


def find(session: Session, code: str, version: int, *, lock: bool = False) -> SupervisionModel:
    """A version of a supervision model. Raises NotFound."""
    row = session.get(SupervisionModel, (code, version), with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(
            f"There is no version {version} of a supervision model {code[:10]!r}. Choose one in the warehouse.",
            f"没有监督模型 {code[:10]} 的第 {version} 版，请在模型仓库中选择。",
        )
    return row


def live(session: Session, code: str) -> SupervisionModel | None:
    """The version of a code that is active or paused."""
    query = select(SupervisionModel).where(SupervisionModel.code == code, SupervisionModel.status.in_(LIVE))
    return session.scalars(query.order_by(SupervisionModel.version.desc()).limit(1)).first()


def under_way(session: Session, code: str) -> SupervisionModel | None:
    """The version of a code that is drafted or submitted."""
    query = select(SupervisionModel).where(SupervisionModel.code == code, SupervisionModel.status.in_(UNDER_WAY))
    return session.scalars(query.order_by(SupervisionModel.version.desc()).limit(1)).first()


def events(session: Session, code: str) -> list[ModelEvent]:
    """What was done to the versions of a code, the newest first."""
    return list(session.scalars(select(ModelEvent).where(ModelEvent.code == code).order_by(ModelEvent.id.desc())))


# Drafts


def free_code(session: Session, *, besides: Iterable[str] = ()) -> str:
    """A code that no supervision model has, nor is it one of `besides`, for one the office makes itself."""
    taken = {*session.scalars(select(SupervisionModel.code).distinct()), *besides}
    number = 1
    while _OWN_CODE.format(number) in taken:
        number += 1
    return _OWN_CODE.format(number)


def save_draft(
    session: Session,
    card_text: str,
    person: Person,
    *,
    at: datetime,
    region: str | None = None,
    based_on: str | None = None,
) -> SupervisionModel:
    """Keep a card as a draft: a new one, or the text of a draft that is there in place of what it was.

    `region`: prefix inside which it may raise alerts, within the author's own post; by default the draft's, or the
    widest of the author's. Raises: CardRefused with every fault, NotPermitted, TransitionRefused where the version is
    no draft or another version is under way.
    """
    person.must("models")
    card = read_card(card_text)
    if not _CODE.fullmatch(card.code):
        raise InputRefused(
            f"Code {card.code[:20]!r}: expected a capital letter and up to nine capital letters or digits, such as "
            f"{free_code(session)}. Change the code.",
            f"编码“{card.code[:20]}”不可用：应为大写字母开头的 2 至 10 位字母或数字，例如 {free_code(session)}。",
        )
    row = session.get(SupervisionModel, (card.code, card.version), with_for_update=True, populate_existing=True)
    where = region if region is not None else row.region_code if row else person.regions("models")[0]
    _must_cover(person, where, "models")
    if row is None:
        return _new_draft(session, card, person, at=at, region=where, based_on=based_on)
    if row.status != "draft":
        raise TransitionRefused(
            f"{card.code} version {card.version} is {row.status}; only a draft can be changed. Make a new version.",
            f"{card.code} 第 {card.version} 版为“{MODEL_STATES[row.status].name}”，只有草稿可以修改，请新建版本。",
        )
    must_own(session, row, person)
    take_up(row, person)
    if row.card_hash == card.card_hash and row.region_code == where:
        return row
    file_card(session, card, at=at, by=person.code, row=row)
    row.region_code = where
    _note(session, row, person, "redrafted", row.status, at)
    return row


def _new_draft(
    session: Session, card: Card, person: Person, *, at: datetime, region: str, based_on: str | None
) -> SupervisionModel:
    other = under_way(session, card.code)
    if other is not None:
        raise TransitionRefused(
            f"Version {other.version} of {card.code} is under way. Finish or discard it before you begin another.",
            f"{card.code} 已有第 {other.version} 版在编，请先完成或废弃该版本。",
        )
    newest = session.scalar(
        select(func.max(SupervisionModel.version)).where(SupervisionModel.code == card.code)
    )  # fmt: skip
    if newest is not None and card.version <= newest:
        raise InputRefused(
            f"{card.code}: got version {card.version}, but version {newest} is in the warehouse; expected "
            f"{newest + 1}. Change the version.",
            f"{card.code} 仓库中已有第 {newest} 版，新版本号应为 {newest + 1}。",
        )
    row = file_card(session, card, at=at, by=person.code)
    row.author, row.unit_code, row.region_code, row.based_on = person.code, person.unit_code, region, based_on
    session.flush()
    _note(session, row, person, "drafted", None, at, note=based_on or "")
    return row


def new_version(session: Session, code: str, person: Person, *, at: datetime) -> SupervisionModel:
    """A draft beside the newest version of a code, with its text; activating it will retire the live one."""
    newest = live(session, code) or _newest(session, code)
    highest = _newest(session, code).version
    text = with_heading(newest.card, version=highest + 1)
    return save_draft(
        session, text, person, at=at, region=_own_region(newest, person), based_on=f"{code}/{newest.version}"
    )


def copy(
    session: Session, code: str, version: int, person: Person, *, at: datetime, new_code: str = ""
) -> SupervisionModel:
    """A draft of a new supervision model with the text of a version that is there (H-14, S-24)."""
    row = find(session, code, version)
    wanted = new_code.strip().upper() or free_code(session)
    if session.scalar(select(SupervisionModel.code).where(SupervisionModel.code == wanted).limit(1)):
        raise InputRefused(
            f"Code {wanted} is taken. Choose another, such as {free_code(session)}.",
            f"编码 {wanted} 已被使用，请换一个，例如 {free_code(session)}。",
        )
    text = with_heading(row.card, version=1, code=wanted)
    return save_draft(
        session, text, person, at=at, region=_own_region(row, person), based_on=f"{code}/{version}"
    )  # fmt: skip


def with_heading(text: str, *, version: int, code: str | None = None) -> str:
    """A card's text with another version, and another code where one is given; nothing else is touched."""
    text = re.sub(r"(?m)^version\s*=\s*\d+", f"version = {version}", text, count=1)
    if code is not None:
        text = re.sub(r"""(?m)^code\s*=\s*(["'])[^"']*\1""", f'code = "{code}"', text, count=1)
    return text


def _newest(session: Session, code: str) -> SupervisionModel:
    query = select(SupervisionModel).where(SupervisionModel.code == code).order_by(SupervisionModel.version.desc())
    row = session.scalars(query.limit(1)).first()
    return row if row is not None else find(session, code, 1)


def _own_region(row: SupervisionModel, person: Person) -> str:
    """Where a draft made of a version may raise alerts: there, as far as its author's post reaches."""
    if person.covers(row.region_code, "models"):
        return row.region_code
    return next(iter(person.regions("models")), "")


def _must_cover(person: Person, region: str, right: str) -> None:
    if not person.covers(region, right):
        raise NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN[right]} for region {region or 'of the whole office'}. Choose a "
            "region within your post.",
            f"{person.name}的岗位不覆盖该范围（{region or '全部地区'}），不能{RIGHTS[right]}，请选择岗位范围内的地区。",
        )


def take_up(row: SupervisionModel, person: Person) -> None:
    """Make a built-in draft that belongs to nobody somebody's own, where that person's post reaches."""
    if row.author == "system" and row.status == "draft":
        row.author, row.unit_code, row.region_code = person.code, person.unit_code, _own_region(row, person)


def must_own(session: Session, row: SupervisionModel, person: Person) -> None:
    """Raises NotPermitted where a version was written by another, outside the person's unit."""
    if not _owns(session, row, person):
        raise NotPermitted(
            f"{row.code} version {row.version} was written by {row.author}; only its author and the author's unit can "
            "change it. Copy it instead.",
            f"{row.code} 第 {row.version} 版由 {row.author} 编写，只有编写人及其单位可以修改；您可以复制一份。",
        )


def _owns(session: Session, row: SupervisionModel, person: Person) -> bool:
    """A built-in draft belongs to nobody yet: whoever may write supervision models takes it up."""
    if row.author == "system" or row.author in accounts_of(session, person):
        return True
    return row.unit_code is not None and row.unit_code in person.units("models")


# What moves a version on


def refusal(
    session: Session, row: SupervisionModel, action: str, person: Person, *, at: datetime
) -> MingjingError | None:
    """Why this person cannot do this to this version now; None if it can be done."""
    known = [one for one in MODEL_TRANSITIONS if one.action == action]
    found = next((one for one in known if row.status in one.sources), None)
    if found is None:
        state = MODEL_STATES[row.status]
        return TransitionRefused(
            f"{row.code} version {row.version} is “{state.name_en}”; “{known[0].name_en}” is not possible from there.",
            f"{row.code} 第 {row.version} 版现为“{state.name}”，不能{known[0].name}。",
        )
    if error := _not_permitted(row, found, person) or _eyes(session, row, found, person):
        return error
    missing = unmet(session, row, at=at) if action in ("submitted", "activated") else []
    return _lacking(row, found, missing) if missing else None


def _not_permitted(row: SupervisionModel, found: ModelTransition, person: Person) -> NotPermitted | None:
    if any(person.covers(row.region_code, right) for right in found.rights):
        return None
    right = found.rights[-1]
    return NotPermitted(
        f"{person.code} has no right to {RIGHTS_EN[right]} for the region of {row.code}.",
        f"{person.name}在 {row.code} 的适用范围内没有“{RIGHTS[right]}”的权限。",
    )


def _eyes(session: Session, row: SupervisionModel, found: ModelTransition, person: Person) -> MingjingError | None:
    if found.who == "own" and not _owns(session, row, person):
        return NotPermitted(
            f"{row.code} version {row.version} was written by {row.author}; only its author or unit can do this.",
            f"{row.code} 第 {row.version} 版由 {row.author} 编写，只有编写人或其单位可以{found.name}。",
        )
    if found.who != "other":
        return None
    codes = accounts_of(session, person)
    if row.author in codes or row.submitted_by in codes:
        return TransitionRefused(
            f"You wrote or submitted {row.code} version {row.version} yourself; a second person must do this.",
            f"{row.code} 第 {row.version} 版由您编写或提交，须由另一人{found.name}。",
        )
    seen = judges(session, row)
    if found.action == "activated" and seen and seen <= codes:
        return TransitionRefused(
            f"You alone judged the whole sample of {row.code}; a second person must approve it.",
            f"{row.code} 的盲评样本全部由您一人判断，须由另一人批准。",
        )
    return None


def _lacking(row: SupervisionModel, found: ModelTransition, missing: list[Unmet]) -> TransitionRefused:
    return TransitionRefused(
        f"“{found.name_en}” of {row.code} version {row.version} waits for: {'; '.join(one.en for one in missing)}.",
        f"{row.code} 第 {row.version} 版尚不能{found.name}：{'；'.join(one.zh for one in missing)}。",
    )


def advance(
    session: Session, code: str, version: int, action: str, person: Person, *, at: datetime, note: str = ""
) -> SupervisionModel:
    """Do what `action` of `data.model_states.MODEL_TRANSITIONS` says, in the caller's write transaction.

    Raises what `refusal` gives; InputRefused where a reason must be given and none is.
    """
    row = find(session, code, version, lock=True)
    if error := refusal(session, row, action, person, at=at):
        raise error
    found = next(one for one in MODEL_TRANSITIONS if one.action == action and row.status in one.sources)
    reason = written(note, name="reason", least=LEAST_REASON if found.says_why else 0, most=500)
    if action == "activated" and (older := live(session, code)) is not None:
        # The newer takes over where the older was at work, and as widely.
        row.region_code = _wider(row.region_code, older.region_code)
        _move(session, older, "superseded", "retired", person, at, note=f"{code}/{version}")
    _move(session, row, action, found.target, person, at, note=reason)
    return row


def _wider(one: str, other: str) -> str:
    return other if one.startswith(other) else one


def _move(
    session: Session, row: SupervisionModel, action: str, target: str, person: Person, at: datetime, *, note: str
) -> None:
    if action == "submitted":
        take_up(row, person)
    before, row.status, row.note = row.status, target, note or row.note
    if action == "submitted":
        row.submitted_at, row.submitted_by = at, person.code
    elif action == "activated":
        row.activated_at, row.approved_by, row.shadow_since, row.note = at, person.code, None, note
    elif target in ("retired", "discarded"):
        row.retired_at, row.shadow_since = at, None
    row.paused_at = at if target == "paused" else None
    session.flush()
    _note(session, row, person, action, before, at, note=note)


def submit(session: Session, code: str, version: int, person: Person, *, at: datetime) -> SupervisionModel:
    """Send a draft to those who approve: it was back-tested, rests on a policy in force, and its sample was judged."""
    return advance(session, code, version, "submitted", person, at=at)


def _note(
    session: Session, row: SupervisionModel, person: Person, kind: str, before: str | None, at: datetime, *,
    note: str = "", **said: object,
) -> None:  # fmt: skip
    """Leave an event and its audit entry."""
    record(session, row, kind, person, before=before, at=at, note=note, **said)


def record(
    session: Session, row: SupervisionModel, kind: str, person: Person, *, at: datetime, before: str | None = None,
    note: str = "", **said: object,
) -> None:  # fmt: skip
    """Leave an event of a version and its audit entry; also for what changes no state."""
    session.add(
        ModelEvent(
            code=row.code, version=row.version, at=at, actor=person.code, kind=kind,
            from_status=before or row.status if kind != "drafted" else None, to_status=row.status, note=note,
        )
    )  # fmt: skip
    audited(session, row, kind, person, at=at, note=note, **said)


def audited(
    session: Session, row: SupervisionModel, kind: str, person: Person, *, at: datetime, note: str = "", **said: object
) -> None:
    """Put on record what was done about a version, without an event in its history."""
    detail = {"card_hash": row.card_hash, "region": row.region_code, "note": note, **said}
    audit.note(
        session, person.code, f"model.{kind}", "supervision_model", f"{row.code}/{row.version}", at=at,
        address=person.address, detail={key: value for key, value in detail.items() if value},
    )  # fmt: skip
