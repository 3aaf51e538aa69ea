"""Settings of the service: every one is an environment variable `ONRECORD_<NAME>`."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set from outside; each field's description says what low and high values do."""

    model_config = SettingsConfigDict(env_prefix="ONRECORD_", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to bind; loopback unless set.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to bind; 0 takes a free one.")
    checkpoint: Path | None = Field(
        default=None, description="Checkpoint folder; unset means the one shipped in the package."
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Worker processes, one thread each; 0 means one per usable core, two at most.",
    )
    max_body_bytes: int = Field(
        default=4 * 2**20,
        ge=1024,
        description="Largest request body; refused with 413 before it is parsed.",
    )
    max_articles: int = Field(
        default=64, ge=1, description="Most articles in one request; more belong in a job."
    )
    queue_articles: int = Field(
        default=256, ge=1, description="Articles that may wait; beyond it, 429 with Retry-After."
    )
    queue_wait_s: float = Field(
        default=10.0,
        gt=0,
        description="Longest estimated wait in the queue; beyond it, 429 with Retry-After.",
    )
    batch_characters: int = Field(
        default=6000,
        ge=1,
        description="Characters handed to a worker at once; high values delay short requests.",
    )
    request_timeout_s: float = Field(
        default=30.0,
        gt=0,
        description="Deadline of a request; past it, 504 and no more work for it.",
    )
    drain_s: float = Field(
        default=20.0, ge=0, description="On SIGTERM, seconds that running requests may still take."
    )

    @property
    def is_loopback(self) -> bool:
        """Whether the address to bind is reachable from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def worker_count(self) -> int:
        """Worker processes to start."""
        if self.workers:
            return self.workers
        try:
            usable = len(os.sched_getaffinity(0))
        except AttributeError:  # not on macOS or Windows
            usable = os.cpu_count() or 1
        return min(usable, 2)
