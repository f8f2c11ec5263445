"""What a Huawei user's fields may hold, in the document of 2019 and in the current one, and the keys of countries.

https://support.huaweicloud.com/api-meeting/meeting_21_0067.html (add a user), meeting_21_0068.html (update)."""

from __future__ import annotations

import re

from bot.sandbox.vendors.wire import Field, flag, text, whole

_NAME = Field(
    str,
    lambda value: 1 <= len(value) <= 64 and bool(value.strip()) and not set("&<>/()'\"") & set(value),
    "string of 1-64 characters without & < > / ( ) ' \"",
)
_ACCOUNT = Field(
    str,
    # A full e-mail address is therefore no account: its "." follows the "@".
    lambda value: (
        bool(re.fullmatch(r"[A-Za-z0-9_.@-]{0,64}", value))
        and not value.isdigit()
        and "." not in value.partition("@")[2]
    ),
    'string of 0-64 letters, digits, _ - . @, not digits only, no "." after "@"',
)
_PASSWORD_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[`~!@#$%^&*()\-_=+|\[{}\];:\",'<.>/?]")
_PASSWORD = Field(
    str,
    lambda value: (
        bool(re.fullmatch(r"[!-~]{8,32}", value)) and sum(bool(re.search(c, value)) for c in _PASSWORD_CLASSES) >= 2
    ),
    "string of 8-32 characters of at least two kinds",
)
_EMAIL = Field(
    str,
    lambda value: len(value) <= 255 and bool(not value or re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value)),
    "e-mail address of 0-255 characters",
)
_PHONE = Field(
    str, lambda value: bool(re.fullmatch(r"(\+[0-9]{5,31})?", value)), '"+", country code and digits, 0-32 characters'
)
_ROOM = Field(
    dict,
    lambda value: set(value) <= {"enableRoom"} and all(type(v) is bool for v in value.values()),
    'object {"enableRoom": boolean}',
)

_BOTH: dict[str, Field] = {
    "name": _NAME,
    "englishName": text(0, 64),
    "phone": _PHONE,
    "country": text(0, 255),
    "email": _EMAIL,
    "account": _ACCOUNT,
    "pwd": _PASSWORD,
    "deptCode": text(0, 32),
    "status": whole(0, 1),
    "function": _ROOM,
    "sortLevel": whole(1, 10000),
    "hidePhone": flag(),
}
LEGACY_FIELDS = {
    **_BOTH,
    "id": text(0, 64),
    "vmrId": text(0, 32),
    "signature": text(0, 128),
    "sendNotify": Field(str, lambda value: value in ("0", "1"), '"0" or "1"'),
}
CURRENT_FIELDS = {
    **_BOTH,
    "signature": text(0, 512),
    "title": text(0, 32),
    "desc": text(0, 128),
    "thirdAccount": text(0, 64),
    "sendNotify": text(0, 16),  # "0" is no; anything else is yes
}

# Neither the account nor the third account can be changed (meeting_21_0068.html, 2026-01-20).
_FIXED = {"account", "thirdAccount", "pwd", "sendNotify", "function"}
UPDATED_FIELDS = {name: rule for name, rule in CURRENT_FIELDS.items() if name not in _FIXED} | {"vmrId": text(0, 32)}

# https://support.huaweicloud.com/api-meeting/meeting_21_0109.html: the key of a number's country, its calling code.
_COUNTRY_ROWS = """
    chinaPR:86 chinaHKG:852 chinaOMA:853 chinaTPE:886 BVl:1284 Bolivia:591 CZ:420 GB:245 SVGrenadines:1784
    TAT:1868 UK:44 afghanistan:93 albania:355 algeria:213 andorra:376 angola:244 argentina:54 armenia:374
    australia:61 austria:43 azerbaijan:994 bahamas:1242 bahrain:973 bangladesh:880 belarus:375 belgium:32
    belize:501 benin:229 bosniaAndHerzegovina:387 botswana:267 brazil:55 brunei:673 bulgaria:359 burkinaFaso:226
    burundi:257 cambodia:855 cameroon:237 canada:1 capeVerde:238 caymanIslands:1345 centralAfrican:236 chad:235
    chile:56 columbia:57 comoros:269 congoB:242 congoJ:243 costarica:506 croatia:385 curacao:599 cyprus:357
    denmark:45 djibouti:253 dominica:1809 ecuador:593 egypt:20 equatorialGuinea:240 estonia:372 finland:358
    france:33 gabon:241 gambia:220 georgia:995 germany:49 ghana:233 greece:30 grenada:1473 guatemala:502
    guinea:224 guyana:592 honduras:504 hungary:36 india:91 indonesia:62 iraq:964 ireland:353 israel:972 italy:39
    ivoryCoast:225 jamaica:1876 japan:81 jordan:962 kazakhstan:7 kenya:254 kuwait:965 kyrgyzstan:996 laos:856
    latvia:371 lebanon:961 lesotho:266 liberia:231 libya:218 lithuania:370 luxembourg:352 macedonia:389
    madagascar:261 malawi:265 malaysia:60 maldives:960 mali:223 malta:356 mauritania:222 mauritius:230 mexico:52
    moldova:373 mongolia:976 montenegro:382 morocco:212 mozambique:258 myanmar:95 namibia:264 nepal:977
    netherlands:31 newZealand:64 nicaragua:505 niger:227 nigeria:234 norway:47 oman:968 pakistan:92
    palestine:970 panama:507 papuaNewGuinea:675 peru:51 philippines:63 poland:48 portugal:351 puertoRico:1787
    qatar:974 romania:40 russia:7 rwanda:250 saintMartin:590 salvatore:503 saudiArabia:966 senegal:221
    serbia:381 seychelles:248 sierraLeone:232 singapore:65 slovakia:421 slovenia:386 somalia:252 southAfrica:27
    southKorea:82 spain:34 sriLanka:94 suriname:597 swaziland:268 sweden:46 switzerland:41 tajikistan:992
    tanzania:255 thailand:66 togo:228 tunisia:216 turkey:90 turkmenistan:993 uae:971 uganda:256 ukraine:380
    uruguay:598 usa:1 uzbekistan:998 venezuela:58 vietNam:84 yemen:967 zambia:260 zimbabwe:263
"""
COUNTRIES: dict[str, str] = dict(re.findall(r"(\w+):(\d+)", _COUNTRY_ROWS))
