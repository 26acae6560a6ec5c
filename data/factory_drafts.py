"""Drafts of the model factory: every choice is kept as it is made, so that nothing is lost on reload."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit
from data.blueprint import Blueprint, read_blueprint
from data.blueprint_card import write_card
from data.blueprint_faults import faults_of
from data.blueprint_places import must_serve, with_place
from data.blueprint_suggestions import suggested
from data.errors import CardRefused, InputRefused, NotFound
from data.factory_tables import FactoryDraft
from data.model_life import free_code, save_draft
from data.register_catalogue import Register
from data.rights import Person
from data.tables import SupervisionModel

MOST = 50
"""Drafts an author may have at a time."""
_MOST_TEXT = 20_000


@dataclass(frozen=True)
class Draft:
    """A draft as it stands."""

    id: int
    blueprint: Blueprint
    changed_at: datetime


def new_draft(session: Session, person: Person, *, at: datetime, blueprint: Blueprint | None = None) -> int:
    """Begin a draft, empty or from a blueprint. Returns its number.

    Raises: NotPermitted without the right to write supervision models, InputRefused beyond MOST drafts.
    """
    person.must("models")
    n = session.scalar(select(func.count(FactoryDraft.id)).where(FactoryDraft.author == person.code)) or 0
    if n >= MOST:
        raise InputRefused(
            f"There are {n} drafts of yours, the most is {MOST}; delete one first.",
            f"您已有 {n} 份草稿（最多 {MOST} 份），请先删除不用的。",
        )
    draft = FactoryDraft(
        author=person.code,
        content=_written(blueprint or Blueprint(code=free_code(session, besides=_codes(session)))),
        changed_at=at,
    )
    session.add(draft)
    session.flush()
    audit.note(session, person.code, "factory.begin", "factory_draft", draft.id, at=at)
    return draft.id


def _codes(session: Session) -> list[str]:
    return [read_blueprint(json.loads(one)).code for one in session.scalars(select(FactoryDraft.content))]


def drafts_of(session: Session, person: Person) -> list[Draft]:
    """The drafts of an author, the last changed first."""
    mine = select(FactoryDraft).where(FactoryDraft.author == person.code)
    return [
        _read(one) for one in session.scalars(mine.order_by(FactoryDraft.changed_at.desc(), FactoryDraft.id.desc()))
    ]


def draft_of(session: Session, code: str, person: Person) -> int | None:
    """The number of the author's draft that a supervision model came from; None where this person has none."""
    return next((one.id for one in drafts_of(session, person) if one.blueprint.code == code), None)


def standing_of(session: Session, codes: Iterable[str]) -> dict[str, list[SupervisionModel]]:
    """The versions in the warehouse of each code, the newest first; absent where there are none."""
    query = select(SupervisionModel).where(SupervisionModel.code.in_(list(codes)))
    found: dict[str, list[SupervisionModel]] = {}
    for row in session.scalars(query.order_by(SupervisionModel.version.desc())):
        found.setdefault(row.code, []).append(row)
    return found


def read_draft(session: Session, draft_id: int, person: Person) -> Draft:
    """One draft. Raises: NotFound for a number that is not a draft of this person's."""
    return _read(_own(session, draft_id, person))


def _read(draft: FactoryDraft) -> Draft:
    return Draft(draft.id, read_blueprint(json.loads(draft.content)), draft.changed_at)


def _own(session: Session, draft_id: int, person: Person, *, lock: bool = False) -> FactoryDraft:
    person.must("models")
    draft = session.get(FactoryDraft, draft_id, with_for_update=lock or None)
    if draft is None or draft.author != person.code:
        raise NotFound(
            f"You have no draft {draft_id}. Choose one of your drafts.", f"您没有第 {draft_id} 号草稿，请从列表中选择。"
        )
    return draft


def change_draft(
    session: Session,
    draft_id: int,
    person: Person,
    path: str,
    value: object,
    *,
    registers: Mapping[str, Register],
    at: datetime,
) -> Draft:
    """Set one field of a draft, named by its path as `joins.0.matches.1.left`, and fill in what follows from it.

    A value None takes the list's entry away; an index one past the end adds one.
    Raises: NotFound for another's draft, InputRefused for a path that is not there or a text that is too long.
    """
    draft = _own(session, draft_id, person, lock=True)
    before = read_blueprint(json.loads(draft.content))
    content: dict[str, Any] = json.loads(json.dumps(asdict(before)))
    _set(content, path, value)
    if path == "region" and isinstance(value, str):
        must_serve(session, before, registers, value, at=at)
    blueprint = suggested(read_blueprint(content), registers, before=before)
    if (blueprint.region, blueprint.aliases()) != (before.region, before.aliases()) or not blueprint.region:
        chosen = path == "region" or blueprint.region == before.region
        blueprint = with_place(session, blueprint, registers, person, at=at, chosen=chosen)
    draft.content, draft.changed_at = _written(blueprint), at
    session.flush()
    return _read(draft)


def _set(content: dict[str, Any], path: str, value: object) -> None:
    said = json.dumps(value, ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in said):
        raise InputRefused(
            "The text holds half a character, which cannot be kept; write it anew.",
            "内容含有不完整的字符，请重新输入。",
        )
    if len(said) > _MOST_TEXT:
        raise InputRefused(
            f"A text of more than {_MOST_TEXT} characters cannot be kept; shorten it.", "内容过长，请缩短。"
        )
    *way, last = path.split(".")
    place: Any = content
    try:
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            _set_entry(place, int(last), value)
        elif last in place:
            place[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputRefused(
            f"The draft has no field {path!r}. Reload the page: it may have been changed elsewhere.",
            "草稿中没有这一项，可能已在别处改动，请刷新页面。",
        ) from None


def _set_entry(entries: list[Any], index: int, value: object) -> None:
    if value is None:
        del entries[index]
    elif index == len(entries) and index < MOST:
        entries.append(value)
    else:
        entries[index] = value


def finish(
    session: Session, draft_id: int, person: Person, *, registers: Mapping[str, Register], at: datetime
) -> SupervisionModel:
    """Put a draft into the warehouse as the card it is: a new supervision model, its next version, or the draft there.

    The draft stays, so that the author can go on with it. Raises: CardRefused naming everything that is missing, and
    what `data.model_life.save_draft` raises.
    """
    blueprint = read_draft(session, draft_id, person).blueprint
    faults = faults_of(blueprint, registers)
    if faults:
        raise CardRefused(
            f"The model is not complete: {' '.join(one.en for one in faults)}",
            f"模型尚未完成：{''.join(one.zh for one in faults)}",
        )
    newest = select(SupervisionModel).where(SupervisionModel.code == blueprint.code)
    row = session.scalars(newest.order_by(SupervisionModel.version.desc()).limit(1)).first()
    version = 1 if row is None else row.version if row.status == "draft" else row.version + 1
    text = write_card(blueprint, registers, version=version, author=person.name)
    return save_draft(session, text, person, at=at)


def delete_draft(session: Session, draft_id: int, person: Person, *, at: datetime) -> None:
    """Throw a draft away. Raises: NotFound for another's draft."""
    session.delete(_own(session, draft_id, person, lock=True))
    audit.note(session, person.code, "factory.discard", "factory_draft", draft_id, at=at)
    session.flush()


def _written(blueprint: Blueprint) -> str:
    return json.dumps(asdict(blueprint), ensure_ascii=False)
