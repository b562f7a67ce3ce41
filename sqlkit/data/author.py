"""An LLM's share in a build: questions in its words, questions for logged queries, examples of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlkit.data.generate import Progress
from sqlkit.data.mine import Writer
from sqlkit.data.reading import Judge
from sqlkit.data.rewrite import reword, written
from sqlkit.data.teach import teach
from sqlkit.database import Sandbox
from sqlkit.model.teacher import Teacher
from sqlkit.prompt import Context
from sqlkit.records import Example


class Author:
    """rewriter: puts questions in other words; teacher: writes at most `count` examples, on which `samples` readings vote."""

    def __init__(self, rewriter: Teacher | None, teacher: Teacher | None, count: int = 200, samples: int = 5) -> None:
        self._rewriter, self._teacher, self._count, self._samples = rewriter, teacher, count, samples
        self._judge: Judge | None = None

    def writer(self, context: Context, sandbox: Sandbox, dropped: Counter[str]) -> Writer | None:
        """Writes the questions of logged queries for which there are no plain words; the others are reworded with all the rest."""
        teacher = self._rewriter
        if teacher is None:
            return None
        judge = self._open(context, sandbox)

        def write(sql: str, question: str) -> tuple[str, str]:
            if question:
                return question, ""
            found = written(sql, context, judge, teacher, dropped)
            return found, teacher.name if found else ""

        return write

    def work(
        self, made: Sequence[Example], context: Context, sandbox: Sandbox, seed: int, dropped: Counter[str], progress: Progress | None = None
    ) -> list[Example]:
        """The examples with questions reworded, and further ones written."""
        judge, found = self._open(context, sandbox), list(made)
        if self._rewriter:
            found = reword(found, context, judge, self._rewriter, dropped, progress)
        if self._teacher:
            found += teach(context, sandbox, judge, self._teacher, self._count, self._samples, seed, dropped, progress)
        return found

    def notes(self) -> list[str]:
        """Why a teacher stopped before it was done."""
        stopped = dict.fromkeys(t.stopped for t in (self._rewriter, self._teacher) if t and t.stopped)
        return [f"the LLM stopped early, its share is smaller: {reason}; the same command goes on from what is paid for" for reason in stopped]

    def close(self) -> None:
        if self._judge:
            self._judge.close()

    def _open(self, context: Context, sandbox: Sandbox) -> Judge:
        self._judge = self._judge or Judge(context, sandbox)
        return self._judge
