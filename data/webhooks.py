"""Webhooks: other systems are told of what happens to alerts, at least once, signed, with a ledger of every delivery.

An event becomes one delivery a webhook (`make_out`), in the database like everything else, and is posted outside any
transaction (`deliver`): a worker that dies between posting and writing the answer posts it again. Receivers drop
doubles by the header X-Mingjing-Delivery. What is posted are numbers, kinds, states, times and codes; never a title, a
name or evidence, which a system with a token asks for itself.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import ColumnElement, func, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import audit
from data.database import reading, writing
from data.errors import InputRefused, NotFound, TransitionRefused
from data.identity import seal, unseal
from data.intake import reference_of
from data.queue import inside
from data.record_tables import Delivery, Webhook
from data.rights import Person
from data.states import TRANSITIONS
from data.tables import Alert, AlertEvent, Region
from data.webhook_addresses import AddressRefused, check_address, post

KINDS: tuple[str, ...] = tuple(
    dict.fromkeys(["raised", "extended", "stated", *(t.action for t in TRANSITIONS), "reminded"])
)
"""Kinds of events that one may ask for by name."""
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long after each failed try the next one comes; after the last one the delivery is given up."""
_A_ROUND = 1000
_SENT_A_ROUND = 200
_ROUND_SECONDS = 10.0
_AT_ONCE = 4
Send = Callable[[str, bytes, Mapping[str, str]], int]
"""Posts a body with headers to an address and gives the status of the answer; raises where none came."""


def register(
    session: Session,
    by: Person,
    *,
    name: str,
    url: str,
    kinds: Sequence[str] = (),
    region_code: str | None = None,
    at: datetime,
) -> str:
    """Tell another system of what happens from now on. Returns the secret that signs it, shown this once only.

    `kinds`: of events, none for every kind; `region_code`: only alerts inside it. Raises NotPermitted without the
    right to keep interfaces, InputRefused for what cannot be used.
    """
    by.must("accounts")
    name = _free_name(session, name)
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise InputRefused(
            f"There is no kind of event {', '.join(unknown)[:80]}; expected some of {', '.join(KINDS)}. Choose again.",
            f"没有这种事件：{'、'.join(unknown)[:80]}；可选 {'、'.join(KINDS)}。",
        )
    if region_code and session.get(Region, region_code) is None:
        raise InputRefused(
            f"There is no region {region_code[:12]}. Choose one that is filed.",
            f"没有地区 {region_code[:12]}，请重选。",
        )
    secret = secrets.token_urlsafe(32)
    webhook = Webhook(
        name=name,
        url=check_address(url),
        secret=seal(secret),
        kinds=",".join(sorted(set(kinds), key=KINDS.index)),
        region_code=region_code or None,
        created_by=by.code,
        created_at=at,
        last_event=session.scalar(select(func.max(AlertEvent.id))) or 0,
    )
    session.add(webhook)
    session.flush()
    _note(session, by, "registered", webhook.id, at, name=name, kinds=webhook.kinds, region=region_code)
    return secret


def _free_name(session: Session, name: str) -> str:
    name = name.strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise InputRefused(
            "A webhook needs a name of 1 to 60 characters. Give it one.", "请填写名称（1 至 60 个字符）。"
        )
    if session.scalar(select(Webhook.id).where(Webhook.name == name)) is not None:
        raise InputRefused(f"There is already a webhook “{name}”. Choose another name.", f"已有名为“{name}”的推送。")
    return name


def stop(session: Session, by: Person, webhook_id: int, *, at: datetime) -> None:
    """Send nothing more; what happens meanwhile is kept for `resume`. Raises NotPermitted, NotFound."""
    webhook = _kept(session, by, webhook_id)
    if webhook.stopped_at is None:
        webhook.stopped_at = at
        _note(session, by, "stopped", webhook_id, at)


def resume(session: Session, by: Person, webhook_id: int, *, at: datetime) -> None:
    """Go on where it was stopped: what happened meanwhile is sent now. Raises NotPermitted, NotFound."""
    webhook = _kept(session, by, webhook_id)
    if webhook.stopped_at is not None:
        webhook.stopped_at = None
        _note(session, by, "resumed", webhook_id, at)


def send_again(session: Session, by: Person, delivery_id: int, *, at: datetime) -> None:
    """Try a delivery that was given up once more, from the start. Raises NotPermitted, NotFound, TransitionRefused."""
    by.must("accounts")
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound(f"There is no delivery {delivery_id}. Look at the ledger.", f"没有第 {delivery_id} 号推送记录。")
    if delivery.state != "given_up":
        raise TransitionRefused(
            f"Delivery {delivery_id} is {delivery.state}; only one that was given up is sent again. Nothing to do.",
            f"第 {delivery_id} 号推送未被放弃，无需重发。",
        )
    delivery.state, delivery.n_tries, delivery.next_at = "waiting", 0, at
    _note(session, by, "sent_again", delivery.webhook_id, at, delivery=delivery_id)


