"""The demo college: a whole invented college, the same for the same specification (docs/demo.md)."""

from data_access.demo.generator import generate
from data_access.demo.loading import build_demo, source_directory
from data_access.demo.source_files import write_source_files
from data_access.demo.spec import CollegeSpec

__all__ = ["CollegeSpec", "build_demo", "generate", "source_directory", "write_source_files"]
