"""Many at once, as Slack shows it: the forms, the one message with its buttons, the result file. Pure: facts in, blocks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from bot.batch import Batch, BatchUpdate, Row, RowState, Sample, Tally
from bot.hire import Field, Text
from bot.outcome import Failure, account_of
from bot.request import Record
from bot.slack.blocks import Message, actions_block, button_element, context_block, plain, section
from bot.slack.messages import ICONS, code, escape, moment
from bot.slack.words import enumerated, long, pick, say
from bot.spreadsheet import columns

View = dict[str, Any]

BUTTONS = "newhire_batch"
"""The block_id of a batch's buttons."""
CALLBACK, COLUMNS_CALLBACK = "newhire_many", "newhire_columns"
FILE, TEXT, PROVIDER, VALUE, TEMPLATE = "file", "people", "provider", "value", "newhire_template"
"""block_ids of the form; the action_id of each is `VALUE`, but for the button of the template."""
COLUMN, FOR_ALL = "column.", "all."
"""How block_ids begin in the form about columns: before a column's place, or a field's name."""
NOTHING = "-"

BAR = 20
SHOWN_COLUMNS, MOST_SELECTS, MOST_VALUES = 12, 60, 20
CELL, TABLE = 200, 9_000
"""Characters of a cell in a table, and of all cells: Slack bounds the whole of a data_table, and says nothing of a table
(docs.slack.dev/reference/block-kit/blocks/table-block, 2026-11).
"""

COUNTED = ("ready", "wrong", "twice", "requested", "there")
CAME = ("created", "to_activate", "existing", "failed", "unknown")


class Offer(Protocol):
    """What is shown of a provider."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Text: ...
    def fields(self) -> Sequence[Field]: ...
    def advice(self, code: str | None) -> Text | None: ...


# The form.


def form(offers: Sequence[Offer], lang: str, *, provider: str = "", text: str = "", notice: str = "") -> View:
    """The modal that takes a file, or pasted text."""
    chosen = next((offer for offer in offers if offer.key == provider), offers[0])
    options = [_option(pick(offer.title, lang), offer.key) for offer in offers]
    blocks: list[View] = [context_block(say(lang, "many.intro"))]
    if notice:
        blocks.insert(0, section(f"⚠️ {notice}"))
    if len(offers) > 1:
        select: View = {"type": "static_select", "action_id": VALUE, "options": options}
        select["initial_option"] = next(each for each in options if each["value"] == chosen.key)
        blocks.append(_input(PROVIDER, say(lang, "form.provider"), select))
    file = {"type": "file_input", "action_id": VALUE, "filetypes": ["xlsx", "csv", "txt", "tsv"], "max_files": 1}
    blocks.append(_input(FILE, say(lang, "many.file"), file, hint=say(lang, "many.file.hint"), optional=True))
    pasted: View = {"type": "plain_text_input", "action_id": VALUE, "multiline": True}
    if text:
        pasted["initial_value"] = text[:3000]
    blocks.append(_input(TEXT, say(lang, "many.text"), pasted, hint=say(lang, "many.text.hint"), optional=True))
    blocks.append(actions_block(TEMPLATE, [button_element(TEMPLATE, say(lang, "many.template"), chosen.key)]))
    return _modal(CALLBACK, say(lang, "many.title"), say(lang, "many.submit"), say(lang, "form.cancel"), blocks)


def columns_form(update: BatchUpdate, offer: Offer, lang: str) -> View:
    """The modal in which a person says what each column is, and what stands for everybody."""
    batch = update.batch
    asked = [field for field in offer.fields() if field.ask.kind != "secret"]
    options = [_option(say(lang, "columns.none"), NOTHING)]
    options += [_option(pick(field.ask.title, lang), field.name) for field in asked]
    halves = {columns.GIVEN, columns.FAMILY} & set(batch.understood)
    options += [_option(say(lang, f"columns.{half}"), half) for half in sorted(halves)]
    blocks: list[View] = [context_block(say(lang, "columns.intro"))] if batch.header else []
    for place, header in list(enumerate(batch.header))[:MOST_SELECTS]:
        if header and columns.plain_ours(header) is None:
            known = batch.understood[place] if place < len(batch.understood) else None
            chosen = next((each for each in options if each["value"] == (known or NOTHING)), options[0])
            select = {"type": "static_select", "action_id": VALUE, "options": options, "initial_option": chosen}
            blocks.append(_input(f"{COLUMN}{place}", header[:200], select))
    blocks.append(context_block(say(lang, "columns.values")))
    missing = [field for field in asked if field.name not in batch.understood and field.name not in _PERSONAL]
    for field in missing[:MOST_VALUES]:
        blocks.append(
            _input(f"{FOR_ALL}{field.name}", pick(field.ask.title, lang), _for_all(field, batch, lang), optional=True)
        )
    title, submit = say(lang, "columns.title"), say(lang, "columns.submit")
    view = _modal(COLUMNS_CALLBACK, title, submit, say(lang, "form.cancel"), blocks)
    return view | {"private_metadata": f"{batch.handle}.{update.round}"}


_PERSONAL = ("name", "account", "phone", "email", "employee_id", "english_name")
"""What is nobody else's: it stands for nobody but one."""


