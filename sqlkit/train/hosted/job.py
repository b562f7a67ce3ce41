"""A tuning job at a provider: upload, start, follow. Killed anywhere and run again, it goes on and starts nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from sqlkit.errors import RunError
from sqlkit.model.service import Refused, Service
from sqlkit.train.hosted.rows import Training
from sqlkit.train.hosted.state import FILE, Hosted

ENDED = {"succeeded", "failed", "cancelled"}
LOOKED = 1000  # files and jobs of the account that are looked through for one of ours
LOST = 3  # times in a row that the provider may not know a job it has just made
Tell = Callable[[str], None]


class Job:
    """One run. tell: takes a line about what happens. every: seconds between two looks at the job."""

    def __init__(
        self, service: Service, state: Hosted, training: Training, out: Path, *, azure: bool, tell: Tell, every: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.service, self.state, self.training, self.out = service, state, training, out
        self._azure, self._tell, self._every, self._sleep = azure, tell, every, sleep

    def run(self) -> Hosted:
        """The finished run. Raises RunError in one line for all that goes wrong; what was reached stands in the folder."""
        if not self.state.file_id:
            self._note(file_id=self._file())
        if not self.state.job_id:
            self._ready()
            self._note(job_id=self._start())
        self._follow()
        return self.state

    def _note(self, **found: Any) -> None:
        for key, value in found.items():
            setattr(self.state, key, value)
        self.state.save(self.out)

    def _file(self) -> str:
        client, path = self.service.client, self.training.path

        def upload() -> str:
            with path.open("rb") as handle:
                return client.files.create(file=(path.name, handle, "application/jsonl"), purpose="fine-tune").id

        def sent() -> str | None:
            """The file as it was uploaded before, whole."""
            there = islice(client.files.list(purpose="fine-tune"), LOOKED)
            return next((f.id for f in there if f.filename == path.name and f.bytes == self.training.size and f.status != "error"), None)

        if found := self.service.call(sent):
            self._tell(f"the file is there already: {found}")
            return found
        self._tell(f"uploading {path.name}, {self.training.size / 2**20:.1f} MB")
        return self.service.call(upload, arrived=sent)

    def _ready(self) -> None:
        """Wait until the provider has read the file; OpenAI checks it with the job, Azure before."""
        while True:
            try:
                file = self.service.call(lambda: self.service.client.files.retrieve(self.state.file_id))
            except Refused as error:
                if error.status == 404:
                    lost = self.state.file_id
                    self._note(file_id="")
                    raise RunError(f"{self.service.name} no longer has the file {lost}; run the same command again to send it") from None
                raise
            if file.status == "error":
                self._note(file_id="")
                raise RunError(f"{self.service.name} cannot use the file {file.id}: {file.status_details or 'no reason given'}")
            if not self._azure or file.status == "processed":
                return
            self._tell(f"file {file.id}: {file.status}")
            self._sleep(self._every)

    def _start(self) -> str:
        state, jobs = self.state, self.service.client.fine_tuning.jobs
        asked: dict[str, Any] = {"model": state.base_model, "training_file": state.file_id}
        if state.suffix:
            asked["suffix"] = state.suffix
        if self._azure:
            asked["hyperparameters"] = {"n_epochs": state.epochs}
        else:
            asked["method"] = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": state.epochs}}}

        def started() -> str | None:
            """A job over this file that was started before, for no other reason than ours."""
            for job in islice(jobs.list(), LOOKED):
                same = job.training_file == state.file_id and job.model.startswith(state.base_model)
                if same and job.status not in {"failed", "cancelled"} and job.hyperparameters.n_epochs in (state.epochs, None):
                    return job.id
            return None

        if found := self.service.call(started):
            self._tell(f"the job is there already: {found}")
            return found
        self._tell(f"starting a job on {state.base_model}")
        return self.service.call(lambda: jobs.create(**asked).id, arrived=started)

    def _follow(self) -> None:
        state, jobs = self.state, self.service.client.fine_tuning.jobs
        missed = 0
        while state.status not in ENDED:
            try:
                job = self.service.call(lambda: jobs.retrieve(state.job_id))
            except Refused as error:
                missed += 1
                if error.status != 404:
                    raise
                if missed < LOST:
                    self._sleep(self._every)
                    continue
                raise RunError(
                    f"{self.service.name} does not know the job {state.job_id} (any more); nothing was started in its place. If its list of "
                    f"jobs has it neither, remove {self.out / FILE} to start anew, which is paid again"
                ) from None
            missed = 0
            if job.status != state.status or (job.trained_tokens or 0) != state.trained_tokens or job.fine_tuned_model:
                self._note(status=str(job.status), trained_tokens=job.trained_tokens or 0, model_id=job.fine_tuned_model or "")
            if job.status == "succeeded" and not job.fine_tuned_model:
                raise RunError(f"job {job.id} succeeded and names no model; ask {self.service.name}")
            if job.status in {"failed", "cancelled"}:
                self._note(error=" ".join((job.error.message if job.error else "").split())[:200])
                break
            self._tell(self._line())
            if job.status not in ENDED:
                self._sleep(self._every)
        if state.status != "succeeded":
            said = f": {state.error}" if state.error else ""
            raise RunError(f"job {state.job_id} {state.status}{said}; it is not started again: for another try give another --out")

    def _line(self) -> str:
        total = self.training.tokens * self.state.epochs
        return f"job {self.state.job_id}: {self.state.status}" + (f", {self.state.trained_tokens:,} of about {total:,} tokens" if self.state.trained_tokens else "")
