"""Settings of the service: every one is an environment variable `ONRECORD_<NAME>`."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from onrecord_service.logs import LogFormat
from onrecord_service.store.urls import parse_url


class Settings(BaseSettings):
    """What can be set from outside; each field's description says what low and high values do."""

    model_config = SettingsConfigDict(env_prefix="ONRECORD_", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to bind; loopback unless set.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to bind; 0 takes a free one.")
    checkpoint: Path | None = Field(
        default=None,
        description="Checkpoint folder until `onrecord models activate` chooses another; unset "
        "means the one shipped in the package.",
    )
    actors: Path | None = Field(
        default=None,
        description="CSV file of your own actors (alias, name, kind, id, represents), read when a "
        "worker starts; they win over what the model's gazetteer knows.",
    )
    shadow: Path | None = Field(
        default=None,
        description="A second checkpoint folder that reads along after answers and is compared; "
        "`onrecord models shadow` overrules it.",
    )
    shadow_share: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Share of the articles of requests that the shadow reads; high values cost "
        "the cores that answer.",
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
    max_article_characters: int = Field(
        default=300_000,
        ge=1,
        description="Longest article of a request, if the model's limit is not lower; jobs take up "
        "to the model's limit. High values let one request hold a worker past its deadline.",
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

    data_dir: Path = Field(
        default=Path("onrecord-data"),
        description="Folder of the SQLite database and of uploads on their way; must be writable.",
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL; unset means SQLite in the data folder. Replicas share jobs "
        "through one PostgreSQL.",
    )
    ledger: Path | None = Field(
        default=None,
        description="Ledger (DuckDB file) that /v1/positions asks, made by `onrecord load`; unset "
        "means that there is none. Needs the extra `corpora`.",
    )
    max_job_bytes: int = Field(
        default=2**30, ge=1024, description="Largest corpus of a job; it is streamed to disk."
    )
    max_job_records: int = Field(default=1_000_000, ge=1, description="Most records of a job.")
    lease_s: float = Field(
        default=60.0,
        gt=0,
        description="Seconds until a record that a dead replica had in hand is taken over.",
    )
    retention_days: float = Field(
        default=7.0, gt=0, description="Days after its end that a job is kept with its articles."
    )
    allow_open: bool = Field(
        default=False,
        description="Whether a public address may be bound although no API key exists.",
    )
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description="JSON list of host names that requests may name, `*` for any; unset means "
        "those of this machine on loopback (against DNS rebinding), and any on a public address.",
    )
    cors_origins: list[str] = Field(
        default_factory=list, description='JSON list of origins, such as ["https://cms.example"].'
    )
    log_format: LogFormat = Field(default="json", description="`json` or `text`.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )
    otlp_endpoint: str | None = Field(
        default=None, description="OTLP over HTTP; unset means no traces."
    )

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str | None) -> str | None:
        """Refuse what is no URL of a database before anything is opened."""
        if value is not None:
            parse_url(value)
        return value

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'onrecord.sqlite'}"

    @property
    def models_dir(self) -> Path:
        """Folder of activated checkpoints."""
        return self.data_dir / "models"

    @property
    def hosts(self) -> list[str]:
        """Host names that requests may name."""
        if self.allowed_hosts:
            return self.allowed_hosts
        return ["localhost", "127.0.0.1", "[::1]", self.host] if self.is_loopback else ["*"]

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