def _kept(session: Session, by: Person, webhook_id: int) -> Webhook:
    by.must("accounts")
    webhook = session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None:
        raise NotFound(f"There is no webhook {webhook_id}. Look at the list.", f"没有第 {webhook_id} 号推送。")
    return webhook


def _note(session: Session, by: Person, verb: str, webhook_id: int, at: datetime, **detail: object) -> None:
    said = {key: value for key, value in detail.items() if value}
    audit.note(session, by.code, f"webhook.{verb}", "webhook", webhook_id, at=at, address=by.address, detail=said)


@dataclass(frozen=True)
class Kept:
    """A webhook as its list shows it; never its secret."""

    id: int
    name: str
    url: str
    kinds: tuple[str, ...]
    region_code: str | None
    created_by: str
    created_at: datetime
    stopped_at: datetime | None
    n_waiting: int
    n_delivered: int
    n_given_up: int


def webhooks(session: Session) -> list[Kept]:
    """Every webhook with the state of its deliveries, in order of name."""
    counted = select(Delivery.webhook_id, Delivery.state, func.count()).group_by(Delivery.webhook_id, Delivery.state)
    n = {(webhook_id, state): count for webhook_id, state, count in session.execute(counted)}
    return [
        Kept(
            one.id,
            one.name,
            one.url,
            tuple(filter(None, one.kinds.split(","))),
            one.region_code,
            one.created_by,
            one.created_at,
            one.stopped_at,
            *(n.get((one.id, state), 0) for state in ("waiting", "delivered", "given_up")),
        )
        for one in session.scalars(select(Webhook).order_by(Webhook.name))
    ]


@dataclass(frozen=True)
class Listed:
    """A delivery as the ledger shows it."""

    id: int
    event_id: int
    alert_id: int
    kind: str
    happened_at: datetime
    state: str
    n_tries: int
    next_at: datetime | None
    """When it is tried next; None where it is over."""
    last_at: datetime | None
    last_answer: str


def listed(session: Session, webhook_id: int, *, state: str = "", most: int = 200) -> list[Listed]:
    """The ledger of a webhook: its deliveries with the last answer, the newest first; `state` narrows it."""
    query = (
        select(Delivery, AlertEvent)
        .join(AlertEvent, AlertEvent.id == Delivery.event_id)
        .where(Delivery.webhook_id == webhook_id, *([Delivery.state == state] if state else []))
    )
    return [
        Listed(
            delivery.id,
            event.id,
            event.alert_id,
            event.kind,
            event.at,
            delivery.state,
            delivery.n_tries,
            delivery.next_at if delivery.state == "waiting" else None,
            delivery.last_at,
            delivery.last_answer,
        )
        for delivery, event in session.execute(query.order_by(Delivery.id.desc()).limit(most))
    ]


def settled(session: Session) -> int | None:
    """The event up to which no event can still appear: a cursor may move there. None where that cannot be known now.

    SQLite has one writer at a time. On PostgreSQL numbers are given before they are committed, so an event may appear
    below one already seen. Whoever writes events holds a lock on their table; where it can be had for a moment, nobody
    does. Of any other database nothing is known, and nothing is told: an event passed over would be lost for good.
    """
    newest = select(func.coalesce(func.max(AlertEvent.id), 0))
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        return session.scalar(newest)
    if dialect != "postgresql":
        return None
    moment = session.begin_nested()
    try:
        session.execute(text("LOCK TABLE alert_event IN SHARE MODE NOWAIT"))
        return session.scalar(newest)
    except OperationalError:
        return None
    finally:
        # Rolling back to the savepoint gives the lock back at once.
        moment.rollback()


def make_out(session: Session, *, now: datetime) -> int:
    """Turn what happened since the last time into deliveries, in the caller's write transaction. Returns how many."""
    newest = settled(session)
    if newest is None:
        return 0
    n = 0
    wanted = select(Webhook).where(Webhook.stopped_at.is_(None), Webhook.last_event < newest).order_by(Webhook.id)
    for webhook in session.scalars(wanted.with_for_update()).all():
        events = session.scalars(
            select(AlertEvent.id)
            .join(Alert, Alert.id == AlertEvent.alert_id)
            .where(AlertEvent.id > webhook.last_event, AlertEvent.id <= newest, *_asked_for(webhook))
            .order_by(AlertEvent.id)
            .limit(_A_ROUND)
        ).all()
        webhook.last_event = events[-1] if len(events) == _A_ROUND else newest
        made = {"webhook_id": webhook.id, "state": "waiting", "n_tries": 0, "next_at": now, "last_answer": ""}
        if events:
            session.execute(insert(Delivery), [made | {"event_id": event} for event in events])
        n += len(events)
    return n


def _asked_for(webhook: Webhook) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if webhook.kinds:
        found.append(AlertEvent.kind.in_(webhook.kinds.split(",")))
    if webhook.region_code:
        found.append(inside(Alert.region_code, webhook.region_code))
    return found


