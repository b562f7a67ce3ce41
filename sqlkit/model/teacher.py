"""An LLM that is paid for: every answer is kept on disk and asked for once, counted, and held to a limit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlkit.errors import InputError, RunError
from sqlkit.model.service import Refused, Service, Unreachable
from sqlkit.model.types import TEMPERATURE
from sqlkit.records import Prompt

T = TypeVar("T")
R = TypeVar("R")
_BYTES_A_TOKEN = 3


class Spent(RunError):
    """The limit of cost or tokens is reached."""


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """A text, and the tokens that it cost as the server counts them."""

    text: str
    input_tokens: int
    output_tokens: int


class Chat(Protocol):
    """What answers. `name` goes into the data's `made_by`; `identity` tells its answers from those of others."""

    name: str
    identity: str

    def say(self, prompt: Prompt, *, temperature: float, seed: int, max_tokens: int) -> Said:
        """Raises Refused, Unreachable. May be called from several threads."""
        ...


class OpenAIChat:
    """A model behind an address that speaks OpenAI's chat completions."""

    def __init__(self, address: str, name: str, *, service: Service | None = None) -> None:
        self._service = service or Service(address)
        self.name, self.identity = name, f"{self._service.address}#{name}"
        self._without: set[str] = set()  # settings that this model does not take

    def say(self, prompt: Prompt, *, temperature: float, seed: int, max_tokens: int) -> Said:
        while True:
            length = "max_completion_tokens" if "max_tokens" in self._without else "max_tokens"
            settings: dict[str, Any] = {length: max_tokens, "temperature": temperature, "seed": seed}
            settings = {key: value for key, value in settings.items() if key not in self._without}
            asked: dict[str, Any] = {"model": self.name, "messages": prompt.messages(), **settings}
            try:
                answer = self._service.call(lambda: self._service.client.chat.completions.create(**asked))  # noqa: B023
                text = answer.choices[0].message.content or ""
            except Refused as error:
                refused = {key for key in settings if key in str(error)} if error.status == 400 else set()
                if not refused:
                    raise
                self._without |= refused
                continue
            except (AttributeError, IndexError, TypeError):
                raise Unreachable(f"{self._service.name} does not answer as OpenAI's API does") from None
            used = answer.usage
            return Said(text, used.prompt_tokens if used else _estimate(prompt), used.completion_tokens if used else len(text) // _BYTES_A_TOKEN)


def open_chat(text: str) -> Chat:
    """'http://host/v1#model', or the name of a model at OPENAI_BASE_URL or OpenAI. Raises InputError."""
    address, mark, name = text.partition("#")
    if "://" in text and not (mark and name):
        raise InputError(f"{text} names no model; write it behind a '#', as in {address}#model")
    return OpenAIChat(address, name) if mark else OpenAIChat("", text)


class Teacher:
    """Asks a Chat. cache: a file of answers, which several runs and models may share. Prices are for a million tokens.

    The limits hold for all that was ever paid into the cache, so that a run that is killed and run again keeps to them.
    """

    def __init__(
        self, chat: Chat, cache: Path, *, input_price: float = 0.0, output_price: float = 0.0, cost_limit: float = 0.0, token_limit: int = 0,
        parallel: int = 8,
    ) -> None:  # fmt: skip
        self.chat, self.parallel = chat, parallel
        self._prices, self._cost_limit, self._token_limit = (input_price, output_price), cost_limit, token_limit
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._reserved = [0, 0]
        self.stopped = ""  # why nothing more is asked
        self.used = {"answers": 0, "input_tokens": 0, "output_tokens": 0}
        self.paid = {"answers": 0, "input_tokens": 0, "output_tokens": 0}
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            self._answers = sqlite3.connect(cache, check_same_thread=False, timeout=60, isolation_level=None)
            self._answers.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, text TEXT, input_tokens INT, output_tokens INT)")
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"cannot use {cache} for answers: {error}") from None

    @property
    def name(self) -> str:
        return self.chat.name

    def check(self) -> None:
        """One short question, so that a wrong key, name or address shows before there is work. Raises Refused, Unreachable, Spent."""
        self.ask(Prompt("Answer with the one word: ready.", "Are you ready?"), max_tokens=16)

    def ask(self, prompt: Prompt, *, sample: int = 0, max_tokens: int = 400) -> str:
        """The answer, from the cache where it was given before; sample 0 is the most likely one, others are drawn.

        Raises Refused; Spent, Unreachable, after which nothing that is not in the cache is asked.
        """
        temperature = TEMPERATURE if sample else 0.0
        told = [self.chat.identity, prompt.system, prompt.user, temperature, sample, max_tokens]
        key = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        with self._lock:
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:  # the same question is asked once, by whoever comes first
            found = self._found(key)
            if found is None:
                found = self._pay(key, prompt, temperature, sample, max_tokens)
        with self._lock:
            _count(self.used, found)
        return found.text

    def each(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R | None]:
        """What `work` makes of every item, in order, several at once; None where the teacher refused or had stopped."""

        def one(item: T) -> R | None:
            try:
                return work(item)
            except (Spent, Unreachable, Refused):
                return None

        with ThreadPoolExecutor(self.parallel) as pool:
            try:
                yield from pool.map(one, items)
            except BaseException:
                self.stopped = self.stopped or "stopped"
                pool.shutdown(cancel_futures=True)
                raise

    def cost(self, tokens: dict[str, int]) -> float:
        return (tokens["input_tokens"] * self._prices[0] + tokens["output_tokens"] * self._prices[1]) / 1e6

    def told(self) -> str:
        """What was asked and what it cost, in a line."""
        paid, used = self.paid, self.used
        money = f", cost {self.cost(paid):.4f}" if any(self._prices) else ", cost unknown without input_price and output_price"
        return (
            f"{self.name}: {used['answers']} answers, {used['answers'] - paid['answers']} of them from the cache; "
            f"paid for {paid['input_tokens']:,} tokens in and {paid['output_tokens']:,} out{money}"
        )

    def close(self) -> None:
        self._answers.close()

    def _found(self, key: str) -> Said | None:
        with self._lock:
            row = self._answers.execute("SELECT text, input_tokens, output_tokens FROM answers WHERE key = ?", [key]).fetchone()
        return Said(*row) if row else None

    def _pay(self, key: str, prompt: Prompt, temperature: float, sample: int, max_tokens: int) -> Said:
        most = (_estimate(prompt), max_tokens)
        self._reserve(most)
        try:
            said = self.chat.say(prompt, temperature=temperature, seed=sample, max_tokens=max_tokens)
        except (Unreachable, Refused) as error:
            if not (isinstance(error, Refused) and error.status in {400, 413, 422}):  # these are about one question only
                self.stopped = self.stopped or str(error)
            raise
        finally:
            with self._lock:
                self._reserved = [a - b for a, b in zip(self._reserved, most, strict=True)]
        with self._lock:
            self._answers.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", [key, said.text, said.input_tokens, said.output_tokens])
            _count(self.paid, said)
        return said

    def _reserve(self, most: tuple[int, int]) -> None:
        """Hold back what the next answer may cost. Raises Spent when that would pass a limit."""
        with self._lock:
            if self.stopped:
                raise Unreachable(self.stopped)
            row = self._answers.execute("SELECT coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0) FROM answers").fetchone()
            tokens = {key: row[i] + self._reserved[i] + most[i] for i, key in enumerate(("input_tokens", "output_tokens"))}
            cost = self.cost(tokens)
            if self._cost_limit and cost > self._cost_limit:
                self.stopped = f"{self.name}: another answer could pass cost_limit {self._cost_limit:g}"
            elif self._token_limit and sum(tokens.values()) > self._token_limit:
                self.stopped = f"{self.name}: another answer could pass token_limit {self._token_limit}"
            if self.stopped:
                raise Spent(self.stopped)
            self._reserved = [a + b for a, b in zip(self._reserved, most, strict=True)]


def _count(account: dict[str, int], said: Said) -> None:
    account["answers"] += 1
    account["input_tokens"] += said.input_tokens
    account["output_tokens"] += said.output_tokens


def _estimate(prompt: Prompt) -> int:
    """Tokens of a prompt, on the high side."""
    return len((prompt.system + prompt.user).encode()) // _BYTES_A_TOKEN + 16
