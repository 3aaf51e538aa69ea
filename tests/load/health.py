"""Ask for health all the time: `python -m tests.load.health PORT SECONDS`.

A process of its own, which prints the milliseconds of each answer as JSON: the clients of the load
test keep their own interpreter busy, and would measure themselves.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time


def ask(port: int, seconds: float) -> list[float]:
    found = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        connection.request("GET", "/health/ready")
        connection.getresponse().read()
        found.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.1)
    return sorted(found[1:])  # the first opens the connection


def start(port: int, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.load.health", str(port), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def collect(process: subprocess.Popen[bytes]) -> list[float]:
    output, _ = process.communicate(timeout=120)
    return list(json.loads(output))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(int(sys.argv[1]), float(sys.argv[2]))))
