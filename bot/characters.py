"""Characters as people type and paste them: what cannot be seen goes, what is the same becomes the same. Pure.

`clean` is for a line of words, `clean_lines` for a pasted card, `fold` for accounts and addresses, `number` for telephone
numbers. Each is idempotent and linear in the length of the text.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159")
"""Letters and symbols that show nothing: Hangul fillers, the empty Braille cell, an object that was not pasted along."""

ZWNJ, ZWJ, MONGOLIAN_SEPARATOR = "\u200c", "\u200d", "\u180e"
_JOINERS = frozenset((ZWNJ, ZWJ, MONGOLIAN_SEPARATOR))
_UNSEEN = re.compile("[\u034f\u17b4\u17b5\u2065\ufff0-\ufff8\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")
"""Default_Ignorable_Code_Point beside the categories Cc and Cf and the variation selectors (Unicode 16, chapter 5.21)."""
_SELECTOR = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# RFC 5892, appendix A.1: between letters that join. Arabic (Persian, Uyghur), Syriac, N'Ko, Mongolian, Phags-pa.
_JOINING = re.compile("[\u0620-\u08ff\u1807-\u18aa\ua840-\ua872\ufb50-\ufdff\ufe70-\ufefc]")
_MONGOLIAN = re.compile("[\u1820-\u18aa]")
_PICTURE = re.compile("[\U0001f000-\U0001faff]")
_COMPATIBLE = re.compile("[０-９Ａ-Ｚａ-ｚ\uff61-\uffdc\ufb00-\ufb06\u2f00-\u2fd5]+")
"""Full-width letters and digits, half-width kana and Hangul, ligatures, and Kangxi radicals (which PDF files give for 高 or 文)."""
_RADICALS = str.maketrans(
    dict(
        zip(
            "⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
            "民西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
            strict=True,
        )
    )
)
"""CJK radicals that PDF files give for ordinary characters: Unicode's EquivalentUnifiedIdeograph.txt, those that are surnames or in names."""
_PLAIN = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2015\u2212‘’", "-------''")
"""What editors make of a typed hyphen and apostrophe."""
_SIGNS = str.maketrans("＋（）［］．／\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc－", "+()[]./---------")


def clean(text: str) -> str:
    """One line without what cannot be seen, in NFC, any white space a single blank. Empty when nothing is left to see."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    # Composing reorders marks, and so what stands before a joiner: once more until nothing changes, mostly once.
    while (plain := " ".join(_composed(_visible(text)).split())) != text:
        text = plain
    return text if any(unicodedata.category(char)[0] in "LNPS" for char in text) else ""


def clean_lines(text: str) -> str:
    """The same for a text of several lines: line breaks and tabs stay, for they say what belongs together."""
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)
    return "\n".join("\t".join(clean(cell) for cell in line.split("\t")) for line in lines).strip("\n")


def fold(text: str) -> str:
    """`clean`, and every compatible form as the plain character (NFKC, dashes): for what is matched and not shown."""
    while (plain := clean(unicodedata.normalize("NFKC", clean(text))).translate(_PLAIN)) != text:
        text = plain
    return text


def number(text: str) -> str:
    """`clean`, with every script's decimal digits and a number's full-width signs and dashes as ASCII.

    Not NFKC: that reads ² and ① as digits, and a number with a stray digit is somebody else's.
    """
    return "".join(
        str(unicodedata.decimal(char)) if unicodedata.category(char) == "Nd" else char
        for char in clean(text).translate(_SIGNS)
    )


def holds_number(text: str) -> bool:
    """Whether seven or more digits stand in a row, whatever separates them: a telephone number, or as long as one."""
    signs = (char for char in unicodedata.normalize("NFKC", text) if char.isalnum())
    return re.search("d{7}", "".join("d" if _is_digit(char) else "." for char in signs)) is not None


def look_alike(text: str) -> str | None:
    """The first letter that is taken for an English one: of a script with such letters, or a phonetic sign as ɡ."""
    scripts = (
        "CYRILLIC",
        "GREEK",
        "ARMENIAN",
        "CHEROKEE",
        "COPTIC",
        "LISU",
        "LATIN SMALL LETTER SCRIPT",
        "LATIN LETTER",
    )
    return next(
        (char for char in text if unicodedata.name(char, "").startswith(scripts) or "\u0250" <= char <= "\u02af"), None
    )


def _is_digit(char: str) -> bool:
    """Any script's, Chinese numerals too: 一三八〇〇一三八〇〇〇 is a number."""
    return unicodedata.numeric(char, -1.0) in range(10)


def _visible(text: str) -> str:
    """Without control and format characters, halves of surrogate pairs and selectors that select nothing."""
    marks = [" " if char in BLANK else char for char in text if char.isspace() or not _is_unseen(char)]
    kept = [""]
    for char, after in itertools.pairwise([*marks, ""]):
        if char in _JOINERS:
            if _joins(kept[-1], char, after):
                kept.append(char)
        elif not _SELECTOR.match(char) or _selects(kept[-1], after):
            kept.append(char)
    return "".join(kept)


def _is_unseen(char: str) -> bool:
    if char in _JOINERS:
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") or _UNSEEN.match(char) is not None


def _joins(before: str, joiner: str, after: str) -> bool:
    """Whether an invisible joiner is needed there: inside an emoji, after a virama, between letters that join."""
    if not before or after in _JOINERS or _SELECTOR.match(after):
        return False
    if joiner == MONGOLIAN_SEPARATOR:
        return bool(_MONGOLIAN.match(before) and _MONGOLIAN.match(after))
    if unicodedata.combining(before) == 9:  # a virama; the old spelling of Malayalam's chillu ends a word with ZWJ
        return True
    if joiner == ZWJ and after and (before == "\ufe0f" or _is_picture(before)) and _is_picture(after):
        return True
    return bool(_JOINING.match(before) and _JOINING.match(after))


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sm") or _PICTURE.match(char) is not None


def _selects(before: str, after: str) -> bool:
    """Whether a variation selector has something to select: an emoji, an ideograph, a keycap."""
    if not before or before.isascii():
        return after == "\u20e3"
    return unicodedata.category(before) in ("So", "Sm", "Sk", "Po", "Pd", "Lo") or _PICTURE.match(before) is not None


def _composed(text: str) -> str:
    plain = _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(_RADICALS))
    return unicodedata.normalize("NFC", plain)
