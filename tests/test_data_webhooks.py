"""Webhooks: every event once in the ledger, posted until it arrives, signed, and never to where it must not go."""

import json
import socket
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import webhook_addresses, webhooks
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.loop import advance, locked, record
from data.record_tables import AuditEntry, Delivery, Webhook
from data.rights import Person
from data.tables import Alert, AlertEvent
from tests.office_in_miniature import fill
from tests.people import everybody, person
from tests.receiver import Receiver

NOW = datetime(2026, 11, 22, 6, 0)
ADMIN = person("system_admin")


def register(url: str, name: str = "pension", **more: Any) -> str:
    with writing() as session:
        return webhooks.register(session, ADMIN, name=name, url=url, at=NOW, **more)


def take(alert_id: int, who: Person | None = None) -> None:
    with writing() as session:
        advance(session, locked(session, alert_id), "taken", who or everybody(), at=NOW)


def to_take(session: Session, n: int = 3) -> list[int]:
    return list(session.scalars(select(Alert.id).where(Alert.status == "dispatched").order_by(Alert.id).limit(n)))


@pytest.fixture
def alerts(small_office: Path) -> list[int]:
    fill(now=NOW, n_alerts=40)
    with reading() as session:
        found = to_take(session)
    assert len(found) == 3
    return found


def work(now: datetime = NOW) -> int:
    with writing() as session:
        webhooks.make_out(session, now=now)
    return webhooks.deliver(now=now)


def ledger() -> list[tuple[str, int, str]]:
    with reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id))
        return [(one.state, one.n_tries, one.last_answer) for one in rows]


def test_a_change_of_state_is_told_once_and_signed(alerts: list[int], receiver: Receiver) -> None:
    secret = register(receiver.url)
    take(alerts[0])
    assert work() == 1
    assert work() == 0
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert {key: said[key] for key in ("kind", "alert", "state_before", "state", "outcome")} == {
        "kind": "taken", "alert": alerts[0], "state_before": "dispatched", "state": "verifying", "outcome": None
    }  # fmt: skip
    seconds, mark = headers["X-Mingjing-Signature"].removeprefix("t=").split(",v1=")
    assert mark == webhooks.signature(secret, int(seconds), body)
    assert mark != webhooks.signature(secret + "x", int(seconds), body)
    assert headers["X-Mingjing-Delivery"] == str(said["delivery"])
    assert ledger() == [("delivered", 1, "HTTP 204")]


def test_nothing_personal_leaves_the_office(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])
    work()
    with reading() as session:
        alert = session.get_one(Alert, alerts[0])
        body = receiver.got[0][1].decode()
        for text in (alert.title, alert.subject_display, alert.subject_key, alert.alert_key, "everybody"):
            assert text not in body


def test_only_what_was_asked_for_and_only_from_now_on(alerts: list[int], receiver: Receiver) -> None:
    with reading() as session:
        region = session.get_one(Alert, alerts[0]).region_code or ""
    register(receiver.url, "taken here", kinds=["taken"], region_code=region[:9])
    register(
        receiver.url, "other place", region_code="990101008" if not region.startswith("990101008") else "990101001"
    )
    register(receiver.url, "other kind", kinds=["eliminated"])
    take(alerts[0])
    with writing() as session:
        advance(session, locked(session, alerts[0]), "released", everybody(), at=NOW)
    work()
    assert [json.loads(body)["kind"] for _, body in receiver.got] == ["taken"]


def test_a_receiver_that_fails_is_tried_again_later_and_then_given_up(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])
    receiver.status = 500
    now, tried = NOW, []
    for _ in range(40):
        before = len(receiver.got)
        work(now)
        if len(receiver.got) > before:
            tried.append(now)
        now += timedelta(minutes=30) if len(tried) > 2 else timedelta(minutes=1)
    assert [later - earlier for earlier, later in pairwise(tried)] == list(webhooks.BACKOFF)
    assert ledger() == [("given_up", 6, "HTTP 500")]
    receiver.status = 200
    with writing() as session:
        webhooks.send_again(session, ADMIN, 1, at=now)
    assert work(now) == 1
    assert ledger() == [("delivered", 1, "HTTP 200")]