def _for_all(field: Field, batch: Batch, lang: str) -> View:
    known = batch.values.get(field.name, "")
    if not field.ask.choices:
        element: View = {"type": "plain_text_input", "action_id": VALUE}
        return element | ({"initial_value": known[:3000]} if known else {})
    options = [_option(pick(choice.title, lang), choice.value) for choice in field.ask.choices]
    chosen = next((option for option in options if option["value"] == known), None)
    select: View = {"type": "static_select", "action_id": VALUE, "options": options}
    return select | ({"initial_option": chosen} if chosen else {})


def read(view: View) -> dict[str, Any]:
    """What stands in the blocks of a view: texts, chosen values, files."""
    found: dict[str, Any] = {}
    for block, entries in view["state"]["values"].items():
        for entry in entries.values():
            chosen = (entry.get("selected_option") or {}).get("value")
            value = chosen or entry.get("value") or entry.get("files")
            if value:
                found[block] = value
    return found


def _modal(callback: str, title: str, submit: str, close: str, blocks: list[View]) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain(close, 24),
        "blocks": blocks,
    }


def _input(block_id: str, label: str, element: View, *, hint: str = "", optional: bool = False) -> View:
    block: View = {"type": "input", "block_id": block_id, "label": plain(label, 2000), "element": element}
    return block | ({"optional": True} if optional else {}) | ({"hint": plain(hint, 2000)} if hint else {})


def _option(text: str, value: str) -> View:
    return {"text": plain(text, 75), "value": value}


# The message.


def message(update: BatchUpdate, offer: Offer | None) -> Message:
    """The one message of a batch, as it is to read now."""
    lang, batch, tally = update.batch.language, update.batch, update.tally
    about = _About(update, offer)
    match update.state:
        case "reading":
            return about.text("⏳", "batch.reading")
        case "unreadable":
            return about.text("⚠️", "batch.unreadable", why=escape(pick(batch.why, lang)) if batch.why else "")
        case "shown":
            return _shown(about)
        case "asked":
            return about.text("🕓", "batch.asked", [about.counts(COUNTED)], buttons=("cancel",))
        case "running" | "paused" | "stopping":
            return _running(about)
        case "ended" | "stopped":
            return _ended(about)
        case "declined":
            lines = [about.say("batch.reason", reason=escape(batch.reason))] if batch.reason else []
            return about.text("🚫", "batch.declined", lines, who=f"<@{batch.decided_by}>")
        case "cancelled" | "expired":
            return about.text("🚫", f"batch.{update.state}")
    raise ValueError(update.state, tally)


