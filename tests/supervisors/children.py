"""What the child processes of these tests run."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

LONG = 3600


async def serve(child, **arguments):
    child.report({"pid": os.getpid(), "arguments": arguments})
    child.ready()
    await child.stopping.wait()


async def slow_to_be_ready(child):
    await child.stopping.wait()


async def fail_at_once(child, text="no luck"):
    raise ValueError(text)


class CodedError(Exception):
    code = "no_browser"
    hint = "install one"
    retriable = False


async def fail_with_code(child):
    raise CodedError("there is no\nbrowser")


async def return_at_once(child):
    return


async def ready_then_fail(child):
    child.ready()
    raise ValueError("after all")


async def exit_with_status(child, status):
    child.ready()
    sys.exit(status)


async def die_hard(child):
    child.ready()
    await asyncio.sleep(0.05)  # or the line would die with us, and the start would fail
    os._exit(9)


async def deaf(child):
    """Ignore whatever can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child.ready()
    await asyncio.Event().wait()


async def block_the_loop(child):
    child.ready()
    await asyncio.sleep(0)
    time.sleep(LONG)  # noqa: ASYNC251 - the fault that is to be found


async def only_sigterm(child):
    """Hear SIGTERM, but not the supervisor's asking."""
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.set)
    child.ready()
    await heard.wait()


async def stay_after_the_end(child):
    """End, with a thread that keeps the process."""
    child.ready()
    threading.Thread(target=time.sleep, args=(LONG,)).start()


async def with_grandchild(child):
    """Start a process in a session of its own, as browsers do."""
    grandchild = subprocess.Popen(  # noqa: ASYNC220 - nobody else waits in this loop
        [sys.executable, "-S", "-c", f"import time; time.sleep({LONG})"], start_new_session=True
    )
    child.report({"pid": os.getpid(), "grandchild": grandchild.pid})
    child.ready()
    await child.stopping.wait()


async def print_lines(child, lines):
    for number in range(lines):
        print("line", number)  # noqa: T201
    print("to stderr", file=sys.stderr)  # noqa: T201
    child.ready()
    await child.stopping.wait()


async def show(child, variable):
    child.report({"value": os.environ.get(variable)})
    child.ready()
    await child.stopping.wait()


async def report_what_is_no_json(child):
    child.ready()
    child.report({"bad": object()})


async def list_descriptors(child):
    child.report({"open": sorted(_links(Path("/proc/self/fd")))})
    child.ready()
    await child.stopping.wait()


def _links(folder):
    for entry in folder.iterdir():
        with suppress(OSError):  # that of the listing itself
            yield str(entry.readlink())
