"""Files, to and from Slack: what people give in, and what newhire gives back. For the engine's threads.

https://docs.slack.dev/reference/methods/files.info, https://docs.slack.dev/messaging/working-with-files (2026-11): a file is
fetched from `url_private_download` with the bot token; without the scope files:read Slack answers 200 with a web page. What is
given back is sent in three steps (files.getUploadURLExternal, the bytes, files.completeUploadExternal); its id is known after the
first, and people see it after the last.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from slack_sdk import WebClient

from bot.batch import Upload
from bot.hire import Text
from bot.request import CannotBeTold, MessageRef, TryLater
from bot.slack.errors import TROUBLES, trouble
from bot.spreadsheet.sheet import MOST_BYTES, TOO_BIG, NotASheet

log = logging.getLogger(__name__)

GONE = Text(
    "The file was deleted in Slack, or newhire may not see it. Send it again.",
    "文件已在 Slack 中删除，或 newhire 无权查看，请重新提交。",
)
NO_SCOPE = Text(
    "newhire may not read files in Slack: an admin must add the scope files:read and install the app again.",
    "newhire 没有读取 Slack 文件的权限：请管理员为应用添加 files:read 权限并重新安装。",
)
AGAIN_SECONDS = 5.0
DOWNLOAD_SECONDS = 60.0
"""For the whole of a file: a server that drips is not waited for."""


@dataclass(frozen=True)
class Attachment:
    """A file that is given back."""

    name: str
    content: bytes


class Files:
    """`client` carries the token, where Slack is, and its proxy."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def fetch(self, upload: Upload) -> bytes:
        """The bytes of a file. Raises NotASheet where there is none to be had, TryLater for what may pass."""
        if upload.size > MOST_BYTES:
            raise NotASheet(TOO_BIG)
        try:
            found = self._client.files_info(file=upload.id)["file"]
        except TROUBLES as error:
            said = trouble(error)
            if said.code == "missing_scope":
                raise NotASheet(NO_SCOPE) from None
            if said.code in ("file_not_found", "file_deleted", "access_denied"):
                raise NotASheet(GONE) from None
            raise TryLater(said.retry_after or AGAIN_SECONDS) from None
        return self._download(str(found.get("url_private_download") or found.get("url_private") or ""))

    def _download(self, url: str) -> bytes:
        if not self._is_slacks(url):
            raise NotASheet(GONE)
        headers = {"Authorization": f"Bearer {self._client.token}"}
        taken, until = bytearray(), time.monotonic() + DOWNLOAD_SECONDS
        try:
            with self._web() as web, web.stream("GET", url, headers=headers) as answer:
                if answer.status_code in (403, 404, 410):
                    raise NotASheet(GONE)
                if answer.status_code != 200:
                    raise TryLater(AGAIN_SECONDS)
                if "text/html" in answer.headers.get("content-type", ""):
                    raise NotASheet(NO_SCOPE)
                for piece in answer.iter_bytes():
                    taken += piece
                    if len(taken) > MOST_BYTES:
                        raise NotASheet(TOO_BIG)
                    if time.monotonic() > until:
                        raise TryLater(AGAIN_SECONDS)
        except httpx.HTTPError as error:
            log.warning("a file could not be fetched from Slack: %s", type(error).__name__)
            raise TryLater(AGAIN_SECONDS) from None
        return bytes(taken)

    def _is_slacks(self, url: str) -> bool:
        """The token goes nowhere else."""
        there, api = urlsplit(url), urlsplit(self._client.base_url)
        host, home = (there.hostname or "").lower(), (api.hostname or "").lower()
        if home in ("slack.com", "www.slack.com"):
            return there.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))
        return (there.scheme, there.netloc) == (api.scheme, api.netloc)

    def put(
        self,
        ref: MessageRef,
        files: Sequence[Attachment],
        said: str,
        uploads: Sequence[str] = (),
        sent: Callable[[Sequence[str]], None] = lambda ids: None,
    ) -> None:
        """Below a message, in its thread. Raises TryLater, or CannotBeTold where Slack takes no files.

        `uploads` are ids of an earlier try, which may have come through; `sent` hears the ids of this one before it can.
        """
        try:
            if uploads and self._is_there(uploads[0]):
                return
            ids = [self._upload(file) for file in files]
            sent(ids)
            self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": file.name} for file_id, file in zip(ids, files, strict=True)],
                channel_id=ref.channel,
                initial_comment=said,
                thread_ts=ref.ts or None,
            )
        except TROUBLES as error:
            found = trouble(error)
            if found.passes:
                raise TryLater(found.retry_after or AGAIN_SECONDS) from None
            log.error("Slack takes no files from newhire: %s (it needs the scope files:write)", found.code)
            raise CannotBeTold from None

    def _is_there(self, file_id: str) -> bool:
        """Whether an upload was completed: before that Slack knows no such file."""
        try:
            self._client.files_info(file=file_id)
        except TROUBLES as error:
            if trouble(error).code != "file_not_found":
                raise
            return False
        return True

    def _upload(self, file: Attachment) -> str:
        """The bytes alone, which nobody sees before the upload is completed: the file's id."""
        begun = self._client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
        url = str(begun["upload_url"])
        if not self._is_slacks(url):
            raise CannotBeTold
        try:
            with self._web() as web:
                status = web.post(url, content=file.content).status_code
        except httpx.HTTPError as error:
            log.warning("a file could not be sent to Slack: %s", type(error).__name__)
            raise TryLater(AGAIN_SECONDS) from None
        if status != 200:
            log.warning("a file could not be sent to Slack: HTTP %s", status)
            raise TryLater(AGAIN_SECONDS)
        return str(begun["file_id"])

    def _web(self) -> httpx.Client:
        return httpx.Client(timeout=self._client.timeout, proxy=self._client.proxy, verify=self._client.ssl or True)