class _About:
    """A batch's own words, ready to be put into sentences."""

    def __init__(self, update: BatchUpdate, offer: Offer | None) -> None:
        self.update, self.batch, self.tally, self.lang = update, update.batch, update.tally, update.batch.language
        self.offer = offer
        provider = pick(offer.title, self.lang) if offer else escape(self.batch.provider)
        file = code(self.batch.name) or say(self.lang, "batch.pasted")
        left = self.tally.left + self.tally.ready
        self.words = {"provider": provider, "file": file, "ready": self.tally.ready, "left": left}

    def say(self, key: str, **values: object) -> str:
        return say(self.lang, key, **{**self.words, **values})

    def text(
        self, icon: str, key: str, lines: Iterable[str] = (), *, buttons: Sequence[str] = (), **values: object
    ) -> Message:
        said = f"{icon} {self.say(key, **values)}"
        blocks = [section(said), *(section(line) for line in lines if line)]
        message: Message = {"text": said[:3000], "blocks": blocks}
        if buttons:
            blocks.append(self.row(buttons))
        return message

    def counts(self, names: Iterable[str]) -> str:
        counted = ((name, getattr(self.tally, name)) for name in names)
        return "\n".join(f"• {self.say(f'count.{name}', n=n)}" for name, n in counted if n)

    def row(self, buttons: Sequence[str]) -> View:
        return actions_block(BUTTONS, [self._button(name) for name in buttons])

    def _button(self, name: str) -> View:
        asks = name == "create" and self.update.needs_approval
        label = self.say(f"batch.button.{'ask' if asks else name}", n=self.tally.ready)
        button = button_element(name, label, f"{self.batch.handle}.{self.update.round}")
        if name == "create":
            button["style"] = "primary"
        if name == "stop":
            button["confirm"] = {
                "title": plain(self.say("batch.confirm.stop"), 100),
                "text": plain(self.say("batch.confirm.stop.text"), 300),
                "confirm": plain(self.say("batch.button.stop"), 30),
                "deny": plain(self.say("confirm.no"), 30),
            }
        return button

    def small(self, lines: Sequence[str]) -> list[View]:
        return [context_block("\n".join(lines))] if lines else []

    def table(self) -> list[View]:
        """The rows worth a look; Slack takes one table in a message."""
        if not self.update.samples:
            return []
        head = [self.say(f"table.{name}") for name in ("line", "name", "account", "what")]
        rows, room = [[_cell(text) for text in head]], TABLE
        for sample in self.update.samples:
            row = [_cell(text) for text in self._cells(sample)]
            room -= sum(len(cell["text"]) for cell in row)
            if room < 0:
                break
            rows.append(row)
        wrapped = [{"is_wrapped": place == len(head) - 1} for place in range(len(head))]
        table: View = {"type": "table", "column_settings": wrapped, "rows": rows}
        left = self.update.more + len(self.update.samples) - len(rows) + 1
        return [table, *([context_block(self.say("batch.more", n=left))] if left else [])]

    def _cells(self, sample: Sample) -> list[str]:
        advice = self.offer.advice if self.offer else lambda code: None
        said = reason(self.lang, sample.state, sample.problems, sample.twin, sample.failure, sample.kind, advice)
        return [str(sample.line), sample.name, sample.account, said]


def _cell(text: str) -> View:
    # A cell without a text is refused.
    return {"type": "raw_text", "text": " ".join(text.split())[:CELL] or "–"}


def _shown(about: _About) -> Message:
    update, tally, batch = about.update, about.tally, about.batch
    key = "batch.trial" if tally.begun and tally.ready else "batch.shown" if tally.ready else "batch.shown.none"
    lines = [about.counts((*COUNTED, *CAME) if tally.begun else COUNTED)]
    if batch.unsure:
        lines.append(f"⚠️ {about.say('batch.unsure')}")
    if update.seats_left is not None and tally.ready > update.seats_left:
        lines.append(f"⚠️ {about.say('batch.seats.short', free=update.seats_left, needed=tally.ready)}")
    message = about.text("📋", key, lines)
    message["blocks"] += about.table()
    message["blocks"] += about.small(_small(about))
    create = ("create", "first") if tally.ready > 1 else ("create",) if tally.ready else ()
    look = ("columns",) if batch.header else ()
    message["blocks"].append(about.row((*(() if batch.unsure and not batch.columns else create), *look, "cancel")))
    return message


def _small(about: _About) -> list[str]:
    update, batch, lang = about.update, about.batch, about.lang
    lines = [f"• {escape(pick(note, lang))}" for note in batch.notes]
    titles = {half: about.say(f"columns.{half}") for half in (columns.GIVEN, columns.FAMILY)}
    titles |= {field.name: pick(field.ask.title, lang) for field in about.offer.fields()} if about.offer else {}
    pairs = [
        about.say("batch.column", header=escape(header[:40]), field=titles[name])
        for header, name in zip(batch.header, batch.understood, strict=False)
        if name in titles and header
    ]
    if pairs:
        lines.append(about.say("batch.columns", columns=enumerated(lang, pairs[:SHOWN_COLUMNS])))
    if update.seats_left is not None and about.tally.ready <= update.seats_left:
        lines.append(about.say("batch.seats", free=update.seats_left))
    if about.tally.ready and update.seconds:
        lines.append(about.say("batch.takes", long=long(lang, update.seconds)))
    return lines


