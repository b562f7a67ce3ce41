"""A server on this machine that speaks OpenAI's and Azure's API as far as the kit uses it: files, tuning jobs, chat.

It keeps what it was sent (`seen`), and goes wrong where it is told to (`faults`).
"""

from __future__ import annotations

import dataclasses
import email.parser
import email.policy
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


@dataclasses.dataclass
class Fault:
    """Instead of the answer to a request that matches `where` ('POST /files'); `carried_out`: all but the answer happens."""

    where: str
    status: int = 0  # 0: the connection breaks
    message: str = ""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    carried_out: bool = False
    code: str = ""


class Loopback:
    """Runs until `close`. steps: statuses that a job goes through, one for each look at it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, Json]] = []
        self.keys: list[str] = []
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self.jobs: dict[str, Json] = {}
        self.steps = ["validating_files", "queued", "running", "running", "succeeded"]
        self.error = ""
        self.file_status = ["processed"]
        self.faults: list[Fault] = []
        self.chat: Callable[[Json], str] = lambda _: "SELECT 1"
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"loopback": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.azure = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.azure}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, where: str) -> int:
        """Requests that begin with, as in 'POST /files'."""
        return sum(f"{method} {path}".startswith(where) for method, path, _ in self.seen)

    def answer(self, method: str, path: str, body: Json, raw: bytes) -> Json | int:
        with self._lock:
            self.seen.append((method, path, body))
        if (method, path) == ("POST", "/files"):
            return self._upload(body, raw)
        if (method, path) == ("GET", "/files"):
            return {"object": "list", "data": list(self.files.values()), "has_more": False}
        if method == "GET" and path.startswith("/files/"):
            file = self.files.get(path.split("/")[2])
            return 404 if file is None else {**file, "status": self.file_status.pop(0) if len(self.file_status) > 1 else self.file_status[0]}
        if (method, path) == ("POST", "/fine_tuning/jobs"):
            return self._job(body)
        if (method, path) == ("GET", "/fine_tuning/jobs"):
            return {"object": "list", "data": list(self.jobs.values()), "has_more": False}
        if method == "GET" and path.startswith("/fine_tuning/jobs/"):
            return self._step(path.split("/")[3])
        if re.fullmatch(r"(?:/deployments/[^/]+)?/chat/completions", path):
            return self._say(body)
        return 404

    def _upload(self, form: Json, raw: bytes) -> Json:
        name = f"file-{len(self.files)}"
        self.contents[name] = raw
        self.files[name] = {
            "id": name, "object": "file", "bytes": len(raw), "created_at": 1, "filename": form["filename"], "purpose": form["purpose"],
            "status": "uploaded",
        }  # fmt: skip
        return self.files[name]

    def _job(self, body: Json) -> Json:
        name = f"ftjob-{len(self.jobs)}"
        chosen = body.get("hyperparameters") or body["method"]["supervised"]["hyperparameters"]
        self.jobs[name] = {
            "id": name, "object": "fine_tuning.job", "created_at": 1, "model": body["model"], "training_file": body["training_file"],
            "status": self.steps[0], "hyperparameters": chosen, "organization_id": "o", "result_files": [], "seed": 0, "at": 0,
        }  # fmt: skip
        return self.jobs[name]

    def _step(self, name: str) -> Json | int:
        job = self.jobs.get(name)
        if job is None:
            return 404
        job["status"] = self.steps[min(job["at"], len(self.steps) - 1)]
        job["trained_tokens"] = 100 * job["at"] if job["status"] in {"running", "succeeded"} else None
        job["at"] += 1
        if job["status"] == "succeeded":
            job["fine_tuned_model"] = f"ft:{job['model']}:o::{name}"
        if job["status"] == "failed":
            job["error"] = {"code": "invalid_training_file", "message": self.error, "param": None}
        return job

    def _say(self, body: Json) -> Json:
        said = [self.chat(body) for _ in range(body.get("n") or 1)]
        choices = [{"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}} for i, text in enumerate(said)]
        used = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        return {"id": "c", "object": "chat.completion", "created": 1, "model": body["model"], "choices": choices, "usage": used}

    def fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if f"{method} {path}".startswith(fault.where):
                    self.faults.remove(fault)
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/v1").removeprefix("/openai")
        self.loopback.keys.append(self.headers.get("authorization") or self.headers.get("api-key") or "")
        body, raw = self._read(sent)
        fault = self.loopback.fault(method, path)
        if fault is None or fault.carried_out:
            answer = self.loopback.answer(method, path, body, raw)
        else:
            self.loopback.seen.append((method, path, body))
            answer = 404
        if fault and not fault.status:
            self.close_connection = True
            self.connection.close()
        elif fault:
            self._send(fault.status, {"error": {"message": fault.message, "code": fault.code or None, "type": "x", "param": None}}, fault.headers)
        elif isinstance(answer, int):
            self._send(answer, {"error": {"message": "there is no such thing", "code": None, "type": "x", "param": None}}, {})
        else:
            self._send(200, answer, {})

    def _read(self, sent: bytes) -> tuple[Json, bytes]:
        kind = self.headers.get("content-type") or ""
        if not kind.startswith("multipart/"):
            return (json.loads(sent) if sent else {}), b""
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + sent)
        form: Json = {}
        raw = b""
        for part in message.iter_parts():
            if part.get_filename():
                form["filename"], raw = part.get_filename(), part.get_payload(decode=True)
            else:
                form[str(part.get_param("name", header="content-disposition"))] = part.get_payload(decode=True).decode()
        return form, raw

    def _send(self, status: int, answer: Json, headers: dict[str, str]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
