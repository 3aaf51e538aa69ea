"""Run a command and watch what it and its children use."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.articles import ROOT
from tests.load.server import family

TICK_S = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
ONRECORD = [sys.executable, "-c", "from onrecord_service.cli import main; main()"]


@dataclass
class Used:
    """What a command used.

    Args:
        seconds: From its start to its end.
        code: Its exit code.
        cpu: CPU seconds of each process, its own and those of its descendants.
        parent_rss: Peak resident size of the command's own process, MB.
        parent_pss: Peak proportional size of the same, as sampled, MB.
        tree_pss: Peak proportional size of all processes together, as sampled, MB.
    """

    seconds: float = 0.0
    code: int = 0
    cpu: dict[int, float] = field(default_factory=dict)
    parent_rss: float = 0.0
    parent_pss: float = 0.0
    tree_pss: float = 0.0

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of all processes together."""
        return sum(self.cpu.values())


def onrecord(*arguments: object, memory: bool = False) -> Used:
    """Run an `onrecord` command to its end, quietly.

    Args:
        arguments: After `onrecord`.
        memory: Whether to sample proportional sizes, which costs some CPU.
    """
    paths = [str(ROOT / name) for name in ("models", "service", ".")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    used = Used()
    began = time.perf_counter()
    process = subprocess.Popen(
        [*ONRECORD, *map(str, arguments)], env=environment, stderr=subprocess.PIPE
    )
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, used, over, memory))
    watcher.start()
    _, said = process.communicate()
    used.seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    used.code = process.returncode
    if used.code not in {0, 1}:
        raise RuntimeError(said.decode()[-2000:])
    return used


def _watch(pid: int, used: Used, over: threading.Event, memory: bool) -> None:
    while not over.wait(TICK_S):
        tree = _tree(pid)
        for one in tree:
            used.cpu[one] = max(used.cpu.get(one, 0.0), _cpu(one))
        used.parent_rss = max(used.parent_rss, _field(pid, "status", "VmHWM"))
        if memory:
            sizes = {one: _field(one, "smaps_rollup", "Pss") for one in tree}
            used.parent_pss = max(used.parent_pss, sizes[pid])
            used.tree_pss = max(used.tree_pss, sum(sizes.values()))


def _tree(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            todo += family(one)
        except OSError:  # it has just ended
            continue
    return found


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _field(pid: int, file: str, name: str) -> float:
    """Return a size of /proc in MB; 0 of a process that is gone."""
    try:
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
