"""What people write: length and characters checked in one place, before it is kept or shown to anybody."""

import re
import unicodedata
from collections.abc import Mapping

from data.errors import InputRefused
from data.identity_numbers import without_numbers

NAMES: Mapping[str, tuple[str, str]] = {
    "note": ("the note", "说明"),
    "reason": ("the reason", "理由"),
    "evidence": ("where the evidence is kept", "证据存放处"),
    "decision": ("the decision", "审批意见"),
    "question": ("the question", "询问内容"),
    "answer": ("the answer", "答复"),
    "demand": ("the demand", "督办要求"),
    "name": ("the name", "名称"),
    "reference": ("the number of the alert or case", "预警或案件编号"),
}
"""What a text is called in a refusal, in English and Chinese; a name that is not here is shown as it stands."""
MOST = 2000
"""Characters of a text where nothing else is said."""
_NO_PLACE = re.compile(r"(没有?|暂无|尚无|无|未|不详|略|none|nothing|nil|no\b|n/?a\b|-)", re.IGNORECASE)
_PLACE = re.compile(r"[0-9０-９卷号柜档盒架库室册]")
_LONG_ENOUGH = 6
"""Characters of a place that names neither a number nor a shelf."""
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, so that it reads otherwise than it is stored."""
_AS_KEPT = str.maketrans({"\u2028": "\n", "\u2029": "\n"})
"""Line ends that word processors paste along."""
_JOINERS = frozenset("\u200c\u200d")
"""Marks of no width that some scripts need between two letters; elsewhere, like all others, they are left out."""
_BLANKS = frozenset("\u2800\u3164\u115f\u1160\uffa0")
"""Letters and signs that are drawn as nothing."""


def written(text: str, *, name: str = "note", least: int = 0, most: int = MOST) -> str:
    """The text as it is kept: composed (NFC), line ends as one, no blanks around it, identity numbers masked.

    Raises InputRefused where fewer than `least` characters are to be seen, where there are more than `most`, or where
    one does not show.
    """
    en, zh = NAMES.get(name, (name, name))
    if not isinstance(text, str):
        raise InputRefused(f"{en}: got {type(text).__name__}, expected text.", f"{zh}：应为文字。")
    kept = text.replace("\r\n", "\n").replace("\r", "\n").translate(_AS_KEPT)
    kept = unicodedata.normalize("NFC", _without_marks(kept)).strip()
    hidden = next((at for at, character in enumerate(kept, start=1) if not _shows(character)), None)
    if hidden is not None:
        code = f"U+{ord(kept[hidden - 1]):04X}"
        raise InputRefused(
            f"{en}: character {hidden} is {code}, which does not show; type the text anew without it.",
            f"{zh}：第 {hidden} 个字符是不可见字符（{code}），请删除后重试。",
        )
    visible = sum(_is_visible(character) for character in kept)
    if visible < least:
        raise InputRefused(
            f"{en}: got {visible} characters, expected at least {least}; say it in words.",
            f"{zh}：现有 {visible} 个字，至少 {least} 个字，请写清楚。",
        )
    if len(kept) > most:
        raise InputRefused(
            f"{en}: got {len(kept)} characters, expected at most {most}; shorten it, or attach it as a file.",
            f"{zh}：现有 {len(kept)} 个字，最多 {most} 个字，请精简或作为附件上传。",
        )
    return without_numbers(kept)


def says_where(reference: str) -> bool:
    """Whether a text says where paper is kept: a number, a volume, a cabinet..., and not that there is none."""
    reference = reference.strip()
    if _NO_PLACE.match(reference) and not re.search(r"[0-9]", reference):
        return False
    return bool(_PLACE.search(reference)) or len(reference) >= _LONG_ENOUGH


def paper_reference(text: str) -> str:
    """Where paper is kept, as it is kept on record; empty where nothing was said. Raises InputRefused for no place."""
    reference = written(text, name="evidence", most=200)
    if reference and not says_where(reference):
        raise InputRefused(
            f"Where the evidence is kept: got “{reference[:40]}”, expected a place somebody finds, with its number: "
            "volume, cabinet, file. Name it, or attach the file.",
            f"证据存放处“{reference[:40]}”不能据以查找，应写明卷号、柜号或档案号等，或者上传附件。",
        )
    return reference


def _shows(character: str) -> bool:
    if character in "\n\t":
        return True
    hidden = character in _TURNS or character in _BLANKS
    return not hidden and unicodedata.category(character) not in ("Cc", "Cs")


def _is_visible(character: str) -> bool:
    """Whether a character counts towards what must be said: blanks, line ends and marks on a letter do not."""
    return unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me")


def _without_marks(text: str) -> str:
    """The text without the marks of no width (category Cf) that are pasted along; what turns it is refused later."""
    kept = []
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        joins = character in _JOINERS and before.isalpha() and after.isalpha()
        if joins or character in _TURNS or unicodedata.category(character) != "Cf":
            kept.append(character)
    return "".join(kept)
