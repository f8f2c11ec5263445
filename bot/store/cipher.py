"""What keeps typed data unreadable at rest: Fernet with NEWHIRE_SECRET_KEY, several keys for rotation.

Without a key, texts are stored as they are; a password is then readable in the database for as long as it is held.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unreadable(Exception):
    """Stored under a key that NEWHIRE_SECRET_KEY does not hold (any more)."""


class Cipher:
    """Seals texts with the first of `keys` (urlsafe base64 of 32 bytes) and opens what any of them sealed.

    Raises ValueError for a key that is none.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [key.encode() for key in keys]
        self._fernet = MultiFernet([Fernet(key) for key in self._keys]) if keys else None

    @property
    def on(self) -> bool:
        return self._fernet is not None

    def encrypt(self, text: str) -> str:
        return text if self._fernet is None else self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The text again. What was stored before a key was set opens too. Raises Unreadable."""
        if not stored.startswith("gAAAA"):
            return stored
        if self._fernet is None:
            raise Unreadable("NEWHIRE_SECRET_KEY is not set, but this database was sealed with one: put it back.")
        try:
            return self._fernet.decrypt(stored.encode()).decode()
        except InvalidToken:
            raise Unreadable(
                "NEWHIRE_SECRET_KEY does not hold the key that this database was sealed with: put it back, behind the new one."
            ) from None

    def fingerprints(self, value: str) -> list[str]:
        """One-way marks of a value, the newest key's first: equal values can be recognised, not read."""
        keys = self._keys or [b"newhire"]
        return [hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for key in keys]
