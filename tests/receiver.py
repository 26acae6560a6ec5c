"""A receiver of webhooks for tests: a real server on this machine, and the fixture that starts it."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class Receiver:
    """A system that is told: a real server on this machine that answers as it is set."""

    def __init__(self) -> None:
        self.status, self.slow, self.drip, self.got = 204, 0.0, False, list[tuple[dict[str, str], bytes]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                time.sleep(outer.slow)
                if outer.drip:
                    outer.trickle(self)
                    return
                self.send_response(outer.status)
                self.send_header("Location", outer.url)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            for _ in range(100):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-More: "[:1])
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()
