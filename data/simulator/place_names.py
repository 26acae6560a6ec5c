"""Names of the invented places: things of a scholar's study, so that nobody takes them for real ones."""

COUNTY_NAMES = (
    ("示范县", "Model"),
    ("镇纸县", "Paperweight"),
    ("墨锭县", "Ink Stick"),
    ("笔架县", "Brush Rest"),
    ("砚滴县", "Water Dropper"),
    ("书签县", "Bookmark"),
    ("信笺县", "Letter Paper"),
    ("卷轴县", "Hanging Scroll"),
    ("棋枰县", "Chessboard"),
    ("琴囊县", "Zither Case"),
)
"""By number of the county, from 1."""
_FIRST_TOWNS = (
    ("砚田", "Inkstone Field"),
    ("墨渊", "Deep Ink"),
    ("竹简", "Bamboo Slip"),
    ("笔洗", "Brush Washer"),
    ("书匣", "Book Casket"),
    ("琴谱", "Zither Score"),
    ("砚屏", "Inkstone Screen"),
    ("画轴", "Long Scroll"),
    ("印匣", "Seal Box"),
    ("素笺", "Plain Letter"),
)
"""Towns of the first county."""
_TOWN_FRONT = (
    ("青", "Green"), ("玄", "Black"), ("丹", "Red"), ("雪", "Snowy"), ("松", "Pine"),
    ("云", "Cloud"), ("月", "Moon"), ("荷", "Lotus"), ("梅", "Plum"), ("霜", "Frosty"),
)  # fmt: skip
_TOWN_BACK = (
    ("笺", "Letter"), ("匣", "Casket"), ("谱", "Score"), ("屏", "Screen"), ("绢", "Silk"), ("毫", "Brush"),
    ("册", "Album"), ("印", "Seal"), ("帙", "Book Wrap"),
)  # fmt: skip
"""Front and back of the names of towns in the other counties."""
_VILLAGE_FRONT = (("东", "East"), ("西", "West"), ("南", "South"), ("北", "North"), ("上", "Upper"), ("下", "Lower"))
_VILLAGE_BACK = (
    ("笺", "Letter"), ("匣", "Casket"), ("牍", "Tablet"), ("轴", "Scroll"), ("砚", "Inkstone"), ("墨", "Ink"),
    ("简", "Slip"), ("谱", "Score"), ("屏", "Screen"), ("绢", "Silk"), ("毫", "Brush"), ("册", "Album"),
    ("印", "Seal"), ("帙", "Book Wrap"), ("琴", "Zither"), ("棋", "Chess"), ("帖", "Rubbing"), ("篆", "Engraving"),
    ("函", "Book Case"), ("扇", "Fan"), ("镇", "Paperweight"), ("笔", "Pen"), ("卷", "Roll"), ("章", "Stamp"),
    ("签", "Bookmark"), ("联", "Couplet"), ("囊", "Pouch"), ("案", "Desk"),
)  # fmt: skip
N_VILLAGE_NAMES = len(_VILLAGE_FRONT) * len(_VILLAGE_BACK)


def town_name(county: int, number: int) -> tuple[str, str]:
    """Name of the town of that number (from 0) in the county of that number (from 1), without its kind."""
    if county == 1:
        return _FIRST_TOWNS[number]
    front, front_en = _TOWN_FRONT[number]
    back, back_en = _TOWN_BACK[(county - 2 + number) % len(_TOWN_BACK)]
    return front + back, f"{front_en} {back_en}"


def merged_town_name(county: int) -> tuple[str, str]:
    """Name of the township that was merged into the county's first town."""
    if county == 1:
        return "旧砚乡", "Old Inkstone Township"
    name, name_en = town_name(county, 0)
    return f"旧{name}乡", f"Old {name_en} Township"


def village_name(number: int) -> tuple[str, str]:
    """Name of the village of that number, from 0 to below `N_VILLAGE_NAMES`."""
    back, back_en = _VILLAGE_BACK[number // len(_VILLAGE_FRONT)]
    front, front_en = _VILLAGE_FRONT[number % len(_VILLAGE_FRONT)]
    return f"{front}{back}村", f"{front_en} {back_en} Village"
