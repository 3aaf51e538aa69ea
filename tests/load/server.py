"""A service in a process of its own, that can be killed: with the real model or a slow fake.

Run as `python -m tests.load.server PORT`; settings come from the environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.service.fakes import FakeExtractor

ROOT = Path(__file__).parents[2]
FAKE = "ONRECORD_TEST_FAKE_SECONDS"


def make_slow_fake() -> FakeExtractor:
    """Importable from a spawned worker."""
    return FakeExtractor(seconds=float(os.environ[FAKE]))


def family(pid: int) -> list[int]:
    """Return the children of a process; each is listed under the thread that made it."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found.extend(int(item) for item in path.read_text().split())
    return found


class Service:
    """A running service; `kill` is kill -9.

    Args:
        settings: Environment variables, without the prefix.
        fake_seconds: Seconds that the fake takes for an article; None means the real model.
        port: Kept over restarts; 0 takes a free one.
    """

    def __init__(
        self, settings: Mapping[str, object], *, fake_seconds: float | None, port: int = 0
    ) -> None:
        self._environment = {
            **os.environ,
            **{f"ONRECORD_{name.upper()}": str(value) for name, value in settings.items()},
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("models", "service", ".")),
            "OMP_NUM_THREADS": "1",
        }
        if fake_seconds is not None:
            self._environment[FAKE] = str(fake_seconds)
        self.port = port or _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, wait_s: float = 180) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.load.server", str(self.port)],
            cwd=ROOT,
            env=self._environment,
            stderr=subprocess.DEVNULL if "ONRECORD_TEST_LOUD" not in os.environ else None,
        )
        import httpx

        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        message = "the service did not become ready"
        raise TimeoutError(message)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Ask it to end; returns its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, sign: int) -> int | None:
        if self.process is None:
            return None
        self.process.send_signal(sign)
        code = self.process.wait(60)
        self.process = None
        return code


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    # Not above: a worker imports this module too, and needs nothing of this.
    from rich.console import Console

    from onrecord_service import logs
    from onrecord_service.commands.serve import bind, run
    from onrecord_service.settings import Settings

    settings = Settings()
    logs.configure("text", "WARNING")
    listener = bind("127.0.0.1", int(sys.argv[1]))
    factory = make_slow_fake if FAKE in os.environ else None
    run(settings, listener, Console(stderr=True), factory=factory)


if __name__ == "__main__":
    main()
