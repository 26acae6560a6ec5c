"""Photograph the demonstration office's screens into docs/screenshots. `make screenshots` runs it.

Serves the application of the settings on a free port of this machine and drives Chromium, in both sizes of screen and
both languages, signed in as accounts of the office. Exit code 1, with one sentence, where there is no browser, or the
office is not a demonstration: nobody is to be signed in here in the name of a person.
"""

import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import delete, func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from dashboard.app import server
from dashboard.guard import COOKIE
from data.database import migrate, reading, writing
from data.office_time import utc_now
from data.people_tables import Post, SignIn
from data.sign_in import hash_of
from data.simulator.office import is_demonstration
from data.tables import Alert, Score

FOLDER = Path(__file__).parent / "screenshots"
CHROMIUM = Path("/usr/bin/chromium")
SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160)}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True)
class Screen:
    """One picture: its name, who is signed in, the address, and what must be there before it is taken."""

    name: str
    role: str
    """Of `data.rights.ROLES`; empty: nobody is signed in."""
    path: str
    waited_for: str
    theme: str = "day"
    language: str = "zh"

    @property
    def address(self) -> str:
        """The path with language and theme."""
        return f"{self.path}?lang={self.language}&theme={self.theme}"


class _Quiet(WSGIRequestHandler):
    """Does not write a line for every request."""

    def log_request(self, *_args: object) -> None:
        """Nothing."""


def busiest_inspector() -> str:
    """Account of the inspector who verifies most at the moment."""
    with reading() as session:
        taken = select(Alert.assignee).where(Alert.status == "verifying", Alert.assignee.is_not(None))
        order = (func.count().desc(), Alert.assignee)
        return session.scalar(taken.group_by(Alert.assignee).order_by(*order).limit(1)) or ""


def accounts() -> dict[str, str]:
    """Each role's account that is photographed."""
    with reading() as session:
        posts = session.execute(select(Post.role, Post.account).order_by(Post.id.desc())).all()
    return dict(posts) | {"inspector": busiest_inspector()}


def best_alert(account: str) -> int:
    """Number of the highest-ranked alert that somebody is verifying."""
    with reading() as session:
        ranked = (
            select(Alert.id)
            .outerjoin(Score, Score.alert_id == Alert.id)
            .where(Alert.status == "verifying", Alert.assignee == account)
            .order_by(Score.queue_rank.is_(None), Score.queue_rank, Alert.id)
        )
        return session.scalar(ranked.limit(1)) or 0


def screens(alert_id: int) -> list[Screen]:
    """Every picture, in both languages."""
    return [
        Screen(name + suffix, role, path, waited_for, theme, language)
        for name, role, path, waited_for, theme in (
            ("wall", "leader", "/", ".tile", "night"),
            ("wall-day", "leader", "/", ".tile", "day"),
            ("queue", "inspector", "/queue", ".page-queue .ag-row", "day"),
            ("alert", "inspector", f"/alert/{alert_id}", "#alert-body", "day"),
            ("my-work", "inspector", "/my-work", ".page-my_work .work", "day"),
            ("assessment", "leader", "/assessment", ".page-assessment table", "day"),
            ("audit", "audit_admin", "/audit", ".page-audit table", "day"),
            ("sign-in", "", "/sign-in", "form", "day"),
        )
        for language, suffix in (("zh", ""), ("en", "-en"))
        if (name, language) != ("wall-day", "en")
    ]


@contextmanager
def signed_in(account: str) -> Iterator[str]:
    """The token of a browser in which an account is signed in; it ends on leaving."""
    token, now = secrets.token_urlsafe(32), utc_now()
    with writing() as session:
        session.add(
            SignIn(
                token_hash=hash_of(token),
                account=account,
                started_at=now,
                seen_at=now,
                step="open",
                address="127.0.0.1",
            )
        )
    try:
        yield token
    finally:
        with writing() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == hash_of(token)))


def _photograph(browser: Browser, served_at: str, screen: Screen, token: str) -> None:
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=served_at)
        if token:
            context.add_cookies([{"name": COOKIE, "value": token, "url": served_at, "httpOnly": True}])
        page = context.new_page()
        page.goto(screen.address)
        page.wait_for_selector(screen.waited_for)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1200)
        page.screenshot(path=FOLDER / f"{screen.name}-{size}.png")
        context.close()
        sys.stdout.write(f"{FOLDER.name}/{screen.name}-{size}.png\n")


def _photograph_all(served_at: str) -> None:
    people = accounts()
    wanted = screens(best_alert(people["inspector"]))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for role in dict.fromkeys(screen.role for screen in wanted):
            if not role:
                continue
            with signed_in(people[role]) as token:
                for screen in wanted:
                    if screen.role == role:
                        _photograph(browser, served_at, screen, token)
        for screen in wanted:
            if not screen.role:
                _photograph(browser, served_at, screen, "")
        browser.close()


def main() -> int:
    """Take every picture. Returns the exit code."""
    if not CHROMIUM.exists():
        sys.stderr.write(f"No browser at {CHROMIUM}; install the package chromium.\n")
        return 1
    migrate()
    if not is_demonstration():
        sys.stderr.write("There is no demonstration office here to photograph; run `mingjing demo` first.\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    http = make_server("127.0.0.1", 0, server(), threaded=True, request_handler=_Quiet)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    _photograph_all(f"http://127.0.0.1:{http.server_port}")
    http.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
