"""Fixtures that drive a real Chromium against a served application, with every outside name unresolvable.

A page fails its test on a console error, an uncaught exception, a foreign request or a breach of the content policy.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from dashboard.app import server
from dashboard.guard import COOKIE
from data.rights import Person
from tests.people import everybody, sign_in_as

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@dataclass
class Served:
    """An application served from a thread of this process."""

    address: str
    http: BaseWSGIServer
    thread: threading.Thread
    stopped: bool = field(default=False)

    def stop(self) -> None:
        """Stop serving, as when the server dies."""
        if not self.stopped:
            self.http.shutdown()
            self.http.server_close()
            self.thread.join(timeout=10)
            self.stopped = True


class Quiet(WSGIRequestHandler):
    """Does not write a line for every request."""

    def log_request(self, *_args: object) -> None:
        """Nothing."""


def serve() -> Served:
    """Serve the application on a free port of this machine."""
    http = make_server("127.0.0.1", 0, server(), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    return Served(f"http://127.0.0.1:{http.server_port}", http, thread)


class Watched:
    """What a page did that it must not do."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.wrongs: list[str] = []
        self.forgiving = False

    def watch(self, page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note(f"uncaught: {error}"))
        page.on("request", self._request)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => "
            "console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def _note(self, wrong: str) -> None:
        if not self.forgiving:
            self.wrongs.append(wrong)

    def _console(self, message) -> None:
        if message.type == "error":
            self._note(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self._note(f"foreign request: {request.url}")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory):
    """A Chromium with a profile of its own; the test is skipped where none is installed."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(small_office: Path) -> Iterator[Served]:
    """The application, served over this test's office."""
    running = serve()
    yield running
    running.stop()


def sign_in(page, who: Person) -> None:
    """Have a page's browser signed in as somebody, whose account is made where there is none."""
    cookie = {"name": COOKIE, "value": sign_in_as(who), "url": page.watched.address, "httpOnly": True}
    page.context.add_cookies([cookie | {"sameSite": "Lax"}])


def _signed_in_before_it_goes(page) -> None:
    """Sign everybody in at the first address a page goes to: by then the test has filled its office."""
    go = page.goto

    def goto(*args, **kwargs):
        if not page.context.cookies():
            sign_in(page, everybody())
        page.goto = go
        return go(*args, **kwargs)

    page.goto = goto


@pytest.fixture
def open_page(chromium, served: Served):
    """Opens pages of 1920x1080 in browsers of their own: `open_page(person)`, or `open_page(None)` signed out.

    The test fails if one of them did what it must not.
    """
    opened = []

    def open_for(who: Person | None):
        context = chromium.new_context(viewport={"width": 1920, "height": 1080}, base_url=served.address)
        page = context.new_page()
        page.watched = Watched(served.address)
        page.watched.watch(page)
        opened.append(page)
        if who is not None:
            sign_in(page, who)
        return page

    yield open_for
    wrongs = [wrong for page in opened for wrong in page.watched.wrongs]
    for page in opened:
        page.context.close()
    assert not wrongs, "\n".join(wrongs)


@pytest.fixture
def page(open_page):
    """A page in which everybody is signed in as soon as it goes somewhere: `page.goto("/")`."""
    opened = open_page(None)
    _signed_in_before_it_goes(opened)
    return opened
