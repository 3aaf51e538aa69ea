"""The web page at `/`; its files are shipped in the package, nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from onrecord_service.problems import Problem

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FILES = {
    path.name: path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES
}  # names are looked up here, so no path from outside reaches the file system


@router.head("/")
@router.get("/")
async def index() -> Response:
    """Return the page."""
    return _file("index.html")


@router.get("/page/{name}")
async def asset(name: str) -> Response:
    """Return a file of the page."""
    return _file(name)


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Return the icon."""
    return _file("icon.svg")


def _file(name: str) -> Response:
    path = _FILES.get(name)
    if path is None:
        raise Problem("not-found", "the page has no such file")
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})
