"""`mingjing serve` and `mingjing work`: the web application and the worker."""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import click
from sqlalchemy import select

from data.database import engine, migrate, reading, writing
from data.errors import InputRefused
from data.office_time import utc_now
from data.people_tables import Account
from data.settings import settings
from data.supervision_models import offer_built_in

_UNSEALED = (
    "Warning: passwords and alerts cross the network unsealed. Put a proxy that speaks TLS in front, bind to 127.0.0.1 "
    "or a network of its own, and name the proxy in MINGJING_TRUSTED_PROXY."
)
_NO_ACCOUNT = (
    "Nobody can sign in yet. Make the first accounts on this machine, one for each administrator: "
    "mingjing account add LOGIN --unit CODE --role system_admin (then security_admin and audit_admin)."
)


@click.command()
@click.option("--host", default=None, help="Address to bind to; default 127.0.0.1, this machine only.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port; default 8050.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
def serve(host: str | None, port: int | None, processes: int) -> None:
    """Serve the web application and, on embedded storage, the worker."""
    host, port = host or settings().host, port or settings().port
    _refuse_taken(host, port)
    migrate()
    with writing() as session:
        offer_built_in(session, at=utc_now())
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    click.echo(f"Mingjing 明镜: http://{address}  (Ctrl-C stops)")
    if host in ("127.0.0.1", "localhost", "::1"):
        click.echo("Bound to this machine only; nobody else on the network can reach it.")
    else:
        click.echo(_UNSEALED, err=True)
    if not _has_accounts():
        click.echo(_NO_ACCOUNT, err=True)
    worker = _start_worker() if settings().embedded else None
    try:
        _run_gunicorn(address, processes)
    finally:
        if worker is not None:
            _stop(worker)


def _has_accounts() -> bool:
    with reading() as session:
        return session.scalar(select(Account.code).limit(1)) is not None


def _refuse_taken(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise _wrong_host(host) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _wrong_host(host) from None
            other = port + 1 if port < 65535 else port - 1
            raise InputRefused(
                f"Cannot listen on {host}:{port} ({error.strerror}); expected a free port. "
                f"Stop what runs there, or choose another: make run PORT={other}"
            ) from None


def _wrong_host(host: str) -> InputRefused:
    return InputRefused(
        f"Cannot listen on the host {host[:80]}: it is no address of this machine; expected one such as 127.0.0.1, or "
        "0.0.0.0 for all of its networks. Mend --host or MINGJING_HOST."
    )


def _start_worker() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dashboard.doors.serve", "--parent", str(os.getpid())]
    return subprocess.Popen(command)  # noqa: S603


def _stop(worker: subprocess.Popen[bytes]) -> None:
    """Let the worker end what it is doing; what it cannot end soon is rolled back and done at the next start."""
    worker.terminate()
    try:
        worker.wait(timeout=10)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _leave(_server: object, _worker: object) -> None:
    # A web process keeps nothing but connections; taking the interpreter down in order can outlast gunicorn's patience,
    # which then reports a killed process as if something were wrong.
    os._exit(0)


def _run_gunicorn(address: str, processes: int) -> None:
    from gunicorn.app.base import BaseApplication

    # The web processes are forks of this one: a connection left open here would be one that they all talk through.
    engine().dispose()

    class Web(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options = {
                "bind": address,
                "workers": processes,
                "threads": 8,
                "worker_class": "gthread",
                "preload_app": False,
                "timeout": 120,
                "graceful_timeout": 5,
                "loglevel": "warning",
                "worker_exit": _leave,
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from dashboard.app import server

            return server()

    Web().run()


@click.command()
@click.option("--parent", type=int, default=None, help="Process to live and die with.", hidden=True)
def work(parent: int | None) -> None:
    """Run the worker: score what came in, run supervision models when registers changed."""
    from dashboard.worker import Worker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for quiet in ("apscheduler", "alembic"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    migrate()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if parent is not None:
        # Ctrl-C reaches the whole group; the web application ends its worker itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(parent=parent).run()


if __name__ == "__main__":
    work()
