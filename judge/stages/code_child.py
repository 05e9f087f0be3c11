"""The child that runs a model's code: walls itself in first, so that nothing but the standard library is left to see.

Run as a file (`python -I -S code_child.py`) with an empty environment. It reads one JSON object from its standard
input: the blocks of `code`, the `cases`, the folders to see (`mounts`), the process id of its `parent`, and the bounds
`wall_seconds`, `cpu_seconds` and `memory_bytes`. It writes one JSON line a case, {"gives": repr} or {"raises": [name of
the class and of its bases]}. Before that it writes {"walls": ""}, or what could not be built; then it runs nothing.

The walls, on Linux, without being root: namespaces of its own for users, mounts, network, processes and IPC; a root
file system that holds the standard library, read-only, and an empty folder to work in; no capability and no way to a
new one; bounds on processor time, memory, files and processes. The first process of the namespace ends with the code,
and everything that the code has started ends with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import types

MOST_FILE_BYTES, MOST_FILES = 1 << 20, 32
LONGEST = 20_000
"""Characters of a value's repr; what is longer is cut, and is then no expected value."""

_NEWNS, _NEWUTS, _NEWIPC = 0x00020000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 32, 4096
_MS_REC, _MS_PRIVATE, _MNT_DETACH = 16384, 1 << 18, 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 1, 4, 38, 24, 47
_CAPABILITIES = 64
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Build the walls, run the cases, return an exit code that nobody reads."""
    job = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)
    signal.alarm(job["wall_seconds"])
    try:
        _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != job["parent"]:  # it ended before its end was this one's, too
            return 1
        _namespaces()
        alive, held = os.pipe()
        child = os.fork()  # the first process of the new namespace of processes
    except OSError as error:
        _say(out, {"walls": f"{error.filename or 'unshare'}: {error.strerror}"})
        return 1
    if child:  # which cannot reach this process: it keeps the time, and its own end is the child's
        os.waitpid(child, 0)
        return 0
    try:
        _root(job["mounts"])
        _bounds(job)
        os.close(held)
        if select.select([alive], [], [], 0)[0]:  # the first process ended before its end was this one's, too
            os._exit(1)
        os.close(alive)
    except OSError as error:
        _say(out, {"walls": f"{error.filename}: {error.strerror}"})
        return 1
    _say(out, {"walls": ""})
    _run(job["code"], job["cases"], out)
    os._exit(0)


def _namespaces() -> None:
    """Raises OSError. Root needs none for users; it becomes nobody later, for no bound on processes holds for root."""
    user, group = os.geteuid(), os.getegid()
    if user != 0:
        _call("unshare", _NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1\n")
        _write("/proc/self/gid_map", f"{group} {group} 1\n")
        with contextlib.suppress(OSError):  # no further one inside
            _write("/proc/sys/user/max_user_namespaces", "0")
    _call("unshare", _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET)


def _root(mounts: list[str]) -> None:
    """Make a file system of its own the root: `mounts` at their places, read-only, and /tmp. Raises OSError."""
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    new = "/proc"  # a folder that is everywhere, and from here on needed no more
    _mount("root", new, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,nr_inodes=4k,mode=755")
    os.chdir(new)
    for place in mounts:
        os.makedirs(f".{place}", exist_ok=True)
        _mount(place, f".{place}", None, _MS_BIND)
        _mount("none", f".{place}", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    os.makedirs("tmp", exist_ok=True)
    _mount("work", "./tmp", "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "size=16m,nr_inodes=1k,mode=777")
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _MNT_DETACH)
    _mount("none", "/", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    os.chdir("/tmp")  # noqa: S108  # of its own


def _bounds(job: dict[str, int]) -> None:
    """Give up every capability and every other user, and set the bounds. Raises OSError."""
    for number in range(_CAPABILITIES):
        _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _libc.prctl(_PR_CAP_AMBIENT, 4, 0, 0, 0)  # clears all of them
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # last, for a change of user takes it back
    _call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)
    cpu, memory = job["cpu_seconds"], job["memory_bytes"]
    for what, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_NPROC, 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _run(code: list[str], cases: list[str], out: object) -> None:
    for case in cases:
        sys.modules["solution"] = module = types.ModuleType("solution")
        scope = module.__dict__
        for block in code:
            with contextlib.suppress(BaseException):  # an example of use that fails; what it has defined stands
                exec(block, scope)  # noqa: S102  # this is what the walls are for
        try:
            exec(case if "result =" in case else f"result = {case}", scope)  # noqa: S102
            found: dict[str, object] = {"gives": repr(scope.get("result"))[:LONGEST]}
        except BaseException as error:  # SystemExit and KeyboardInterrupt are answers, too
            found = {"raises": [one.__name__ for one in type(error).__mro__]}
        _say(out, found)


def _say(out: object, value: dict[str, object]) -> None:
    with contextlib.suppress(Exception):
        out.write(json.dumps(value) + "\n")  # type: ignore[attr-defined]
        out.flush()  # type: ignore[attr-defined]


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library, which returns 0. Raises OSError with its name."""
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    words = [None if word is None else word.encode() for word in (source, target, kind)]
    _call("mount", *words, ctypes.c_ulong(flags), data.encode() or None)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
