"""Files, as Slack keeps them: given in a form, fetched with the token, put into a thread in three steps.

https://docs.slack.dev/reference/methods/files.getUploadURLExternal, .../files.completeUploadExternal, .../files.info and
https://docs.slack.dev/reference/block-kit/block-elements/file-input-element (2026-11).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from aiohttp import web

from bot.sandbox.slack.rules import Rules
from bot.sandbox.slack.trouble import Troubles
from bot.sandbox.slack.workspace import BOT_USER, Refused, Workspace

Json = dict[str, Any]

LIMIT = 10_000_000
"""Bytes of a file in a form; https://docs.slack.dev/reference/block-kit/block-elements/file-input-element"""
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
    "pdf": "application/pdf",
}
SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"
)


class FakeFiles:
    """Every file by its id: Slack's file object, and the bytes."""

    def __init__(
        self,
        rules: Rules,
        workspace: Workspace,
        troubles: Troubles,
        url: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self.objects: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self._rules, self._workspace, self._troubles, self._url, self._changed = (
            rules,
            workspace,
            troubles,
            url,
            changed,
        )
        self._uploads: dict[str, Json] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/files-pri/{id}/{name}", self._download),
            web.post("/upload/v1/{ticket}", self._upload),
        ]

    def give(self, user: str, name: str, content: bytes) -> Json:
        """Somebody chooses a file in a form: the file object as a submission carries it. Raises ValueError above 10 MB."""
        if len(content) > LIMIT:
            raise ValueError("Slack's client takes no file above 10 MB here")
        return self._keep(user, name, content)

    def delete(self, file_id: str) -> None:
        """A person deletes it."""
        del self.objects[file_id], self.contents[file_id]

    def _keep(self, user: str, name: str, content: bytes, file_id: str = "") -> Json:
        file_id = file_id or f"F0SANDBOX{next(self._numbers)}"
        kind = PurePath(name).suffix.lstrip(".").lower()
        private = f"{self._url()}/files-pri/{file_id}/{name.replace('/', '_').replace('?', '_').replace('#', '_')}"
        found: Json = {
            "id": file_id,
            "created": int(time.time()),
            "name": name,
            "title": name,
            "mimetype": MIME.get(kind, "application/octet-stream"),
            "filetype": kind,
            "user": user,
            "size": len(content),
            "mode": "hosted",
            "url_private": private,
            "url_private_download": private,
        }
        self.objects[file_id], self.contents[file_id] = found, content
        self._changed()
        return dict(found)

    # What the app asks for.

    def info(self, arguments: Json) -> Json:
        """files.info"""
        return {"file": dict(self._known(arguments.get("file")))}

    def begin(self, arguments: Json) -> Json:
        """files.getUploadURLExternal"""
        name, length = str(arguments.get("filename") or ""), str(arguments.get("length") or "")
        if not name or not length.isdigit() or int(length) < 1:
            raise Refused("invalid_arguments")
        number = next(self._numbers)
        ticket = f"ticket{number}"
        self._uploads[f"F0UPLOAD{number}"] = {"name": name, "length": int(length), "ticket": ticket, "content": None}
        return {"upload_url": f"{self._url()}/upload/v1/{ticket}", "file_id": f"F0UPLOAD{number}"}

    def complete(self, arguments: Json) -> Json:
        """files.completeUploadExternal"""
        given = arguments.get("files")
        if not isinstance(given, list) or not given:
            raise Refused("invalid_arguments")
        uploads = [self._uploads.get(str(each.get("id")), {}) for each in given]
        if any(upload.get("content") is None for upload in uploads):
            raise Refused("file_not_found")
        channel = self._workspace.destination(str(arguments["channel_id"])) if arguments.get("channel_id") else None
        files = []
        for each, upload in zip(given, uploads, strict=True):
            file_id = str(each["id"])
            files.append(self._keep(BOT_USER, str(each.get("title") or upload["name"]), upload["content"], file_id))
            del self._uploads[file_id]
        if channel is not None:
            text = str(arguments.get("initial_comment") or "")
            thread = str(arguments["thread_ts"]) if arguments.get("thread_ts") else None
            if thread:
                self._workspace.thread(channel["id"], thread)
            self._workspace.post(channel["id"], BOT_USER, text, files=files, thread_ts=thread)
        self._changed()
        return {"files": [{"id": each["id"], "title": each["title"]} for each in files]}

    def _known(self, file_id: object) -> Json:
        found = self.objects.get(str(file_id))
        if found is None:
            raise Refused("file_not_found")
        return found

    # Bytes.

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self._troubles.due("files.download")
        if fault and fault.is_before:
            return await self._troubles.play(fault, request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        may = self._rules.scopes is None or "files:read" in self._rules.scopes
        if token != self._rules.bot_token or not may:
            # No error: whoever has no right is sent to a page for people.
            return web.Response(text=SIGN_IN, content_type="text/html")
        file_id = request.match_info["id"]
        if file_id not in self.contents:
            return web.Response(status=404, text="not found")
        answer = web.Response(body=self.contents[file_id], content_type=self.objects[file_id]["mimetype"])
        return await self._troubles.after(fault, request, answer)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        fault = self._troubles.due("files.upload")
        if fault and fault.is_before:
            return await self._troubles.play(fault, request)
        ticket = request.match_info["ticket"]
        upload = next((each for each in self._uploads.values() if each["ticket"] == ticket), None)
        content = await _body(request)
        if upload is None or len(content) != upload["length"]:
            return web.Response(status=400, text="bad upload")
        upload["content"] = content
        return await self._troubles.after(fault, request, web.Response(text=f"OK - {len(content)}"))


async def _body(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    async for part in await request.multipart():
        return bytes(await part.read())  # type: ignore[union-attr] # a nested form is none of ours
    return b""