def test_a_receiver_that_is_down_loses_nothing_and_holds_up_nobody(alerts: list[int], receiver: Receiver) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        register(down, "down")
        register(receiver.url, "up")
        for one in alerts:
            take(one)
        assert work() == 3
    with reading() as session:
        kept = {one.name: one for one in webhooks.webhooks(session)}
    assert (kept["down"].n_waiting, kept["down"].n_delivered) == (3, 0)
    assert (kept["up"].n_waiting, kept["up"].n_delivered) == (0, 3)
    with writing() as session:
        session.get_one(Webhook, kept["down"].id).url = receiver.url
    assert work(NOW + timedelta(minutes=1)) == 3
    assert len(receiver.got) == 6
    assert all(state == "delivered" for state, _, _ in ledger())


def test_a_receiver_that_is_slow_or_drips_is_cut_off(
    alerts: list[int], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_addresses, "TIMEOUT_SECONDS", 0.3)
    register(receiver.url)
    take(alerts[0])
    receiver.slow = 1.0
    started = time.monotonic()
    assert work() == 0
    receiver.slow, receiver.drip = 0.0, True
    assert work(NOW + timedelta(minutes=1)) == 0
    assert time.monotonic() - started < 5
    assert ledger()[0][:2] == ("waiting", 2)
    assert ledger()[0][2] in ("no answer in time", "no connection")


def test_a_worker_killed_before_it_wrote_the_answer_sends_again(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])

    class Killed(BaseException):
        pass

    def post_and_die(*arguments: Any) -> int:
        webhook_addresses.post(*arguments)
        raise Killed

    with writing() as session:
        webhooks.make_out(session, now=NOW)
    with pytest.raises(Killed):
        webhooks.deliver(now=NOW, send=post_and_die)
    assert ledger() == [("waiting", 0, "")]
    assert webhooks.deliver(now=NOW) == 1
    first, second = (headers["X-Mingjing-Delivery"] for headers, _ in receiver.got)
    assert first == second


def test_no_transaction_is_open_while_a_receiver_is_waited_for(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])

    def post_while_others_write(*arguments: Any) -> int:
        take(alerts[1])
        return webhook_addresses.post(*arguments)

    with writing() as session:
        webhooks.make_out(session, now=NOW)
    assert webhooks.deliver(now=NOW, send=post_while_others_write) == 1


def test_what_happens_while_it_is_stopped_is_sent_when_it_is_resumed(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])
    with writing() as session:
        webhooks.make_out(session, now=NOW)
        webhooks.stop(session, ADMIN, 1, at=NOW)
    take(alerts[1])
    assert work() == 0
    with writing() as session:
        webhooks.resume(session, ADMIN, 1, at=NOW)
    assert work() == 2
    assert [json.loads(body)["alert"] for _, body in receiver.got] == alerts[:2]
    with reading() as session:
        assert [one.state for one in webhooks.listed(session, 1)] == ["delivered", "delivered"]
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "webhook")))
    assert actions == ["webhook.registered", "webhook.stopped", "webhook.resumed"]


def test_redirects_are_not_followed(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])
    receiver.status = 302
    assert work() == 0
    assert len(receiver.got) == 1
    assert ledger() == [("waiting", 1, "HTTP 302: redirects are not followed")]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://10.1.2.3/", "file:///etc/passwd", "10.1.2.3/told", "http://", "http://user:secret@10.1.2.3/",
        "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0/", "http://[::]/", "http://100.100.100.200/", "http://224.0.0.1/", "http://10.1.2.3:99999/",
        "http://10.1.2.3/" + "x" * 300, "http://10.1.2.3/a b", "http://10.1.2.3/\nHost: x", "http://例子.cn/",
        "http://10.1.2.3/#part", "http://[fd00:ec2::254]/", "http://0/", "http://0xa9fea9fe/", "http://2852039166/",
        "http://169.254.43518/", "http://0251.0376.0251.0376/",
    ],
)  # fmt: skip
def test_addresses_that_must_not_be_reached_are_refused(url: str) -> None:
    with pytest.raises(InputRefused, match="expected http"):
        webhook_addresses.check_address(url)


