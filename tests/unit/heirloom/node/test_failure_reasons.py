"""What a failed program printed, in the words of a reason: the exception and its place."""

import os
import subprocess
import sys

import pytest

from heirloom.node.process.output_text import failure, readable_lines
from heirloom.node.process.tracebacks import ExceptionFinder

CODE = "/store/ann/exp-1/code/1"
OWN = "/store/ann/exp-1/runtime/1"
LIBRARY = "/usr/lib/python3.11/site-packages/torch"
BOOM = f"""Traceback (most recent call last):
  File "{CODE}/train.py", line 9, in <module>
    main()
    ~~~~^^
  File "{CODE}/sub/model.py", line 4, in main
    raise ValueError("boom")
ValueError: boom
"""


def reason(output, code_dir=CODE):
    data = output if isinstance(output, bytes) else output.encode(errors="surrogateescape")
    return failure(readable_lines(data), ExceptionFinder(str(code_dir), OWN))


PROGRAMS = {
    "x = 1\nraise ImportError('\\n`load_x` is gone.\\n\\nSee also:\\n<https://example.org>\\n')": (
        "train.py:2: ImportError: `load_x` is gone."
    ),
    "x = 1\nx = = 2": "train.py:2: SyntaxError: invalid syntax",
    "def f():\nreturn 1": "train.py:2: IndentationError: expected an indented block",
    "import broken": "broken.py:2: SyntaxError: ",
    "def f(): {}['k']\ntry: f()\nexcept KeyError as e: raise OSError('no file') from e": (
        "train.py:3: OSError: no file"
    ),
    "try: 1/0\nexcept Exception: {}['a']": "train.py:2: KeyError: 'a'",
    "assert False": "train.py:1: AssertionError",
    "import json\njson.loads('{')": (
        "train.py:2: json.decoder.JSONDecodeError: Expecting property name enclosed in double "
        "quotes: line 1 column 2 (char 1)"
    ),
    "def f(): f()\nf()": "train.py:1: RecursionError: maximum recursion depth exceeded",
    "raise RuntimeError('Error in loading:\\n\\tmissing \"a\"')": (
        'train.py:1: RuntimeError: Error in loading: missing "a"'
    ),
    "import sys\nsys.exit('no data in /data')": "no data in /data",
    "class E(Exception):\n    pass\nraise E('x' * 400)": f"train.py:3: E: {'x' * 174}…",
    "import sys\nsys.stderr.write('\\r 10%|#  | 1/10 [00:00<00:01, 8.9it/s]')\n1/0": (
        "train.py:3: ZeroDivisionError: division by zero"
    ),
    "print('\\x1b[31mno \\x1b[1mcolour\\x1b[0m')\nraise SystemExit(3)": "no colour",
    "import multiprocessing\ndef f(x): raise ValueError('in a worker')\n"
    "with multiprocessing.get_context('fork').Pool(1) as p: p.map(f, [1])": (
        "train.py:2: ValueError: in a worker"
    ),
    "from concurrent.futures import ProcessPoolExecutor as P\nimport multiprocessing\n"
    "def f(): raise ValueError('there')\nwith P(1, multiprocessing.get_context('fork')) as p:\n"
    "    p.submit(f).result()": "train.py:3: ValueError: there",
    "import atexit\natexit.register(lambda: print('wandb: Synced 5 files\\nwandb: bye'))\n1/0": (
        "train.py:3: ZeroDivisionError: division by zero"
    ),
    "class A:\n    def __del__(self): raise OSError('late')\na = A()\nraise ValueError('first')": (
        "train.py:4: ValueError: first"
    ),
    "import threading\nt = threading.Thread(target=lambda: 1/0)\nt.start()\nt.join()\n{}[0]": (
        "train.py:5: KeyError: 0"
    ),
    "import argparse\np = argparse.ArgumentParser('t')\np.add_argument('--lr', required=True)\n"
    "p.parse_args()": "t: error: the following arguments are required: --lr",
    "import faulthandler\nfaulthandler.enable()\ndef f(): faulthandler._sigsegv()\nf()": (
        "train.py:3: Fatal Python error: Segmentation fault"
    ),
    "import traceback\ntry: 1/0\nexcept Exception: traceback.print_exc()\n"
    "for i in range(100): print('epoch', i)\nraise SystemExit('no more data')": "no more data",
    "raise ValueError('\\n')": "train.py:1: ValueError",
    "x = 1\neval('1 +')": "train.py:2: SyntaxError: ",
    "import warnings\nprint('no GPU')\nwarnings.warn('slow')\nraise SystemExit(3)": "no GPU",
    "def even(n): return odd(n)\ndef odd(n): return even(n)\nimport sys\n"
    "sys.setrecursionlimit(3000)\neven(1)": "train.py:",
    "": "",
}
NEW_PROGRAMS = {
    "e = ValueError('x')\ne.add_note('a note')\nraise e": "train.py:3: ValueError: x",
    "raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])": (
        "train.py:1: ExceptionGroup: two (2 sub-exceptions), the first: ValueError: a"
    ),
    "import asyncio\nasync def f(): raise ValueError('task')\nasync def main():\n"
    "    async with asyncio.TaskGroup() as g: g.create_task(f())\nasyncio.run(main())": (
        "train.py:2: ValueError: task"
    ),
}


@pytest.mark.parametrize("program", [*PROGRAMS, *NEW_PROGRAMS])
def test_the_reason_is_the_exception_and_its_place_in_the_users_code(tmp_path, program):
    (tmp_path / "train.py").write_text(program)
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    expected = {**PROGRAMS, **NEW_PROGRAMS}[program]
    found = reason(done.stdout, tmp_path)
    if expected.endswith("…"):
        assert (found[:60], len(found), found[-1]) == (expected[:60], 200, "…")
    else:
        assert found.startswith(expected)
        assert bool(found) == bool(expected)


