"""The door to OpenAI's API and to all that speak it: a client for an address, and calls that wait when they are told to.

An address is 'https://host/v1', or 'https://name.openai.azure.com?api-version=2024-10-21' for Azure OpenAI. Keys are read from
OPENAI_API_KEY and AZURE_OPENAI_API_KEY.
"""

from __future__ import annotations

import email.utils
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from sqlkit.errors import InputError, MissingExtra, RunError

if TYPE_CHECKING:
    import openai

OPENAI = "https://api.openai.com/v1"
FIRST_WAIT = 1.0  # seconds before the second try, where the server names none
PATIENCE = 300.0  # seconds: who is told to wait for longer is told so, and comes back later
T = TypeVar("T")


class Refused(RunError):
    """The server's answer is no, and will be again: `status` is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(RunError):
    """No answer after several tries: down, overloaded or limiting the rate for too long."""


class Service:
    """A client and how to call through it. sleep, tries: how, and how often, to wait between tries."""

    def __init__(self, address: str = "", *, timeout: float = 120.0, tries: int = 6, sleep: Callable[[float], None] = time.sleep) -> None:
        self.address = address or os.environ.get("OPENAI_BASE_URL", "") or OPENAI
        self.name = urlsplit(self.address).netloc or self.address
        self.client = open_client(self.address, timeout)
        self._tries, self._sleep = tries, sleep

    def call(self, ask: Callable[[], T], *, arrived: Callable[[], T | None] | None = None) -> T:
        """What `ask` returns, asked again after errors that pass, as late as a Retry-After says.

        arrived: for what must not be done twice; looks before another try whether one before was carried out though its answer
        was lost. Raises Refused, Unreachable.
        """
        import openai

        for turn in range(self._tries):
            try:
                return ask()
            except openai.APIStatusError as error:
                if not _passes(error):
                    raise Refused(f"{self.name} refuses ({error.status_code}): {_said(error)}", error.status_code) from None
                wait, reason = _wait(error, turn), f"{error.status_code} {_said(error)}"
                lost = error.status_code >= 500
            except openai.APIConnectionError as error:
                wait, reason, lost = _backoff(turn), f"cannot be reached ({_said(error.__cause__ or error)})", True
            except openai.OpenAIError as error:
                raise Refused(f"{self.name}: {_said(error)}", 0) from None
            except ValueError as error:  # an answer that is no JSON
                raise Unreachable(f"{self.name} does not answer as OpenAI's API does: {_said(error)}") from None
            if wait > PATIENCE:
                raise Unreachable(f"{self.name} asks to wait {wait:.0f} s; run the same command again then")
            if turn + 1 < self._tries:
                self._sleep(wait)
                if lost and arrived is not None and (found := self.call(arrived)) is not None:
                    return found
        raise Unreachable(f"{self.name} after {self._tries} tries: {reason}")

    def close(self) -> None:
        self.client.close()


def open_client(address: str, timeout: float = 120.0, retries: int = 0) -> openai.OpenAI:
    """Raises MissingExtra; InputError for an address that is none, or a key that is missing where one is needed."""
    try:
        import openai
    except ImportError:
        raise MissingExtra("openai", "query") from None
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise InputError(f"{address} is no address: it begins with http:// or https://")
    version = parse_qs(parts.query).get("api-version", [""])[0]
    variable = "AZURE_OPENAI_API_KEY" if version else "OPENAI_API_KEY"
    key = os.environ.get(variable, "")
    if not key and (version or address.startswith(OPENAI)):
        raise InputError(f"no key for {parts.netloc}: set {variable}")
    plain = f"{parts.scheme}://{parts.netloc}{parts.path}"
    settings: dict[str, Any] = {"api_key": key or "none", "timeout": timeout, "max_retries": retries}
    if version:
        return openai.AzureOpenAI(azure_endpoint=plain, api_version=version, **settings)
    return openai.OpenAI(base_url=plain, **settings)


def _passes(error: openai.APIStatusError) -> bool:
    """Whether it may go better later; an account without money (429 too) will not."""
    if error.status_code == 429:
        return getattr(error, "code", None) not in {"insufficient_quota", "billing_hard_limit_reached"}
    return error.status_code in {408, 409} or error.status_code >= 500


def _wait(error: openai.APIStatusError, turn: int) -> float:
    """Seconds until the next try: Retry-After as a number or a date (RFC 9110, 10.2.3), else twice as long every time."""
    said = error.response.headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return _backoff(turn)


def _backoff(turn: int) -> float:
    return FIRST_WAIT * float(min(2**turn, 30))


def _said(error: BaseException) -> str:
    """One line, the server's own words where it has some."""
    body = getattr(error, "body", None)
    words = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(words or error).split())[:200] or type(error).__name__
