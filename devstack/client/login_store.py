"""Logins on this machine: one for each stack's address, in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from devstack.client.identity_provider import Provider, Tokens
from devstack.errors import DevstackError


@dataclass(frozen=True)
class Login:
    """A login at one stack.

    Parameters:
        provider: where the next token comes from.
        bearer: the present token.
        refresh: what gets the next one.
        began_s, ends_s: of the present token, in seconds since the epoch.
    """

    provider: Provider
    bearer: str
    refresh: str | None
    began_s: float
    ends_s: float

    @classmethod
    def of(cls, provider: Provider, tokens: Tokens, now_s: float) -> Self:
        """Return the login that tokens make which were given now."""
        return cls(provider, tokens.bearer, tokens.refresh, now_s, now_s + tokens.lifetime_s)


def default_path() -> Path:
    """Return the file of this user's logins (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "graphwell" / "logins.json"


class LoginStore:
    """Reads and writes the file; several processes may do so at once.

    Parameters:
        path: the file; None for the default one.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def get(self, url: str) -> Login | None:
        """Return the login at an address, None when there is none."""
        return _login(self._read(), url)

    def put(self, url: str, login: Login) -> None:
        """Keep a login."""
        with self._changed() as entries:
            entries[url] = asdict(login)

    def renewed(self, url: str, renew: Callable[[Login | None], Login]) -> Login:
        """Keep what `renew` makes of the login at an address, and return it; no other process renews meanwhile.

        Raises:
            Exception: what `renew` raised; nothing is changed then.
        """
        with self._changed() as entries:
            login = renew(_login(entries, url))
            entries[url] = asdict(login)
        return login

    def remove(self, url: str) -> bool:
        """Forget a login; return whether there was one."""
        with self._changed() as entries:
            return entries.pop(url, None) is not None

    @contextmanager
    def _changed(self) -> Iterator[dict[str, Any]]:
        from filelock import FileLock  # noqa: PLC0415  (start-up time of the other commands)

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), mode=0o600):
            entries = self._read()
            yield entries
            self._write(entries)

    def _read(self) -> dict[str, Any]:
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            entries = None
        if not isinstance(entries, dict):
            raise DevstackError(f"{self.path} is damaged; remove it and run `graphwell login` again.")
        return entries

    def _write(self, entries: dict[str, Any]) -> None:
        """Replace the file in one piece; mkstemp makes one that only its owner can read."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".logins-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(entries, file, indent=1)
        Path(name).replace(self.path)


def _login(entries: Mapping[str, Any], url: str) -> Login | None:
    entry = entries.get(url)
    return Login(**{**entry, "provider": Provider(**entry["provider"])}) if entry else None
