"""How to try again after a query failed.

Greedy decoding of the same prompt gives the same SQL, so prompt or decoding must change. A large instruction model
reads the error and corrects itself. A small tuned one never saw an error in a prompt and loses its footing on one;
for it we change what it does know: first the decoding (under the grammar, a broken or invented name cannot be
written), then the worked examples (without them if it had some, with two if it had none; training showed it both
kinds of prompt), and with neither left, without the grammar, which may have led it astray.
"""

from __future__ import annotations

import dataclasses

from sqlkit.query.answer import Why
from sqlkit.query.wording import shorten
from sqlkit.records import Prompt, Result

SHOTS = 2
_NAMES = ("parse", "bind")  # what the grammar rules out


@dataclasses.dataclass(frozen=True, slots=True)
class Try:
    """One way to ask the model: `failed` is the (SQL, error) it is told of."""

    shots: int = 0
    constrained: bool = True
    failed: tuple[str, str] = ("", "")

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt; what failed stands before the question, which stays last as always."""
        if not self.failed[1]:
            return prompt
        head, _, question = prompt.user.rpartition("question: ")
        told = f"failed: {shorten(self.failed[0], 600)} => {shorten(self.failed[1], 300)}"
        return Prompt(prompt.system, f"{head}{told}\nquestion: {question}")


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a try. `refused`: '' or why there is no SQL to run."""

    how: Try
    sql: str
    text: str
    refused: Why = ""
    result: Result = dataclasses.field(default_factory=Result)


def another(attempt: Attempt, *, feedback: bool, examples: bool) -> Try:
    """The other way to try; always one that has not been tried."""
    how, kind = attempt.how, attempt.result.error.partition(":")[0]
    if feedback:
        return dataclasses.replace(how, failed=(attempt.sql or "no SQL", attempt.result.error))
    shots = 0 if how.shots else SHOTS if examples else 0
    if not how.constrained:
        return Try(how.shots if kind in _NAMES else shots, True)
    return Try(shots, True) if shots != how.shots else Try(0, False)
