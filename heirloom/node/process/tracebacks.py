"""Find the exception that ended a Python program in what the program printed.

The format of tracebacks is that of the module traceback, Python 3.9 to 3.14:
https://docs.python.org/3/library/traceback.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Optional

_HEADER = "Traceback (most recent call last):"
_GROUP = "Exception Group "  # before the header of an exception group
_FRAME = re.compile(r'\s+File "(?P<file>.+)", line (?P<line>\d+)(?P<function>, in .*)?$')
_SUB_EXCEPTION = re.compile(r"\s+\| (?P<text>[\w.]+(: .*)?)$")
_ERROR = re.compile(r"[\w.]*(Error|Exception|Interrupt|Exit)\b")
_FATAL = "Fatal Python error: "  # of the module faulthandler, and of the interpreter
_FATAL_THREAD = "Current thread "  # the one that crashed
_FATAL_FRAME = re.compile(r'\s+File "(?P<file>.+)", line (?P<line>\d+) in .*$')

# Lines before a traceback of an exception that does not end the program by itself.
_HARMLESS = ("Exception ignored", "--- Logging error ---")
_ELSEWHERE = re.compile(
    r"Exception in thread |Process \S+:$|Error in atexit|Task exception was never retrieved"
)
_LIBRARY = re.compile(r"/(site|dist)-packages/|/lib(64)?/python\d|/bin/[^/]+$|\.p(yx|xd)$")
_SITE_PACKAGES = re.compile(r".*/(site|dist)-packages/")
_UNNAMED_CODE = ("<string>", "<stdin>")
# Lines that are printed after the exception and say nothing about it.
_GOODBYE = re.compile(r"wandb: |.*Warning: |\s|[=-]{4,}|frame #\d+: |make(\[\d+\])?: ")
_MOST_BETWEEN = 20  # lines of other processes within a traceback whose lines have a prefix
_MOST_AFTER = 30  # other lines after the traceback; with more, the program went on


@dataclass
class _Frame:
    file: str
    line: int
    is_syntax_error: bool = False  # where the compiler stopped: no function is named


@dataclass
class _Traceback:
    """A traceback and its exception. `end` is the index of the line after both."""

    frames: list[_Frame] = field(default_factory=list)
    exception: str = ""
    end: int = 0
    is_elsewhere: bool = False  # in another thread or process


class ExceptionFinder:
    """Finds the exception in the output of a program whose code is in one directory."""

    def __init__(self, code_dir: str, own_dir: str) -> None:
        """`code_dir` is the directory of the user's code, `own_dir` that of Heirloom's modules."""
        self._code_dirs = tuple({f"{code_dir}/": None, f"{os.path.realpath(code_dir)}/": None})
        self._own_dirs = (f"{own_dir}/", f"{os.path.realpath(own_dir)}/")

    def find(self, lines: Sequence[str]) -> str:
        """`FILE:LINE: EXCEPTION` of the exception that ended the program; empty if none did.

        The place is the last one in the user's code. `lines` are the end of the output.
        """
        fatal = self._fatal_error(lines)
        if fatal:
            return fatal
        found = list(_tracebacks(lines))
        if not found or _went_on(lines[found[-1].end :]):
            return ""
        ours = [trace for trace in found if self._in_user_code(trace)]
        candidates = ours or found
        main = [trace for trace in candidates if not trace.is_elsewhere]
        last = (main or candidates)[-1]
        before = found[found.index(last) - 1] if last is not found[0] else None
        if before in ours and before is not None and before.exception == last.exception:
            last = before  # raised in a worker process, and again where its result was taken
        return self._describe(last.exception, self._place(last.frames))

    def _fatal_error(self, lines: Sequence[str]) -> str:
        """The same for a crash of the interpreter, whose innermost frame is printed first."""
        starts = [index for index, line in enumerate(lines) if line.startswith(_FATAL)]
        if not starts:
            return ""
        after = lines[starts[-1] :]
        current = next((i for i, line in enumerate(after) if line.startswith(_FATAL_THREAD)), 0)
        frames: list[_Frame] = []
        for match in map(_FATAL_FRAME.match, after[current + 1 :]):
            if match is None:
                break
            frames.insert(0, _Frame(match["file"], int(match["line"])))
        return self._describe(lines[starts[-1]], self._place(frames))

    def _describe(self, exception: str, frame: Optional[_Frame]) -> str:
        if frame is None:
            return exception
        file = frame.file
        for directory in self._code_dirs:
            if file.startswith(directory):
                file = file[len(directory) :]
        return f"{_SITE_PACKAGES.sub('', file)}:{frame.line}: {exception}"

    def _place(self, frames: Sequence[_Frame]) -> Optional[_Frame]:
        """The last frame in the user's code, else the last one."""
        if not frames:
            return None
        if frames[-1].is_syntax_error and not frames[-1].file.startswith("<"):
            return frames[-1]
        in_code_dir = [frame for frame in frames if self._is_in_code_dir(frame.file)]
        users = [frame for frame in frames if self._is_users(frame.file)]
        return (in_code_dir or users or frames)[-1]

    def _in_user_code(self, trace: _Traceback) -> bool:
        return any(self._is_users(frame.file) for frame in trace.frames)

    def _is_in_code_dir(self, file: str) -> bool:
        return file.startswith(self._code_dirs) and not _LIBRARY.search(file)

    def _is_users(self, file: str) -> bool:
        if file.startswith("<"):
            return file in _UNNAMED_CODE
        return not (_LIBRARY.search(file) or file.startswith(self._own_dirs))


