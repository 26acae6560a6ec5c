"""Every setting, read once from the environment. The README's table of settings is tested against this file."""

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from data.errors import InputRefused

_LANGUAGES = ("zh", "en")
_OIDC = {
    "oidc_issuer": "MINGJING_OIDC_ISSUER",
    "oidc_client_id": "MINGJING_OIDC_CLIENT_ID",
    "oidc_client_secret": "MINGJING_OIDC_CLIENT_SECRET",
}
_DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")


@dataclass(frozen=True)
class Settings:
    """Where an office keeps its things and how it is served."""

    home: Path
    """MINGJING_HOME: folder of the embedded database, registers and keys. Default: ./var"""
    database_url: str
    """MINGJING_DATABASE_URL: SQLAlchemy address. Default: SQLite file office.db in the home folder."""
    host: str
    """MINGJING_HOST: address the web application binds to. Default: 127.0.0.1 (this machine only)."""
    port: int
    """MINGJING_PORT: port the web application listens on. Default: 8050."""
    language: str
    """MINGJING_LANGUAGE: language of first paint, zh or en. Default: zh."""
    trusted_proxy: str = ""
    """MINGJING_TRUSTED_PROXY: address of the proxy in front, whose X-Forwarded-For and -Proto are believed."""
    oidc_issuer: str = ""
    """MINGJING_OIDC_ISSUER: address of an OpenID Connect provider to sign in with. Default: none."""
    oidc_client_id: str = ""
    """MINGJING_OIDC_CLIENT_ID: what the provider knows this office by."""
    oidc_client_secret: str = field(default="", repr=False)
    """MINGJING_OIDC_CLIENT_SECRET: what this office proves it with."""

    @property
    def embedded(self) -> bool:
        """Whether the office runs on its own SQLite file, so that `serve` also starts the worker."""
        return self.database_url.startswith("sqlite")

    @property
    def registers(self) -> Path:
        """Folder of the filed register versions (Parquet)."""
        return self.home / "registers"


def settings() -> Settings:
    """The settings in force, from the environment; one that is empty counts as not set.

    Raises: InputRefused, naming the first one that cannot be used.
    """
    home = _home(os.environ.get("MINGJING_HOME") or "var")
    return Settings(
        home=home,
        database_url=_database_url(os.environ.get("MINGJING_DATABASE_URL") or f"sqlite:///{home / 'office.db'}"),
        host=os.environ.get("MINGJING_HOST") or "127.0.0.1",
        port=_port(os.environ.get("MINGJING_PORT") or "8050"),
        language=_language(os.environ.get("MINGJING_LANGUAGE") or "zh"),
        trusted_proxy=_trusted_proxy(os.environ.get("MINGJING_TRUSTED_PROXY") or ""),
        **_oidc(),
    )


def _home(text: str) -> Path:
    try:
        home = Path(text).resolve()
        there = next(folder for folder in (home, *home.parents) if folder.exists())
        fault = "a file" if not there.is_dir() else ""
        fault = fault or ("a folder that may not be written to" if not os.access(there, os.W_OK | os.X_OK) else "")
    except OSError as error:
        fault = f"a path that cannot be used ({error.strerror})"
    if fault:
        raise InputRefused(
            f"MINGJING_HOME: got {text[:200]}, {fault}; expected a folder that can be written to, existing or not; "
            "name another."
        )
    return home


def _database_url(text: str) -> str:
    # The address may hold a password: nothing of it but its kind is repeated.
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    fault = ""
    try:
        url = make_url(text)
        if url.drivername not in _DATABASES:
            fault = f"{url.drivername[:20]}://..., a kind of database that is not known here"
        elif not url.database or url.database == ":memory:":
            fault = f"{url.drivername}:// without a database"
    except (ArgumentError, ValueError):
        fault = "something that is no address"
    if fault:
        raise InputRefused(
            f"MINGJING_DATABASE_URL: got {fault}; expected postgresql://user:password@host/name, or sqlite:/// and the "
            "path of a file; mend it, or leave it out for the database in the home folder."
        )
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= 65535):
        raise InputRefused(f"MINGJING_PORT: got {text[:40]}, expected a number from 1 to 65535, such as 8050; mend it.")
    return int(text)


def _language(text: str) -> str:
    if text not in _LANGUAGES:
        raise InputRefused(f"MINGJING_LANGUAGE: got {text[:40]}, expected zh or en; mend it, or leave it out for zh.")
    return text


def _trusted_proxy(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise InputRefused(
            f"MINGJING_TRUSTED_PROXY: got {text[:60]}, expected the network address of the proxy in front, such as "
            "10.0.0.5; mend it, or leave it out where there is none."
        ) from None


def _oidc() -> dict[str, str]:
    found = {name: os.environ.get(variable) or "" for name, variable in _OIDC.items()}
    missing = [variable for name, variable in _OIDC.items() if not found[name]]
    if missing and len(missing) < len(_OIDC):
        raise InputRefused(
            f"{missing[0]}: got nothing, expected a value, as another setting of the identity provider is there; give "
            f"all of {', '.join(_OIDC.values())}, or none."
        )
    issuer = found["oidc_issuer"]
    if issuer and not issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise InputRefused(
            f"MINGJING_OIDC_ISSUER: got {issuer[:80]}, expected an address that begins with https://; mend it."
        )
    return found