def _running(about: _About) -> Message:
    update, tally = about.update, about.tally
    total = tally.done + tally.under_way + tally.ready
    share = tally.done / total if total else 1.0
    bar = f"`{'█' * round(share * BAR)}{'░' * (BAR - round(share * BAR))}` {tally.done} / {total}"
    lines = [bar, about.counts(CAME)]
    running = update.state == "running"
    if update.away_since is not None:
        lines.append(f"🔴 {about.say('batch.away', since=moment(update.away_since))}")
    message = about.text("⏸️" if update.state == "paused" else "⏳", f"batch.{update.state}", lines)
    small = [about.say("batch.approved", who=f"<@{about.batch.decided_by}>")] if about.batch.decided_by else []
    if running and update.seconds and update.away_since is None:
        small.append(about.say("batch.to_go", long=long(about.lang, update.seconds)))
    message["blocks"] += about.small(small)
    if update.state != "stopping":
        message["blocks"].append(about.row(("pause", "stop") if running else ("resume", "stop")))
    return message


def _ended(about: _About) -> Message:
    lines = [about.counts((*CAME, *COUNTED[1:]))]
    icon = "✅" if about.update.state == "ended" else "⏹️"
    message = about.text(icon, f"batch.{about.update.state}", lines)
    message["blocks"] += about.table()
    message["blocks"] += about.small([about.say("batch.again")] if about.tally.begun else [])
    return message


# The result.


def reason(
    lang: str,
    state: RowState,
    problems: Sequence[Any],
    twin: int | None,
    failure: Failure | None,
    kind: str | None,
    advice: Any = lambda code: None,
) -> str:
    """What is to be said about a row, in one text."""
    if problems:
        said = [
            say(lang, "row.problem", field=pick(each.field, lang), said=pick(each.said, lang))
            if each.field
            else pick(each.said, lang)
            for each in problems
        ]
        return " ".join(said)
    if state == "twice":
        return say(lang, "row.twice", line=twin)
    if failure is not None:
        helps = advice(failure.code)
        parts = [say(lang, f"state.{failure.kind}", provider=failure.provider), failure.words or ""]
        return " · ".join(part for part in (*parts, pick(helps, lang) if helps else "") if part)
    if state == "begun":
        return say(lang, f"state.{kind}", provider="") if kind else say(lang, "row.under_way")
    return say(lang, f"row.{state}") if state in ("requested", "there", "ready", "left") else ""


def result_rows(
    batch: Batch, rows: Iterable[tuple[Row, RowState, str | None, Record | None]], offer: Offer | None
) -> Iterable[list[str]]:
    """Every row of the file with what came of it, the header first. A result file that was given in again is replaced."""
    lang = batch.language
    header = batch.header or (say(lang, "table.name"),)
    kept = [place for place, text in enumerate(header) if columns.plain_ours(text) is None]
    ours = (
        (columns.OUTCOME_ZH, columns.ACCOUNT_ID_ZH, columns.CODE_ZH, columns.REASON_ZH)
        if lang == "zh"
        else (columns.OUTCOME, columns.ACCOUNT_ID, columns.CODE, columns.REASON)
    )
    yield [*(header[place] for place in kept), *ours]
    for row, state, kind, record in rows:
        cells = [row.cells[place] if place < len(row.cells) else "" for place in kept]
        yield [*cells, *_result(lang, row, state, kind, record, offer)]


def _result(
    lang: str, row: Row, state: RowState, kind: str | None, record: Record | None, offer: Offer | None
) -> list[str]:
    outcome = record.outcome if record else None
    failure = outcome if isinstance(outcome, Failure) else None
    account = (record and record.account) or (account_of(outcome) if outcome else None)
    title = pick(offer.title, lang) if offer else ""
    label = f"state.{kind}" if state == "begun" and kind else "row.under_way" if state == "begun" else f"row.{state}"
    said = {"wrong": "count.wrong", "twice": "count.twice"}.get(state)
    head = say(lang, said, n="").rstrip(" :：") if said else say(lang, label, provider=title)
    advice = offer.advice if offer else lambda code: None
    why = reason(lang, state, row.problems, row.twin, failure, None, advice) if state != "begun" or failure else ""
    icon = ICONS.get(kind or "", "⚠️") if state == "begun" and kind else ""
    name = account.account if account else str(row.hire.get("account") or "")
    return [f"{icon} {head}".strip(), name or "", (failure.code or "") if failure else "", why]


def tally_line(lang: str, tally: Tally) -> str:
    """Counts in one line, for a terminal."""
    counts = ((name, getattr(tally, name)) for name in (*CAME, *COUNTED))
    return enumerated(lang, [say(lang, f"count.{name}", n=n) for name, n in counts if n])


def field_titles(fields: Sequence[Field], lang: str) -> Mapping[str, str]:
    """Field -> title."""
    return {field.name: pick(field.ask.title, lang) for field in fields}
