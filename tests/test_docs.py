"""The documents keep up with the project: a door, setting or dependency that is not described fails here."""

import re
import tomllib
from pathlib import Path

import pytest

from dashboard.command_line import DOORS
from data.rights import ROLES
from docs.draw_states import PICTURE, picture

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.zh.md"]
TEN_WORDS = ["register", "supervision model", "collision", "alert", "level", "verification", "outcome", "risk model"]
TEN_WORDS += ["reason", "rectification"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_every_door_is_described(readme: str) -> None:
    assert [door for door in DOORS if f"`mingjing {door}" not in read(readme)] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_described(readme: str) -> None:
    names = set(re.findall(r"MINGJING_[A-Z_]+", read("data/settings.py")))
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in read(readme)] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_dependency_says_why_it_is_there(readme: str) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = [re.split(r"[\[<>=]", line)[0] for line in wanted]
    assert [name for name in names if f"| {name} |" not in read(readme)] == []


@pytest.mark.parametrize("readme", READMES)
def test_the_ten_words_are_there(readme: str) -> None:
    assert [word for word in TEN_WORDS if f"| {word} |" not in read(readme)] == []


@pytest.mark.parametrize("document", [*READMES, "CHANGELOG.md", "docs/decisions.md"])
def test_links_lead_somewhere(document: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", read(document))
    broken = [link for link in links if "://" not in link and not ((ROOT / document).parent / link).exists()]
    assert broken == []


def test_every_make_target_named_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    named = set(re.findall(r"`make ([a-z]+)", read("README.md") + read("README.zh.md")))
    assert named - targets == set()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_locks_record_hashes_and_no_address(lock: str) -> None:
    text = read(lock)
    assert not re.search(r"https?://|file://|--index-url|--find-links", text)
    pins = re.findall(r"^[a-z0-9][\w.-]*==.*$", text, re.M)
    assert pins
    assert all(pin.endswith("\\") for pin in pins), "a pin without a hash"


def test_migrations_and_cards_ship_with_the_package() -> None:
    patterns = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["package-data"]["*"]
    assert {"*.toml", "*.css", "*.js"} <= set(patterns)


def test_the_picture_of_the_states_is_drawn_from_their_table() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run: python docs/draw_states.py"


@pytest.mark.parametrize("readme", READMES)
def test_the_interface_is_mentioned(readme: str) -> None:
    assert "/api/v1/docs" in read(readme)


@pytest.mark.parametrize("readme", READMES)
def test_every_role_is_described(readme: str) -> None:
    said = read(readme).lower()
    names = [role.name if readme.endswith("zh.md") else role.name_en.split()[0].lower() for role in ROLES.values()]
    assert [name for name in names if name.removesuffix("管理员") not in said] == []