def tell(*, now: datetime, send: Send = post) -> int:
    """Make out what happened and post what is due; writes nothing where nothing happened. Returns how many arrived."""
    with reading() as session:
        newest = session.scalar(select(func.max(AlertEvent.id))) or 0
        behind = select(Webhook.id).where(Webhook.stopped_at.is_(None), Webhook.last_event < newest).limit(1)
        to_make_out = session.scalar(behind) is not None
    if to_make_out:
        with writing() as session:
            make_out(session, now=now)
    return deliver(now=now, send=send)


def deliver(*, now: datetime, send: Send = post) -> int:
    """Post what is due, several receivers side by side, and write down what each answered. Returns how many arrived.

    Works in transactions of its own, none of them open while a receiver is waited for. A receiver that fails is left
    alone for the rest of the round.
    """
    with reading() as session:
        due = select(Delivery.webhook_id).join(Webhook, Webhook.id == Delivery.webhook_id).where(*_due(now)).distinct()
        receivers = list(session.scalars(due))
    if not receivers:
        return 0
    with ThreadPoolExecutor(min(_AT_ONCE, len(receivers)), thread_name_prefix="webhook") as pool:
        return sum(pool.map(lambda webhook_id: _deliver_to(webhook_id, now, send), receivers))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Delivery.state == "waiting", Delivery.next_at <= now, Webhook.stopped_at.is_(None)


def _deliver_to(webhook_id: int, now: datetime, send: Send) -> int:
    until, n = time.monotonic() + _ROUND_SECONDS, 0
    with reading() as session:
        query = select(Delivery.id).join(Webhook, Webhook.id == Delivery.webhook_id)
        query = query.where(Delivery.webhook_id == webhook_id, *_due(now)).order_by(Delivery.id).limit(_SENT_A_ROUND)
        waiting = list(session.scalars(query))
    for delivery_id in waiting:
        if time.monotonic() > until or not _try(delivery_id, now, send):
            break
        n += 1
    return n


def _try(delivery_id: int, now: datetime, send: Send) -> bool:
    with reading() as session:
        delivery, webhook = session.execute(
            select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id).where(Delivery.id == delivery_id)
        ).one()
        body = json.dumps(_message(session, delivery), ensure_ascii=False, separators=(",", ":")).encode()
        url, secret = webhook.url, unseal(webhook.secret)
    arrived, answer = _post(url, body, headers(secret, delivery_id, body, now), send)
    with writing() as session:
        _write_down(session.get_one(Delivery, delivery_id, with_for_update=True), arrived, answer, now)
    return arrived


def _message(session: Session, delivery: Delivery) -> dict[str, Any]:
    event, alert = session.execute(
        select(AlertEvent, Alert).join(Alert, Alert.id == AlertEvent.alert_id).where(AlertEvent.id == delivery.event_id)
    ).one()
    return {
        "delivery": delivery.id,
        "event": event.id,
        "kind": event.kind,
        "at": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
        "alert": alert.id,
        "alert_id": reference_of(alert.alert_key),
        "version": event.version,
        "state_before": event.from_status,
        "state": event.to_status,
        "outcome": event.outcome,
        "cause": event.cause,
        "source": alert.source,
        "domain": alert.domain_code,
        "region": alert.region_code,
        "level": alert.level,
        "unit": alert.unit_code,
        "due_on": alert.due_on.isoformat() if alert.due_on else None,
    }


def headers(secret: str, delivery_id: int, body: bytes, now: datetime) -> dict[str, str]:
    """The headers a body is posted with; X-Mingjing-Signature is `t=<seconds>,v1=<HMAC-SHA-256 hex of "t.body">`."""
    seconds = int(now.replace(tzinfo=UTC).timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Mingjing",
        "X-Mingjing-Delivery": str(delivery_id),
        "X-Mingjing-Signature": f"t={seconds},v1={signature(secret, seconds, body)}",
    }


def signature(secret: str, seconds: int, body: bytes) -> str:
    """What a receiver computes too and compares: HMAC-SHA-256 (hex) with its secret over the time, a dot, the body."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def _post(url: str, body: bytes, said: Mapping[str, str], send: Send) -> tuple[bool, str]:
    """Whether the receiver took it, and its answer in words."""
    try:
        status = send(url, body, said)
    except requests.RequestException as error:
        return False, _failure(error)
    if 300 <= status < 400:
        return False, f"HTTP {status}: redirects are not followed"
    return 200 <= status < 300, f"HTTP {status}"


def _failure(error: requests.RequestException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return "address refused: link-local or metadata"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate of the receiver cannot be trusted"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection" if isinstance(error, requests.exceptions.ConnectionError) else type(error).__name__


def _write_down(delivery: Delivery, arrived: bool, answer: str, now: datetime) -> None:
    if delivery.state != "waiting":
        return
    delivery.n_tries += 1
    delivery.last_at, delivery.last_answer = now, answer[:200]
    if arrived:
        delivery.state = "delivered"
    elif delivery.n_tries > len(BACKOFF):
        delivery.state = "given_up"
    else:
        delivery.next_at = now + BACKOFF[delivery.n_tries - 1]
