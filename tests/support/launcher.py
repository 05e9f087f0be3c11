"""`kojudge` as a process of its own, forked from one that has imported everything: a fraction of a fresh start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_SECONDS

FORKING = """
import contextlib, importlib, io, json, os, pkgutil, resource, sys, tempfile
import aiohttp, openai.resources.chat, pandas, scipy.special
import judge
from judge.cli.main import command, main
from judge.config import Endpoint
from judge.endpoints.sdk import sdk_client

for module in pkgutil.walk_packages(judge.__path__, "judge."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
# What is compiled when it is first used (templates, patterns, schemas, certificates) is done once for all.
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    main(["generate", "baseline:reference", "--limit", "3", "--strategy", "0-shot", "--out", folder, "-q"])
    main(["judge", folder + "/baseline_reference", "--judge", "j", "--base-url", "http://127.0.0.1:9/v1", "--dry-run"])
    sdk_client(Endpoint(), "none", print)
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(job["folder"])
        if job["largest"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest"], job["largest"]))
        for number, name in enumerate((os.devnull, job["out"], job["err"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
        code = 99
        try:
            sys.argv = ["kojudge", *job["argv"]]
            command()
        except SystemExit as ended:
            code = ended.code or 0
            sys.stdout.flush()
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Launcher:
    """Starts `kojudge ARGV` as a process of its own, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._out, self._err = folder / "out", folder / "err"
        command = [sys.executable, "-c", FORKING]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = 0

    def start(self, argv: list[str], *, largest: int = 0, folder: Path | None = None) -> None:
        """`largest`: bytes that a file may hold, 0 for no such limit. `folder`: where it runs, else where we are."""
        job = {"argv": argv, "out": str(self._out), "err": str(self._err), "largest": largest}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job | {"folder": str(folder or Path.cwd())}) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._process.stdout.readline())

    def wait(self) -> int:
        """Return the exit code; a signal that ended it is negative."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, argv: list[str], *, largest: int = 0, folder: Path | None = None) -> int:
        self.start(argv, largest=largest, folder=folder)
        return self.wait()

    def send(self, number: int) -> None:
        """Send a signal; the process may have ended already."""
        os.kill(self.pid, number)  # not waited for yet, or just now: never another's

    @property
    def printed(self) -> str:
        """What it wrote on standard output."""
        return self._out.read_text("utf-8")

    @property
    def errors(self) -> list[str]:
        """The lines of standard error."""
        return self._err.read_text("utf-8").splitlines()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """One for all tests of a worker."""
    made = Launcher(tmp_path_factory.mktemp("launcher"))
    yield made
    made.close()
