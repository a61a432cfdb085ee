"""The process that opens files from outside, under limits: ``python -m data_access.intake.child JOB``.

It reads the job file, sets its own limits before it touches any source, writes staged files and one
result file, and does nothing else. It ends when its parent does.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from pathlib import Path

from data_access.intake.reading import RESULT_FILE, FileJob, Limits, stage_file


def main(job_file: Path) -> None:
    """Read every file of the job and write the result beside it."""
    job = json.loads(job_file.read_text(encoding="utf-8"))
    limits = Limits(**job["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    staged = [stage_file(FileJob(**item), limits).to_dict() for item in job["files"]]
    result = job_file.with_name(RESULT_FILE)
    partial = result.with_suffix(".partial")
    partial.write_text(json.dumps(staged, ensure_ascii=False), encoding="utf-8")
    partial.replace(result)


def _end_with_parent() -> None:
    # The parent holds the other end of our standard input; its death, however sudden, closes it.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
