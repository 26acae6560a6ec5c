"""Settings: what is unset has a default, what cannot be used is refused in one sentence that repeats no password."""

from pathlib import Path

import pytest

from data.errors import InputRefused
from data.settings import settings


def test_an_empty_setting_counts_as_not_set(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "DATABASE_URL", "HOST", "PORT", "LANGUAGE"):
        monkeypatch.setenv(f"MINGJING_{name}", "")
    found = settings()
    assert (found.home, found.host, found.port, found.language) == (tmp_path / "var", "127.0.0.1", 8050, "zh")
    assert found.database_url == f"sqlite:///{tmp_path}/var/office.db"
    assert not found.home.exists()


@pytest.mark.parametrize(
    ("name", "value", "got"),
    [
        ("PORT", "abc", "got abc"),
        ("PORT", "99999", "got 99999"),
        ("PORT", "0", "got 0"),
        ("PORT", "²", "got ²"),
        ("LANGUAGE", "xx", "got xx"),
        ("HOME", __file__, "a file"),
        ("HOME", f"{__file__}/under", "a file"),
        ("HOME", "x" * 400, "File name too long"),
        ("DATABASE_URL", "nonsense-secret", "something that is no address"),
        ("DATABASE_URL", "postgresql://u:secret@host:port/x", "something that is no address"),
        ("DATABASE_URL", "mysql://u:secret@host/x", r"mysql://\.\.\., a kind of database that is not known"),
        ("DATABASE_URL", "sqlite://", "without a database"),
        ("DATABASE_URL", "sqlite:///:memory:", "without a database"),
        ("TRUSTED_PROXY", "proxy.example", "got proxy.example"),
        ("TRUSTED_PROXY", "10.0.0.0/8", "got 10.0.0.0/8"),
    ],
)
def test_what_cannot_be_used_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, got: str
) -> None:
    monkeypatch.setenv(f"MINGJING_{name}", value)
    with pytest.raises(InputRefused, match=rf"^MINGJING_{name}: .*{got}.*expected .*; ") as refusal:
        settings()
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("missing", ["ISSUER", "CLIENT_ID", "CLIENT_SECRET"])
def test_an_identity_provider_is_set_whole_or_not_at_all(
    home: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    given = {"ISSUER": "https://id.example", "CLIENT_ID": "mingjing", "CLIENT_SECRET": "hush"}
    for name, value in given.items():
        monkeypatch.setenv(f"MINGJING_OIDC_{name}", value)
    assert (settings().oidc_issuer, settings().oidc_client_id) == ("https://id.example", "mingjing")
    assert "hush" not in repr(settings())
    monkeypatch.setenv(f"MINGJING_OIDC_{missing}", "")
    with pytest.raises(InputRefused, match=f"^MINGJING_OIDC_{missing}: got nothing, expected a value"):
        settings()


def test_an_identity_provider_is_asked_over_a_sealed_connection(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ISSUER": "http://id.example", "CLIENT_ID": "mingjing", "CLIENT_SECRET": "hush"}.items():
        monkeypatch.setenv(f"MINGJING_OIDC_{name}", value)
    with pytest.raises(InputRefused, match=r"^MINGJING_OIDC_ISSUER: .*expected an address that begins with https://"):
        settings()
