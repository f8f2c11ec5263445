"""Chinese names in Latin letters, without tones: as people write them in accounts and addresses. Pure.

pypinyin knows no surnames (mozillazg/python-pinyin, issues 120 and 297, open in 2026-11): 单 reads dan in a sentence and Shan
as a surname. Those that differ stand here.
"""

from __future__ import annotations

import os
import re

# Its dictionary of phrases costs 45 MB and 0.1 s (measured with 0.55) and is about sentences; it is read at the import.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

SURNAMES = {
    "单": "shan", "單": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "區": "ou", "查": "zha",
    "朴": "piao", "翟": "zhai", "乐": "yue", "樂": "yue", "盖": "ge", "蓋": "ge", "缪": "miao", "繆": "miao",
    "种": "chong", "召": "shao", "么": "yao", "员": "yun", "員": "yun", "贠": "yun", "卜": "bu", "秘": "bi",
    "折": "she", "繁": "po", "重": "chong", "佴": "nai", "角": "jue", "洗": "xian", "覃": "qin", "句": "gou",
    "能": "nai", "薄": "bo", "都": "du", "藏": "zang", "粘": "nian", "乜": "nie", "祭": "zhai", "阚": "kan",
}  # fmt: skip
"""A surname of one character that has another reading elsewhere; where families differ (覃, 盖, 乐), the commoner one."""

COMPOUND = {
    "欧阳": "ouyang", "歐陽": "ouyang", "尉迟": "yuchi", "尉遲": "yuchi", "万俟": "moqi", "萬俟": "moqi",
    "单于": "chanyu", "單于": "chanyu", "长孙": "zhangsun", "長孫": "zhangsun", "澹台": "tantai",
    "澹臺": "tantai", "令狐": "linghu", "诸葛": "zhuge", "諸葛": "zhuge", "司马": "sima", "司馬": "sima",
    "司徒": "situ", "司空": "sikong", "上官": "shangguan", "夏侯": "xiahou", "东方": "dongfang",
    "東方": "dongfang", "皇甫": "huangfu", "公孙": "gongsun", "公孫": "gongsun", "慕容": "murong",
    "宇文": "yuwen", "轩辕": "xuanyuan", "軒轅": "xuanyuan", "独孤": "dugu", "獨孤": "dugu", "南宫": "nangong",
    "南宮": "nangong", "端木": "duanmu", "西门": "ximen", "西門": "ximen", "百里": "baili", "东郭": "dongguo",
    "東郭": "dongguo", "呼延": "huyan", "淳于": "chunyu", "太史": "taishi", "申屠": "shentu", "濮阳": "puyang",
    "濮陽": "puyang", "赫连": "helian", "赫連": "helian", "钟离": "zhongli", "鍾離": "zhongli", "鲜于": "xianyu",
    "鮮于": "xianyu", "闻人": "wenren", "聞人": "wenren", "闾丘": "lvqiu", "閭丘": "lvqiu", "拓跋": "tuoba",
    "乐正": "yuezheng", "樂正": "yuezheng", "宰父": "zaifu", "亓官": "qiguan", "谷梁": "guliang",
    "穀梁": "guliang", "梁丘": "liangqiu", "左丘": "zuoqiu", "巫马": "wuma", "巫馬": "wuma", "公羊": "gongyang",
    "漆雕": "qidiao", "第五": "diwu", "仲孙": "zhongsun", "仲孫": "zhongsun", "叔孙": "shusun", "叔孫": "shusun",
    "颛孙": "zhuansun", "顓孫": "zhuansun", "羊舌": "yangshe", "微生": "weisheng", "子车": "ziju",
    "子車": "ziju",
}  # fmt: skip
"""Surnames of two characters: where the given name begins, and how they are read."""

_HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
CHINESE = re.compile(f"[{_HAN}]+")
"""A run of Chinese characters."""
_DOT = re.compile("[·•‧・∙]")
_BETWEEN = re.compile(r"[\s·•‧・∙.．]+")


def parts(name: str) -> tuple[str, str, str] | None:
    """(given name, surname, all of it as it is said) in Latin letters, ü as v; one part alone is the given name.

    None for what is not Chinese throughout, or has a character that nobody knows how to read. A name with a dot
    (买买提·吐尔逊) has the given name first.
    """
    words = [word for word in _BETWEEN.split(name) if word]
    if not words or not all(CHINESE.fullmatch(word) for word in words):
        return None
    if _DOT.search(name) and len(words) > 1:
        given, family = _read(words[0]), _read("".join(words[1:]))
        whole = given + family
    else:
        first, rest = _split("".join(words))
        family, given = surname(first), _read(rest)
        whole = family + given
    if not whole.isascii():
        return None
    return (given, family, whole) if given else (whole, "", whole)


def _split(name: str) -> tuple[str, str]:
    size = 2 if name[:2] in COMPOUND and len(name) > 2 else 1
    return name[:size], name[size:]


def surname(text: str) -> str:
    """A surname alone, as it is read as one."""
    return COMPOUND.get(text) or SURNAMES.get(text) or _read(text)


def _read(text: str) -> str:
    # The dictionary of characters: 10 MB and 30 ms, at the first Chinese name and not at every start.
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text, v_to_u=False))
