"""Requests made up from our own OpenAPI schema, against a service on loopback: `make fuzz`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from tests.service.conftest import serving
from tests.service.fakes import FakeExtractor

pytestmark = pytest.mark.slow

SNAPSHOT = Path(__file__).with_name("openapi.json")  # kept equal to what the service gives
schema = openapi.from_path(SNAPSHOT)


@schemathesis.serializer("application/x-ndjson")
def _lines(_: object, value: object) -> bytes:
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("fuzz"), max_body_bytes=100_000, request_timeout_s=5
    )
    with serving(create_app(made, extractor=FakeExtractor())) as url:
        yield url


@schema.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_answered_by_a_server_error(case: schemathesis.Case, address: str) -> None:
    answer: Response = case.call(base_url=address, timeout=20)
    case.validate_response(answer, checks=[not_a_server_error])
