"""What only a real connection shows: clients that leave, and traces that arrive."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from onrecord_service.app import create_app
from onrecord_service.settings import Settings
from onrecord_service.tracing import Tracer
from tests.service.conftest import TEXT, serving
from tests.service.fakes import FakeExtractor


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def test_an_article_whose_client_went_away_never_reaches_the_model(
    settings: Settings, extractor: FakeExtractor
) -> None:
    def waiting(url: str) -> float:
        text = httpx.get(f"{url}/metrics").text
        line = next(one for one in text.splitlines() if one.startswith("onrecord_queue_articles "))
        return float(line.split()[1])

    def begin(url: str, name: str) -> socket.socket:
        body = json.dumps({"id": name, "text": TEXT}).encode()
        made = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        made.sendall(
            b"POST /v1/extract HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return made

    with serving(create_app(settings, extractor=extractor)) as url:
        until(lambda: httpx.get(f"{url}/health/ready").is_success)
        extractor.gate.clear()
        try:
            first = begin(url, "first")
            until(lambda: extractor.seen == ["first"])
            gone = begin(url, "gone")
            until(lambda: waiting(url) == 1)
            gone.close()
            until(lambda: 'status="499"' in httpx.get(f"{url}/metrics").text)
        finally:
            extractor.gate.set()
        last = httpx.post(f"{url}/v1/extract", json={"id": "last", "text": TEXT})
        assert last.is_success
        first.close()
    assert extractor.seen == ["first", "last"]


def test_a_trace_is_sent_under_the_trace_of_the_caller() -> None:
    pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is not installed")
    got: list[tuple[str, bytes]] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            got.append((self.path, self.rfile.read(size)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    trace = "0af7651916cd43dd8448eb211c80319c"
    try:
        tracer = Tracer(f"http://127.0.0.1:{server.server_address[1]}/")
        with tracer.request(
            "HTTP POST", {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        ) as span:
            span.set_attribute("http.route", "/v1/extract")
        tracer.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        logging.getLogger("opentelemetry").setLevel(logging.WARNING)
    assert [path for path, _ in got] == ["/v1/traces"]
    # The exporter may compress; what matters then is that something came.
    assert bytes.fromhex(trace) in got[0][1] or got[0][1][:2] == b"\x1f\x8b"
