"""How long the reads behind a page take, each alone and warm."""

from __future__ import annotations

from collections.abc import Iterator

from bench.college import Bench, median
from data_access.access.scope import Scope

CODE = "CRS-ATT-01"


def page_reads(bench: Bench) -> Iterator[str]:
    """Server time of the questions that the course pages ask."""
    values, scope = bench.values, Scope.all("benchmark")
    term = values.terms()[-1].key
    department = values.departments(scope=scope)[0].dept_id
    section = values.matrix(CODE, "offering", kind="week", term_key=term, dept_id=department, scope=scope).entities[0]
    reads = {
        "all sections × weeks of a term": lambda: values.matrix(
            CODE, "offering", kind="week", term_key=term, dept_id=None, scope=scope
        ),
        "sections × weeks of a department": lambda: values.matrix(
            CODE, "offering", kind="week", term_key=term, dept_id=department, scope=scope
        ),
        "one section's weeks": lambda: values.series(
            CODE, "offering", section.entity_id, kind="week", term_key=term, scope=scope
        ),
        "the college's weeks": lambda: values.series(CODE, "school", 1, kind="week", term_key=None, scope=scope),
        "one section's roster": lambda: values.roster(section.entity_id, scope=scope),
    }
    yield "reads behind the course pages (server time, warm):"
    for name, read in reads.items():
        yield f"  {name:36} {1000 * median(read, 20):6.1f} ms"
