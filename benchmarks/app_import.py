"""Import time of function_app.py: a fresh process each time, warm disk. Aim: below 1 s."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7
CODE = "import time; t = time.perf_counter(); import function_app; print(time.perf_counter() - t)"


def run() -> dict[str, Any]:
    """Seconds of the import statement, and of the whole process beside an empty one."""
    imports, whole, empty = [], [], []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True
        )
        whole.append(time.perf_counter() - began)
        imports.append(float(done.stdout))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        empty.append(time.perf_counter() - began)
    # The first run warms the disk.
    return {
        "import_seconds_median": round(statistics.median(imports[1:]), 3),
        "import_seconds_max": round(max(imports[1:]), 3),
        "process_seconds_median": round(statistics.median(whole[1:]), 3),
        "empty_process_seconds_median": round(statistics.median(empty[1:]), 3),
    }
