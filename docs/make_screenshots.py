"""Photograph the current office's screens into docs/screenshots. `make screenshots` runs it.

Serves the application of the settings on a free port of this machine and drives Chromium, in both sizes of screen and
both languages. Exit code 1, with one sentence, where there is no browser or no alert to show.
"""

import sys
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from dashboard.app import server
from data.database import migrate, reading
from data.tables import Alert, Score

FOLDER = Path(__file__).parent / "screenshots"
CHROMIUM = Path("/usr/bin/chromium")
SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160)}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class _Quiet(WSGIRequestHandler):
    """Does not write a line for every request."""

    def log_request(self, *_args: object) -> None:
        """Nothing."""


def best_alert() -> int | None:
    """Number of the highest-ranked open alert; None in an empty office."""
    with reading() as session:
        ranked = (
            select(Alert.id)
            .outerjoin(Score, Score.alert_id == Alert.id)
            .where(Alert.status == "open")
            .order_by(Score.queue_rank.is_(None), Score.queue_rank, Alert.id)
        )
        return session.scalar(ranked.limit(1))


def screens(alert_id: int) -> dict[str, tuple[str, str]]:
    """Each picture's name with its address and what must be on the screen before it is taken."""
    return {
        "wall": ("/?lang=zh&theme=night", ".tile"),
        "wall-en": ("/?lang=en&theme=night", ".tile"),
        "wall-day": ("/?lang=zh&theme=day", ".tile"),
        "queue": ("/queue?lang=zh&theme=day", ".page-queue .ag-row"),
        "queue-en": ("/queue?lang=en&theme=day", ".page-queue .ag-row"),
        "alert": (f"/alert/{alert_id}?lang=zh&theme=day", "#alert-body"),
        "alert-en": (f"/alert/{alert_id}?lang=en&theme=day", "#alert-body"),
    }


def _photograph(browser: Any, address: str, name: str, path: str, waited_for: str) -> None:
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=address)
        page: Page = context.new_page()
        page.goto(path)
        page.wait_for_selector(waited_for)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1200)
        page.screenshot(path=FOLDER / f"{name}-{size}.png")
        context.close()
        sys.stdout.write(f"{FOLDER.name}/{name}-{size}.png\n")


def main() -> int:
    """Take every picture. Returns the exit code."""
    if not CHROMIUM.exists():
        sys.stderr.write(f"No browser at {CHROMIUM}; install the package chromium.\n")
        return 1
    migrate()
    alert_id = best_alert()
    if alert_id is None:
        sys.stderr.write("The office has no open alert to show; run `mingjing demo` first.\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    http = make_server("127.0.0.1", 0, server(), threaded=True, request_handler=_Quiet)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (path, waited_for) in screens(alert_id).items():
            _photograph(browser, f"http://127.0.0.1:{http.server_port}", name, path, waited_for)
        browser.close()
    http.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
