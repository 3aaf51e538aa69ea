"""The Ray engine writes what the local engine writes."""

import os
from pathlib import Path

import pytest

from onrecord_service.corpus.engine import InProcess
from onrecord_service.corpus.run import Observer, run_job
from onrecord_service.corpus.sources import Meter
from tests.service.corpus.test_run import ids, job, rows, write

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    paths = os.pathsep.join(str(path) for path in (ROOT / "models", ROOT / "service", ROOT))
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield
    ray.shutdown()


def go(a_job, workers):
    from onrecord_service.corpus.ray_engine import RayEngine

    def engine():
        return RayEngine(a_job.labelling, workers=workers, address=None)

    return run_job(a_job, engine, Meter(), Observer())


def test_cluster_writes_the_same_bytes_in_the_same_order(cluster, tmp_path):
    records = rows(200)
    records[7]["text"] = ""
    source = write(tmp_path / "in.jsonl", records)
    local = job(source, tmp_path / "local.jsonl")
    run_job(local, lambda: InProcess(local.labelling), Meter(), Observer())
    state = go(job(source, tmp_path / "ray.jsonl"), workers=2)
    assert state.rejected == 1
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()


def test_lost_actor_loses_only_the_record_that_killed_it(cluster, tmp_path):
    records = rows(70)
    records[40]["text"] = "KILL-WORKER"
    state = go(job(write(tmp_path / "in.jsonl", records), tmp_path / "o.jsonl"), workers=1)
    assert state.rejected == 1
    assert ids(tmp_path / "o.jsonl") == [f"n{number}" for number in range(70) if number != 40]
