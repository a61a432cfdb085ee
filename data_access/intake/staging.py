"""Keeping raw files by their hash, and having a child process read them into the staging area."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from data_access.errors import IntakeError
from data_access.intake.mapping import FORMATS, Mapping, Source
from data_access.intake.problems import Problem
from data_access.intake.reading import RESULT_FILE, FileJob, Limits, StagedFile

LOCK_PREFIX: Final = "~$"
"""Begins the name of the file by which Excel marks a workbook as open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFile:
    """A source file as received.

    Attributes:
        source: name of the mapping's source it belongs to.
        path: where its bytes are kept, under their SHA-256.
    """

    name: str
    source: str
    sha256: str
    bytes: int
    path: Path


def collect(path: Path, mapping: Mapping) -> tuple[tuple[Path, Source], ...]:
    """The files to import from a file or a directory, in order of name.

    Raises:
        IntakeError: nothing there, a file the mapping does not know, or a required one is missing.
    """
    if not path.exists():
        raise IntakeError(f"There is no file or directory {path}.")
    candidates = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    candidates = [candidate for candidate in candidates if not candidate.name.startswith(LOCK_PREFIX)]
    found: list[tuple[Path, Source]] = []
    unknown: list[str] = []
    for candidate in candidates:
        source = mapping.source_of(candidate.name)
        if source is not None:
            found.append((candidate, source))
        elif not mapping.ignores(candidate.name) and not candidate.name.startswith("."):
            unknown.append(candidate.name)
    patterns = "、".join(source.pattern for source in mapping.sources)
    if unknown:
        old = "旧版 .xls 不支持，请另存为 .xlsx。" if any(name.lower().endswith(".xls") for name in unknown) else ""
        raise IntakeError(f"映射“{mapping.name}”不认识这些文件：{'、'.join(unknown)}。{old}可识别的文件名：{patterns}")
    if not found:
        raise IntakeError(f"{path} 中没有可导入的文件。映射“{mapping.name}”可识别的文件名：{patterns}")
    present = {source.name for _, source in found}
    missing = [s.pattern for s in mapping.sources if s.required and s.name not in present]
    if missing and path.is_dir():
        raise IntakeError(f"缺少必需的文件：{'、'.join(missing)}")
    return tuple(found)


def passed_over(path: Path) -> tuple[str, ...]:
    """Notes on what lies in the directory to import and is not read: directories, and lock files of Excel."""
    if not path.is_dir():
        return ()
    directories = sorted(p.name for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    locks = sorted(p.name for p in path.iterdir() if p.is_file() and p.name.startswith(LOCK_PREFIX))
    notes = [f"未读取子目录（只导入目录下的文件）：{'、'.join(directories)}"] if directories else []
    if locks:
        notes.append(f"未读取 Excel 的临时文件：{'、'.join(locks)}；有文件尚未关闭，未保存的改动不在导入之列")
    return tuple(notes)


def keep_raw(root: Path, files: Iterable[tuple[Path, Source]], limits: Limits) -> tuple[RawFile, ...]:
    """Copy files into the raw store under their SHA-256; a file kept before is not copied again.

    Raises:
        IntakeError: a file is larger than allowed.
    """
    kept = []
    for path, source in files:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise IntakeError(f"{path.name} 有 {size // 2**20} MB，超过 {limits.file_bytes // 2**20} MB 上限。")
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        target = root / digest[:2] / digest
        if not target.exists():
            _copy_atomically(path, target)
        kept.append(RawFile(name=path.name, source=source.name, sha256=digest, bytes=size, path=target))
    return tuple(kept)


def _copy_atomically(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
        with path.open("rb") as stream:
            shutil.copyfileobj(stream, partial)
        partial.flush()
        os.fsync(partial.fileno())
    Path(partial.name).replace(target)


def fingerprint(mapping: Mapping, files: Sequence[RawFile]) -> str:
    """SHA-256 over the mapping's text and all files: the same import twice has the same."""
    parts = [mapping.name, mapping.fingerprint, *sorted(f"{file.name}\0{file.sha256}" for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def stage_files(directory: Path, mapping: Mapping, files: Sequence[RawFile], limits: Limits) -> tuple[StagedFile, ...]:
    """Have a child process read the files into `directory`; a child that fails refuses all of them."""
    return stage_jobs(
        directory, [_job(directory / f"{n}.parquet", mapping, file) for n, file in enumerate(files)], limits
    )


def stage_jobs(directory: Path, jobs: Sequence[FileJob], limits: Limits) -> tuple[StagedFile, ...]:
    """The same for files of which no mapping speaks."""
    directory.mkdir(parents=True, exist_ok=True)
    job_file = directory / "job.json"
    job_file.write_text(
        json.dumps({"limits": asdict(limits), "files": [asdict(job) for job in jobs]}, ensure_ascii=False),
        encoding="utf-8",
    )
    if _run_child(job_file, limits) is None:
        _refuse_all(directory, jobs, f"读取超过 {limits.wall_seconds} 秒，已停止")
    elif not (directory / RESULT_FILE).exists():
        _refuse_all(directory, jobs, "读取文件时超出内存或时间限制，或文件已损坏")
    return staged_result(directory)


def staged_result(directory: Path) -> tuple[StagedFile, ...]:
    """What the child made of the files staged in `directory`."""
    content = json.loads((directory / RESULT_FILE).read_text(encoding="utf-8"))
    return tuple(StagedFile.from_dict(item) for item in content)


def _run_child(job_file: Path, limits: Limits) -> int | None:
    """The child's return code, None where it had to be stopped; its messages go to ``child.log``."""
    command = [sys.executable, "-m", "data_access.intake.child", str(job_file)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (
        job_file.with_name("child.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 (our own interpreter and module; what is imported is named in the job file)
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment
        ) as child,
    ):
        try:
            return child.wait(limits.wall_seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            child.kill()


def _job(out: Path, mapping: Mapping, file: RawFile) -> FileJob:
    source = mapping.source(file.source)
    targets = [
        t
        for entry in mapping.entries
        if entry.sql is None and source.name in entry.sources
        for t in entry.targets
        if t.source
    ]
    expected = dict.fromkeys([*(str(t.source) for t in targets if not t.optional), *source.columns])
    known = dict.fromkeys([*expected, *(str(t.source) for t in targets), *source.ignored_columns])
    codes = [
        str(t.source)
        for entry in mapping.entries
        if entry.sql is None and source.name in entry.sources
        for t in entry.targets
        if t.source and entry.is_code(t)
    ]
    identities = [str(t.source) for t in targets if t.parser.is_identity]
    return FileJob(
        path=str(file.path),
        name=file.name,
        source=source.name,
        format=_format(source, file.name),
        out=str(out),
        sheet=source.sheet,
        expected=tuple(expected),
        known=tuple(known),
        identities=tuple(dict.fromkeys([*identities, *source.columns])),
        codes=tuple(dict.fromkeys(codes)),
    )


def _format(source: Source, name: str) -> str:
    if source.format != "auto":
        return source.format
    suffix = Path(name).suffix.lower().removeprefix(".")
    return suffix if suffix in FORMATS else "csv"


def _refuse_all(directory: Path, files: Sequence[FileJob], reason: str) -> None:
    remedy = "请拆分文件或重新导出"
    refused = [
        StagedFile(
            name=file.name,
            source=file.source,
            out=None,
            blocked=True,
            problems=(Problem(file=file.name, reason=reason, remedy=remedy, blocks_file=True),),
        ).to_dict()
        for file in files
    ]
    (directory / RESULT_FILE).write_text(json.dumps(refused, ensure_ascii=False), encoding="utf-8")
