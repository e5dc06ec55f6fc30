"""Confines a process that reads strangers' files: it may compute, read files and answer, and nothing else.

Limitations: only Linux enforces all of this, on x86-64 and AArch64 processors. Other processors and systems get the
limits of memory and of written bytes that they have; Windows has none. Time is not limited here: see `worker`.
"""

from __future__ import annotations

import ctypes
import errno
import multiprocessing
import os
import platform
import signal
import struct
import sys
from pathlib import Path

# The system calls that a reader needs, by their numbers on x86-64 and AArch64; None where a processor lacks the call.
# The list has no call that opens a socket, starts a process, or changes a file, a folder or another process.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),  # to what is open already: the pipe to the parent
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "select": (23, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "fcntl": (72, 25),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
}
# The calls that open files, with the position of the argument that holds the flags. They are allowed for reading only.
_OPEN: dict[str, tuple[tuple[int | None, int | None], int]] = {
    "open": ((2, None), 1),
    "openat": ((257, 56), 2),
}
# A thread runs under the same filter. The library that decodes HEIC pictures starts threads and cannot do without.
_CLONE: tuple[int | None, int | None] = (56, 220)  # its first argument holds the flags on both processors
_CLONE3: tuple[int | None, int | None] = (435, 435)  # its flags lie in memory, where no filter can look
_CLONE_THREAD = 0x00010000  # linux/sched.h: a thread of this process, not a process
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # the column above, and AUDIT_ARCH_* of the kernel

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF instructions, linux/bpf_common.h
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
_NOT_THERE = 0x00050000 | errno.ENOSYS  # the C library then uses the older call
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER_MODE = 1, 22, 38, 2


def confine(megabytes: int) -> None:
    """Confine this process from here on: it can write no file, use no network and start no process.

    It may take `megabytes` more memory than it has. What a platform lacks is left out. Raises `OSError` where the
    kernel refuses the confinement.
    """
    _limit_resources(megabytes)
    if sys.platform == "linux":
        _filter_system_calls()


def end_with_parent() -> None:
    """Let this process, which `multiprocessing` started, end at once when its parent ends, where a system can do so.

    What forks processes for a parent ends with it.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        parent = multiprocessing.parent_process()
        if parent and not parent.is_alive():
            os._exit(1)  # it had ended before the kernel watched it


def _limit_resources(megabytes: int) -> None:
    try:
        import resource  # Windows has none
    except ImportError:
        return
    limits = {
        "RLIMIT_AS": _address_space() + megabytes * 2**20,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,  # a core dump would hold what it read
    }
    for name, limit in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (ValueError, OSError):
            continue  # macOS cannot limit memory


def _address_space() -> int:
    """The bytes of address space that the process has already, which it shares with its parent after a fork."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _prctl(*arguments: object) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _filter_system_calls() -> None:
    """Load a seccomp filter, which lasts as long as the process. Does nothing on a processor without a table here."""
    if platform.machine() not in _MACHINES:
        return
    column, architecture = _MACHINES[platform.machine()]
    steps = _filter_program(column, architecture)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0)


def _filter_program(column: int, architecture: int) -> list[tuple[int, int, int, int]]:
    """The filter as BPF instructions (code, jump if true, jump if false, operand).

    An allowed call goes on, and any other fails with EACCES. A call for another architecture kills the process.
    """
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for numbers in _ALLOWED.values():
        if (number := numbers[column]) is not None:
            steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for numbers, flags_position in _OPEN.values():
        if (number := numbers[column]) is not None:
            steps += [
                (_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENTS + 8 * flags_position),
                (_ANY_BIT, 0, 1, _WRITING),
                (_RETURN, 0, 0, _REFUSE),
                (_RETURN, 0, 0, _ALLOW),
            ]
    if (number := _CLONE[column]) is not None:
        steps += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _ARGUMENTS),
            (_ANY_BIT, 1, 0, _CLONE_THREAD),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    if (number := _CLONE3[column]) is not None:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOT_THERE)]
    steps.append((_RETURN, 0, 0, _REFUSE))
    return steps