OUTPUTS = {
    # Progress bars and colours around a traceback.
    f" 10%|█ | 1/10 [00:00<00:01, 8.92it/s]{BOOM}": "sub/model.py:4: ValueError: boom",
    BOOM.replace("\n", "\r\n"): "sub/model.py:4: ValueError: boom",
    BOOM.replace("    main()\n", "\r 20%|██ | 2/10 [00:00<00:01]\n    main()\n"): (
        "sub/model.py:4: ValueError: boom"
    ),
    f"{BOOM}\r 10%|█ | 1/10 [00:00<00:01, 8.92it/s]\n": "sub/model.py:4: ValueError: boom",
    BOOM.replace("ValueError: boom", "\x1b[1;35mValueError\x1b[0m: \x1b[35mboom\x1b[0m"): (
        "sub/model.py:4: ValueError: boom"
    ),
    # What other programs add: a rank before each line, a table, a goodbye.
    "".join(f"[rank0]: {line}\n" for line in BOOM.splitlines()): "sub/model.py:4: ValueError: boom",
    "".join(
        f"[rank0]: {line}\n[rank1]: epoch 3\n" for line in BOOM.splitlines()
    ): "sub/model.py:4: ValueError: boom",
    f"""{BOOM}E0101 12:00:00.000000 9 torch/distributed/elastic/api.py:882] failed (exitcode: 1)
Traceback (most recent call last):
  File "/usr/local/bin/torchrun", line 8, in <module>
    sys.exit(main())
  File "{LIBRARY}/distributed/launcher/api.py", line 269, in launch_agent
    raise ChildFailedError(
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Failures:
  <NO_OTHER_FAILURES>
Root Cause (first observed failure):
[0]:
  exitcode  : 1 (pid: 1240)
============================================================
""": "sub/model.py:4: ValueError: boom",
    f"""Traceback (most recent call last):
  File "{CODE}/train.py", line 5, in <module>
    for batch in loader:
  File "{LIBRARY}/_utils.py", line 722, in reraise
    raise exception
ValueError: Caught ValueError in DataLoader worker process 0.
Original Traceback (most recent call last):
  File "{LIBRARY}/utils/data/_utils/worker.py", line 308, in _worker_loop
    data = fetcher.fetch(index)
  File "{CODE}/data.py", line 7, in __getitem__
    raise ValueError("bad image")
ValueError: bad image
""": "data.py:7: ValueError: bad image",
    f"{BOOM}\nSet the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace.\n": (
        "sub/model.py:4: ValueError: boom"
    ),
    f"{BOOM}make: *** [Makefile:2: all] Error 1\n": "sub/model.py:4: ValueError: boom",
    f"""{BOOM}{LIBRARY}/resource_tracker.py:224: UserWarning: There appear to be 1 leaked objects
  warnings.warn('resource_tracker: There appear to be %d '
""": "sub/model.py:4: ValueError: boom",
    # Only a library's frames; frames of Heirloom's own; the innermost of the user's.
    f"""Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "{LIBRARY}/run.py", line 3, in <module>
    raise OSError("x")
OSError: x
""": "torch/run.py:3: OSError: x",
    f"""Traceback (most recent call last):
  File "<string>", line 2, in <module>
  File "{OWN}/heirloom/trial.py", line 50, in finish
    raise TypeError("a result must be a number")
TypeError: a result must be a number
""": "<string>:2: TypeError: a result must be a number",
    f"""Traceback (most recent call last):
  File "{CODE}/train.py", line 3, in <module>
    model(x)
  File "{LIBRARY}/nn/modules/linear.py", line 114, in forward
    return F.linear(input, self.weight, self.bias)
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 is full
""": "train.py:3: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. "
    "GPU 0 is full",
    # Programs that are not Python's.
    "sh: 1: foo: not found\n": "sh: 1: foo: not found",
    "loading\nKilled\n": "Killed",
    "╭─ Error ────╮\n│ Missing option '--x'. │\n╰────────────╯\n": "Missing option '--x'.",
    "Usage: t [OPTIONS]\n\nError: Missing option '--lr'.\n": "Error: Missing option '--lr'.",
    "curl: (6) Could not resolve host: x\n   \n\n---\n": "curl: (6) Could not resolve host: x",
    "epoch 1\n\r 45%|████ | 9/20 [00:10<00:12]": "epoch 1",
    "\r 45%|████ | 9/20 [00:10<00:12]\r 50%|█████ | 10/20 [00:10<00:12]": (
        "50%|█████ | 10/20 [00:10<00:12]"
    ),
    # An exception whose output was cut short is none.
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    1/0\n': "1/0",
    "Traceback (most recent call last):\n" * 3: "Traceback (most recent call last):",
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_output_around_an_exception_does_not_hide_it(output):
    assert reason(output) == OUTPUTS[output]


@pytest.mark.parametrize("data", [b"", b"\xff\x00\x1b[", bytes(range(256)) * 256, b"\r" * 70_000])
def test_binary_output_leads_to_printable_text(data):
    found = reason(data)
    assert len(found) <= 200
    assert found.isprintable()


def test_a_traceback_whose_beginning_is_cut_off_is_read() -> None:
    frame = f'  File "{CODE}/train.py", line 7, in walk\n    walk(node)\n'
    text = f"k(node)\n{frame * 900}RecursionError: maximum recursion depth exceeded\n"
    assert reason(text) == "train.py:7: RecursionError: maximum recursion depth exceeded"
    stack = f"{frame * 3}epoch 1\nno data\n"  # as traceback.print_stack prints it
    assert reason(stack) == "no data"
