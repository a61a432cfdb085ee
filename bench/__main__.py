"""Runs all benchmarks over one demo college and prints their ratios.

Usage: ``python -m bench [--students N] [--home DIR]``. A college already built in DIR is used again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from pathlib import Path

from bench.callbacks import callbacks
from bench.college import open_bench
from bench.compute import attendance_family, full_compute, one_day
from bench.entry import entry
from bench.first_load import first_load
from bench.pages import page_reads
from bench.posting import term_posting
from bench.sign_in import sign_ins
from bench.store_shape import store_shapes


def main() -> None:
    """Command line of the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--students", type=int, default=12_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--repeat", type=int, default=3, help="repetitions; the median counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="luoxuan-bench-") as scratch:
        bench = open_bench(arguments.home or Path(scratch), students=arguments.students, repeat=arguments.repeat)
        print(f"{bench.facts:,} fact rows, {bench.threads} threads, {dt.datetime.now().astimezone():%Y-%m-%d}\n")
        for measure in (
            full_compute, attendance_family, one_day, store_shapes, page_reads, callbacks, sign_ins, entry, first_load,
            term_posting,
        ):  # fmt: skip
            for line in measure(bench):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
