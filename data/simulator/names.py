"""Invented names with the skew of real ones, so that people of the same name occur, and rare characters."""

import numpy as np

from data.simulator.calendar import Flags, Floats, Texts

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
_MALE = "伟强磊军勇杰涛明辉刚平斌鹏飞波建国文华志海龙亮林东新德成福民荣生春山宝根水木金土"
_FEMALE = "芳娜敏静丽秀英娟燕玲红梅霞兰桂珍凤琴云月莲香花翠玉素爱美淑春菊琼雪彩巧仙娥"
_RARE = "龘堃淼犇玥翀喆燊祎嬿䶮㛃"


def _skewed(n: int) -> Floats:
    weights: Floats = 1.0 / (np.arange(n) + 2.0)
    shares: Floats = weights / weights.sum()
    return shares


def invent_names(draw: np.random.Generator, surnames: Texts, male: Flags) -> Texts:
    """A name for each surname: one given character for a quarter of people, two for the others, 0.3 % rare ones."""
    n = len(surnames)
    given = []
    for _ in range(2):
        choices = [draw.choice(list(table), n, p=_skewed(len(table))) for table in (_MALE, _FEMALE)]
        given.append(np.where(male, choices[0], choices[1]))
    second = np.where(draw.random(n) < 0.25, "", given[1])
    second = np.where(draw.random(n) < 0.003, draw.choice(list(_RARE), n), second)
    return np.char.add(np.char.add(surnames, given[0]), second)


def invent_surnames(draw: np.random.Generator, n: int) -> Texts:
    """`n` surnames, the first ones of the table the most frequent."""
    return draw.choice(list(_SURNAMES), n, p=_skewed(len(_SURNAMES)))
