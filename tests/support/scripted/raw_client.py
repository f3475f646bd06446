"""Plain HTTP to a model server, for tests of the server itself: no client code of the project in between."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Answer:
    """A finished answer: its status, the records of its body, and when they came (seconds)."""

    status: int
    content_type: str
    records: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def final(self) -> dict[str, Any]:
        return self.records[-1]

    @property
    def text(self) -> str:
        return "".join(
            each.get("message", {}).get("content", each.get("response", "")) for each in self.records
        )

    def inner_error(self) -> dict[str, Any]:
        """The error of the model runner, which is JSON inside the `error` string."""
        return dict(json.loads(self.final["error"])["error"])


@dataclass
class RawClient:
    """Sends bodies to one server and one model."""

    url: str
    model: str
    timeout: float = 300.0

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=self.timeout, trust_env=False)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The whole answer, line by line."""
        started = time.perf_counter()
        with httpx.stream(
            "POST", self.url + path, json=dict(body), timeout=self.timeout, trust_env=False
        ) as response:
            answer = Answer(response.status_code, response.headers.get("content-type", ""))
            for line in response.iter_lines():
                answer.records.append(json.loads(line))
                answer.times.append(time.perf_counter() - started)
        return answer

    def chat(self, prompt: str, **more: Any) -> Answer:
        """A chat with one message; `options` are merged over few tokens, temperature 0 and a small window."""
        return self.post("/api/chat", self.chat_body(prompt, **more))

    def chat_body(self, prompt: str, **more: Any) -> dict[str, Any]:
        options = {"num_ctx": 2048, "num_predict": 8, "temperature": 0, "seed": 1, **more.pop("options", {})}
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "options": options,
            **more,
        }

    def running(self) -> list[dict[str, Any]]:
        return list(self.get("/api/ps").json()["models"])

    def unload(self) -> None:
        self.post("/api/chat", {"model": self.model, "messages": [], "keep_alive": 0})
