"""Draws docs/states.svg from the table of states: forward above, back below, dashed what the office does by itself.

Run it after changing `data/states.py`; a test compares the picture with the table.
"""

from collections import defaultdict
from html import escape
from pathlib import Path

from data.rights import ROLES
from data.states import STATES, TRANSITIONS

PICTURE = Path(__file__).parent / "states.svg"
FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
GROUND, PANEL, LINE, TEXT, MUTED, ACCENT = "#F5F7FA", "#FFFFFF", "#D9E1EA", "#17212E", "#5A6B7E", "#1F6FB2"
WIDTH, BOX, HIGH, GAP, MIDDLE, RISE = 1480, 132, 64, 180, 270, 56
"""Pixels: of the picture, a state's box, its height, from one box to the next, where the row stands, and what an arc
rises for each box it passes over."""


def picture() -> str:
    """The whole picture as SVG."""
    places = {code: 90 + number * GAP for number, code in enumerate(STATES)}
    said = "".join(
        [
            *(_arc(places, source, target, names, dashed) for (source, target), (names, dashed) in _arcs().items()),
            *(_box(places[code], code) for code in STATES),
            *_legend(),
        ]
    )
    high = MIDDLE + 360 + 26 * len(TRANSITIONS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" font-family="{FONTS}" role="img" '
        'aria-label="States of an alert and what leads from one to the next">\n'
        '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{MUTED}"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{high}" fill="{GROUND}"/>\n{said}</svg>\n'
    )


def _arcs() -> dict[tuple[str, str], tuple[list[str], bool]]:
    """For each pair of states what leads from one to the other, and whether only the office itself does."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_office: dict[tuple[str, str], bool] = defaultdict(lambda: True)
    for one in TRANSITIONS:
        for source in one.sources:
            names[source, one.target].append(one.name.split("，")[0])
            by_office[source, one.target] &= one.right == "system"
    return {pair: (said, by_office[pair]) for pair, said in names.items()}


def _arc(places: dict[str, int], source: str, target: str, names: list[str], dashed: bool) -> str:
    start, end = places[source], places[target]
    span = (end - start) / GAP
    style = f'fill="none" stroke="{MUTED}" stroke-width="1.4"' + (' stroke-dasharray="5 4"' if dashed else "")
    above = span > 0
    edge = MIDDLE - HIGH / 2 if above else MIDDLE + HIGH / 2
    if span == 0:
        top = edge + 34
        path = f"M{start - 22} {edge}C{start - 22} {top} {start + 22} {top} {start + 22} {edge + 3}"
        return _line(path, style) + _words(start, edge + 42, names)
    rise = RISE * abs(span) ** 0.85
    apex = edge - rise if above else edge + rise
    lean = 26 if above else -26
    path = (
        f"M{start + lean} {edge}C{start + lean} {_far(edge, apex)} {end - lean} {_far(edge, apex)} {end - lean} {edge}"
    )
    return _line(path, style) + _words((start + end) / 2, apex + (-5 if above else 15), names)


def _far(edge: float, apex: float) -> float:
    # A cubic curve reaches three quarters of the way to its control points.
    return round(edge + (apex - edge) / 0.75, 1)


def _line(path: str, style: str) -> str:
    return f'<path d="{path}" {style} marker-end="url(#a)"/>\n'


def _words(x: float, y: float, names: list[str]) -> str:
    return (
        f'<text x="{x:g}" y="{y:.0f}" text-anchor="middle" font-size="13" fill="{TEXT}" stroke="{GROUND}" '
        f'stroke-width="4" paint-order="stroke">{escape("、".join(names))}</text>\n'
    )


def _box(x: int, code: str) -> str:
    state = STATES[code]
    left, top = x - BOX / 2, MIDDLE - HIGH / 2
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{BOX}" height="{HIGH}" rx="4" fill="{PANEL}" stroke="{ACCENT}"/>'
        f'<text x="{x}" y="{MIDDLE - 8}" text-anchor="middle" font-size="17" fill="{TEXT}">{state.name}</text>'
        f'<text x="{x}" y="{MIDDLE + 9}" text-anchor="middle" font-size="11" fill="{MUTED}">{state.name_en}</text>'
        f'<text x="{x}" y="{MIDDLE + 25}" text-anchor="middle" font-size="11" fill="{MUTED}">'
        f"{state.step} · {code}</text>\n"
    )


_WHO = {"": "", "assignee": "，限领取人 / whoever took it", "other": "，限他人 / not whoever took it"}


def _legend() -> list[str]:
    lines = []
    for number, one in enumerate(TRANSITIONS):
        y = MIDDLE + 340 + 26 * number
        sources = "、".join(STATES[source].name for source in one.sources)
        roles = [role for role in ROLES.values() if one.right in role.rights]
        who = "、".join(role.name for role in roles) + " / " + ", ".join(role.name_en for role in roles)
        who = who if roles else "系统 / the office itself"
        ends = f" ({', '.join(one.outcomes)})" if one.outcomes else ""
        for x, colour, said in (
            (40, TEXT, f"{one.name} {one.name_en}{ends}"),
            (480, MUTED, f"{sources} → {STATES[one.target].name}"),
            (880, MUTED, f"{who}{_WHO[one.who]}"),
        ):
            lines.append(f'<text x="{x}" y="{y}" font-size="13" fill="{colour}">{escape(said)}</text>\n')
    return lines


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
