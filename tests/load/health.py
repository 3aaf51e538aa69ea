"""Ask for health all the time: `python -m tests.load.health PORT SECONDS`.

A process of its own, which prints the milliseconds of each answer as JSON: the clients of the load
test keep their own interpreter busy, and would measure themselves. The same is asked of a server
that does nothing else, in turn: what that one takes is the machine's share, not the service's.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
from dataclasses import dataclass

PAUSE_S = 0.05
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
BODY = b'{"status":"ok"}'


@dataclass(frozen=True)
class Checks:
    """Milliseconds of answers, sorted."""

    service: list[float]
    bare: list[float]

    def __str__(self) -> str:
        return (
            f"{len(self.service)} health checks: {_figures(self.service)}; "
            f"a bare server meanwhile: {_figures(self.bare)}"
        )


def _figures(found: list[float]) -> str:
    if not found:
        return "none"
    late = found[min(len(found) - 1, int(0.99 * len(found)))]
    over = sum(item > 50 for item in found)
    return (
        f"p50 {found[len(found) // 2]:.1f} ms, p99 {late:.0f} ms, worst {found[-1]:.0f} ms, "
        f"{over} over 50 ms"
    )


def ask(ports: list[int], seconds: float) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in ports]
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for connection, times in zip(connections, found, strict=True):
            begun = time.perf_counter()
            connection.request("GET", "/health/ready")
            connection.getresponse().read()
            times.append(1000 * (time.perf_counter() - begun))
            time.sleep(PAUSE_S)
    return [sorted(times[1:]) for times in found]  # the first opens the connection


async def bare() -> None:
    """Answer until killed; prints the port first."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            while await reader.readline() not in {b"\r\n", b""}:
                pass
            writer.write(ANSWER + BODY)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def start(port: int, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.load.health", str(port), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def collect(process: subprocess.Popen[bytes]) -> Checks:
    output, _ = process.communicate(timeout=120)
    return Checks(*json.loads(output))


def main() -> None:
    command = [sys.executable, "-m", "tests.load.health", "bare"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            found = ask([int(sys.argv[1]), int(other.stdout.readline())], float(sys.argv[2]))
        finally:
            other.kill()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        asyncio.run(bare())
    else:
        main()