def _tracebacks(lines: Sequence[str]) -> Iterator[_Traceback]:
    """The complete tracebacks, in order. The first may lack its beginning: the output is cut."""
    index = 0
    may_be_cut = True
    while index < len(lines):
        before, header, _ = lines[index].partition(_HEADER)
        found = match = None
        if header:
            found = _read_traceback(lines, index + 1, before)
        elif match := _FRAME.match(lines[index]):
            if not match["function"]:
                found = _read_traceback(lines, index, "")  # a syntax error in the program itself
            elif may_be_cut:
                found = _read_traceback(lines, index, "")
                if found is not None and not _ERROR.match(found.exception):
                    found = None
        may_be_cut = may_be_cut and not (header or match)
        if found is None:
            index += 1
            continue
        above = lines[index - 1] if index and header else ""
        found.is_elsewhere = bool(_ELSEWHERE.match(above))
        if not above.startswith(_HARMLESS):
            yield found
        index = found.end


def _read_traceback(lines: Sequence[str], start: int, before: str) -> Optional[_Traceback]:
    """The traceback whose frames begin at line `start`; None if it is incomplete.

    `before` is what the header has before it. Where one of the next lines has the same, it is a
    prefix of each line, such as `[rank0]: `, and lines without it are another process's.
    """
    is_group = before.endswith(_GROUP)
    prefix = before[: -len(_GROUP)].replace("+", "|") if is_group else before
    if not any(line.startswith(prefix) for line in lines[start : start + _MOST_BETWEEN]):
        prefix = ""
    found = _Traceback()
    for index in range(start, len(lines)):
        if not lines[index].startswith(prefix):
            continue
        line = lines[index][len(prefix) :]
        match = _FRAME.match(line)
        if match:
            syntax_error = not match["function"]
            found.frames.append(_Frame(match["file"], int(match["line"]), syntax_error))
        elif _HEADER in line:
            return None
        elif line.strip() and not line.startswith(" "):
            rest = [text[len(prefix) :] for text in lines[index + 1 :] if text.startswith(prefix)]
            found.exception = _with_message(line.rstrip(), rest)
            if is_group:
                found.exception += _first_of_group(lines[index + 1 :])
            found.end = index + 1
            return found
    return None


def _with_message(line: str, rest: Sequence[str]) -> str:
    """The exception's line; with the next line of its message if the first says too little."""
    if not line.endswith(":"):
        return line
    following = next((text.strip() for text in rest if text.strip(' "')), "")
    if not following or _HEADER in following:
        return line.rstrip(": ")
    return f"{line} {following}"


def _first_of_group(lines: Sequence[str]) -> str:
    for line in lines:
        match = _SUB_EXCEPTION.match(line)
        if match:
            return f", the first: {match['text']}"
    return ""


def _went_on(after: Sequence[str]) -> bool:
    """Whether the program did much after the traceback, so that something else ended it."""
    others = [line for line in after if line.strip() and not _GOODBYE.match(line)]
    return len(others) > _MOST_AFTER
