from __future__ import annotations

import subprocess
import sys

import onrecord


def test_the_public_names_are_sorted_and_there() -> None:
    names = onrecord.__all__
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(onrecord, name) for name in names)


def test_the_runtime_imports_no_training_library() -> None:
    code = (
        "import sys, onrecord, onrecord.backend, onrecord_service.app, onrecord_service.cli;"
        "bad = {'torch', 'transformers', 'datasets', 'sklearn'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
