# syntax=docker/dockerfile:1
# onrecord as a service. Two stages: the first installs into /opt/onrecord, the second has nothing but that.
#   /opt/onrecord   virtual environment: the package, its dependencies, the shipped checkpoint; no torch, no compilers
#   /data           the one folder that is written: SQLite and uploads on their way; mount a volume
# Everything else may be read-only: docker run --read-only --tmpfs /tmp -v onrecord:/data ...

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
RUN python -m venv /opt/onrecord
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY service service
RUN /opt/onrecord/bin/pip install '.[postgres,traces]' \
    && /opt/onrecord/bin/python -m compileall -q /opt/onrecord

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="onrecord" \
      org.opencontainers.image.description="Who said what, and where they stand" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin onrecord \
    && install -d -o onrecord -g onrecord /data
COPY --from=build /opt/onrecord /opt/onrecord
# TOKENIZERS_PARALLELISM is no secret.
# hadolint ignore=DL3064
ENV PATH=/opt/onrecord/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    TOKENIZERS_PARALLELISM=false \
    ONRECORD_HOST=0.0.0.0 \
    ONRECORD_PORT=8000 \
    ONRECORD_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# A container binds a public address, so it starts only with a key: `onrecord keys create NAME` on the same volume first.
HEALTHCHECK --interval=15s --timeout=3s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["onrecord"]
CMD ["serve"]