@pytest.mark.parametrize(
    "url", ["http://10.1.2.3/told", "https://pension.example.gov:8443/a?b=c", "http://127.0.0.1:80", "http://[::1]:80/"]
)
def test_addresses_of_the_intranet_are_what_is_expected(url: str) -> None:
    assert webhook_addresses.check_address(url) == url


def test_a_name_is_judged_by_the_address_it_leads_to(
    alerts: list[int], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(receiver.url.replace("127.0.0.1", "localhost"))
    take(alerts[0])
    monkeypatch.setattr(webhook_addresses, "is_refused", lambda host: host in ("127.0.0.1", "::1"))
    assert work() == 0
    assert receiver.got == []
    assert ledger() == [("waiting", 1, "address refused: link-local or metadata")]


def test_only_who_keeps_interfaces_may_and_what_cannot_be_is_refused(alerts: list[int]) -> None:
    url = "http://10.1.2.3/"
    register(url)
    with writing() as session:
        for who in (person("security_admin"), person("approver"), everybody()):
            with pytest.raises(NotPermitted):
                webhooks.register(session, who, name="x", url=url, at=NOW)
            with pytest.raises(NotPermitted):
                webhooks.stop(session, who, 1, at=NOW)
        for wrong in ({"name": "pension"}, {"name": " "}, {"kinds": ["opened"]}, {"region_code": "12"}):
            with pytest.raises(InputRefused):
                webhooks.register(session, ADMIN, **({"name": "y", "url": url, "at": NOW} | wrong))
        with pytest.raises(NotFound):
            webhooks.resume(session, ADMIN, 7, at=NOW)
        with pytest.raises(NotFound):
            webhooks.send_again(session, ADMIN, 7, at=NOW)


def test_the_secret_is_shown_once_and_kept_sealed(alerts: list[int]) -> None:
    secret = register("http://10.1.2.3/")
    with reading() as session:
        assert secret not in session.scalars(select(Webhook.secret)).one()
        assert secret not in repr(webhooks.webhooks(session))
        assert secret not in " ".join(session.scalars(select(AuditEntry.detail)))


def test_a_delivered_one_is_not_sent_again(alerts: list[int], receiver: Receiver) -> None:
    register(receiver.url)
    take(alerts[0])
    work()
    with writing() as session, pytest.raises(TransitionRefused):
        webhooks.send_again(session, ADMIN, 1, at=NOW)


def test_events_that_are_committed_out_of_order_are_all_told(office: Path, receiver: Receiver) -> None:
    fill(now=NOW, n_alerts=20)
    register(receiver.url)
    with reading() as session:
        alert_id = session.scalars(select(Alert.id).order_by(Alert.id).limit(1)).one()
        sqlite = session.get_bind().dialect.name == "sqlite"
    if sqlite:
        with writing() as session:
            record(session, locked(session, alert_id), "noted", everybody(), at=NOW)
        assert work() == 1
        return
    with writing() as slow:
        # It has its number, and is committed after one with a higher number.
        event = AlertEvent(
            alert_id=alert_id, at=NOW, actor="a", kind="noted", version=9, from_status=None, to_status="waiting",
            note="",
        )  # fmt: skip
        slow.add(event)
        slow.flush()
        with writing() as session:
            record(session, locked(session, alert_id + 1), "noted", everybody(), at=NOW)
        assert work() == 0
    assert work() == 2
    numbers = [json.loads(body)["event"] for _, body in receiver.got]
    assert numbers == sorted(numbers)
    with writing() as session:
        assert webhooks.settled(session) == numbers[-1]


def test_of_an_unknown_database_no_event_is_passed_over(small_office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing() as session:
        assert webhooks.settled(session) == 0
        monkeypatch.setattr(session.get_bind().dialect, "name", "another")
        assert webhooks.settled(session) is None, "nothing is told until it can be known"


def test_a_number_that_reads_as_a_name_is_refused_as_such() -> None:
    with pytest.raises(InputRefused, match="not written in full"):
        webhook_addresses.check_address("http://0x7f000001/")
