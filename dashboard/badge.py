"""Who is signed in, in words: for the header, and as the watermark that every page and every print carries."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from dash import html
from sqlalchemy import select

from dashboard.formats import local
from data.database import reading
from data.office_time import utc_now
from data.rights import Person
from data.tables import Unit

_TILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="420" height="210">'
    '<g transform="rotate(-20 210 105)" font-family="{font}" font-size="15" fill="#7F8C9A" text-anchor="middle">'
    '<text x="210" y="96">{who}</text><text x="210" y="118">{when}</text></g></svg>'
)
_FONT = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"


@dataclass(frozen=True)
class Badge:
    """A person as a page names it."""

    name: str
    unit: str
    posts: str
    """Unit and roles, the first two of them."""
    all_posts: str
    """Every role with its unit."""


def badge(person: Person, language: str) -> Badge:
    """A person's name, unit and posts in a language."""
    units = _unit_names({person.unit_code, *(post.unit_code for post in person.posts)}, language)
    own = units.get(person.unit_code, person.unit_code)
    roles = list(dict.fromkeys(_role(post.role.name, post.role.name_en, language) for post in person.posts))
    held = dict.fromkeys(
        f"{units.get(post.unit_code, post.unit_code)} {_role(post.role.name, post.role.name_en, language)}"
        for post in person.posts
    )
    shown = [own, *roles[:2]] + (["…"] if len(roles) > 2 else [])
    return Badge(person.name, own, " · ".join(shown), ("；" if language == "zh" else "; ").join(held) or own)


def _role(name: str, name_en: str, language: str) -> str:
    return name if language == "zh" else name_en


def _unit_names(codes: set[str], language: str) -> dict[str, str]:
    name = Unit.name if language == "zh" else Unit.name_en
    with reading() as session:
        return dict(session.execute(select(Unit.code, name).where(Unit.code.in_(codes))).all())


def watermark(worn: Badge) -> html.Div:
    """Name, unit and time all over the page, faint, and printed with it."""
    tile = _TILE.format(font=_FONT, who=escape(f"{worn.name} {worn.unit}"), when=f"{local(utc_now()):%Y-%m-%d %H:%M}")
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return html.Div(
        className="watermark", style={"backgroundImage": f'url("data:image/svg+xml,{quote(tile)}")'}, **hidden
    )
