"""What can be set: every setting with its type, bounds, default and one line of explanation.

Times are in seconds and sizes in bytes unless the name says otherwise. The order here is the
order of ``config.toml``, which is generated from this module.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import msgspec

from cryptostream.config.directory import Directory
from cryptostream.config.gateway import Gateway
from cryptostream.config.kinds import (
    Count,
    CountOrZero,
    Port,
    Positive,
    Seconds,
    SecondsOrZero,
    doc,
)
from cryptostream.config.sources import Sources
from cryptostream.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

# sun_path holds 108 bytes on Linux and 104 elsewhere, with its end.
UNIX_PATH_LIMIT = 103


class Router(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sockets that clients see, and what one client may ask for."""

    control: Annotated[str, doc("where clients send requests (ZeroMQ, loopback or ipc)")] = (
        "tcp://127.0.0.1:7700"
    )
    data: Annotated[str, doc("where clients receive prices (ZeroMQ, loopback or ipc)")] = (
        "tcp://127.0.0.1:7701"
    )
    heartbeat: Annotated[Seconds, doc("a topic silent for so long gets a heartbeat; seconds")] = 1.0
    lease: Annotated[Seconds, doc("a client unheard for so long loses its tickers; seconds")] = 10.0
    max_lease: Annotated[Seconds, doc("longest lease that a client may ask for; seconds")] = (
        604_800.0
    )
    linger: Annotated[
        SecondsOrZero, doc("how long a page outlives its last subscriber; seconds")
    ] = 5.0
    ring: Annotated[Count, doc("messages per topic kept for clients that missed some")] = 4096
    data_hwm: Annotated[
        Count, doc("messages that wait for one slow subscriber before it loses some")
    ] = 10_000
    max_message: Annotated[
        int, msgspec.Meta(ge=1024), doc("largest message accepted from a client; bytes")
    ] = 1_048_576
    max_tickers_per_request: Annotated[Count, doc("tickers that one request may name")] = 500
    max_tickers_per_client: Annotated[Count, doc("tickers that one client may hold")] = 500
    max_clients: Annotated[Count, doc("clients that may hold a lease at once")] = 1000
    request_rate: Annotated[Positive, doc("requests per second that one client may send")] = 200.0
    request_burst: Annotated[Count, doc("requests that one client may send at once")] = 400


class Reconciler(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How failed pages are tried again."""

    first_backoff: Annotated[Seconds, doc("longest wait before the first retry; seconds")] = 0.25
    backoff_factor: Annotated[
        float, msgspec.Meta(ge=1), doc("each further wait is so many times longer")
    ] = 2.0
    backoff_cap: Annotated[Seconds, doc("no wait is longer than this; seconds")] = 60.0
    stable_after: Annotated[
        Seconds, doc("a page live for so long starts again at the first backoff; seconds")
    ] = 30.0
    max_opening: Annotated[Count, doc("pages that one browser opens at the same time")] = 4
    blocked_pause: Annotated[
        Seconds, doc("a site that refuses us is left alone so long, then twice as long; seconds")
    ] = 60.0
    give_up_after: Annotated[
        CountOrZero, doc("attempts in a row before a ticker is failed; 0 = never give up")
    ] = 0


class Browsers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which browser is started, how, and how many."""

    path: Annotated[str, doc("browser executable; empty = find one")] = ""
    headless: Annotated[
        Literal["auto", "true", "false"], doc("auto = headless only where there is no display")
    ] = "auto"
    pages: Annotated[Count, doc("pages that one browser carries at most")] = 20
    ceiling: Annotated[Count, doc("browsers that run at most")] = 2
    start: Annotated[CountOrZero, doc("browsers started before anyone asks")] = 1
    launch_timeout: Annotated[Seconds, doc("how long a browser may take to start; seconds")] = 30.0
    recycle_after: Annotated[
        SecondsOrZero,
        doc("a fresh browser takes a browser's place after so long; seconds, 0 = never"),
    ] = 21_600.0
    recycle_above: Annotated[
        CountOrZero, doc("and when it takes more memory with its pages; MiB, 0 = whatever it takes")
    ] = 4096
    sandbox: Annotated[
        Literal["auto", "on", "off"], doc("auto = on, except for root and in containers")
    ] = "auto"
    extra_args: Annotated[tuple[str, ...], doc("further command-line switches of Chromium")] = ()


class Sim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simulated market: the whole system offline."""

    enabled: Annotated[bool, doc("run the simulated market")] = False
    host: Annotated[str, msgspec.Meta(min_length=1), doc("address that it listens on")] = (
        "127.0.0.1"
    )
    port: Annotated[Port, doc("port that it listens on")] = 7790
    seed: Annotated[int, doc("the same seed gives the same prices")] = 1
    rate: Annotated[Positive, doc("price changes per second and symbol")] = 5.0
    market: Annotated[
        str, msgspec.Meta(min_length=1), doc("kind of market: how the prices move")
    ] = "mixed"
    generation: Annotated[
        str, msgspec.Meta(min_length=1), doc("generation of the page markup that it serves")
    ] = "G5"
    speed: Annotated[Positive, doc("how many times faster than real time it runs")] = 1.0
    heavy: Annotated[bool, doc("pages also carry a chart, a watchlist and advertisements")] = True


class Supervision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the supervision tree stops restarting and gives up."""

    restarts: Annotated[CountOrZero, doc("restarts allowed in the window")] = 20
    within: Annotated[Seconds, doc("length of that window; seconds")] = 60.0
    heartbeat_timeout: Annotated[
        Seconds, doc("a process silent for so long is taken for hung and replaced; seconds")
    ] = 10.0


class Logs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is logged, and how."""

    level: Annotated[
        Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        doc("least severe level that is written"),
    ] = "INFO"
    format: Annotated[Literal["text", "json"], doc("text for people, json for programs")] = "text"
    file: Annotated[str, doc("file to append to; empty = standard error")] = ""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting of one daemon."""

    instance: Annotated[
        str,
        msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"),
        doc("name of this daemon; two on one machine need two names"),
    ] = "default"
    runtime_dir: Annotated[
        str, doc("directory of the sockets between processes; empty = the user's own")
    ] = ""
    default_exchange: Annotated[
        str,
        msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{1,19}$"),
        doc("exchange of a ticker that names none"),
    ] = "BINANCE"
    router: Router = Router()
    reconciler: Reconciler = Reconciler()
    browsers: Browsers = Browsers()
    sources: Sources = Sources()
    directory: Directory = Directory()
    gateway: Gateway = Gateway()
    sim: Sim = Sim()
    supervision: Supervision = Supervision()
    logs: Logs = Logs()

    def to_dict(self) -> dict[str, object]:
        """Return the settings as plain values that JSON can carry to a child process."""
        built: dict[str, object] = msgspec.to_builtins(self)
        return built

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Self:
        """Return the settings that :meth:`to_dict` took apart.

        Raises:
            ConfigError: the values are not those of a Config.

        """
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise ConfigError(f"these are not the settings of a daemon: {error}") from error

    def runtime_path(self) -> Path:
        """Return the directory of the sockets between processes; it may not exist yet."""
        if self.runtime_dir:
            return Path(self.runtime_dir).expanduser().absolute()
        return choose_runtime_dir(os.environ, os.getuid(), tempfile.gettempdir())

    def tree_path(self) -> Path:
        """Return where this instance's root notes how its processes are."""
        return self.runtime_path() / f"{self.instance}-processes"

    def socket_path(self, name: str) -> Path:
        """Return where the Unix socket ``name`` of this instance is.

        Raises:
            ConfigError: the path would not fit into a Unix socket address.

        """
        path = self.runtime_path() / f"{self.instance}-{name}"
        if len(os.fsencode(path)) > UNIX_PATH_LIMIT:
            raise ConfigError(
                f"the socket path {path} is longer than {UNIX_PATH_LIMIT} bytes",
                hint="set runtime_dir to a shorter directory",
            )
        return path


def choose_runtime_dir(environ: Mapping[str, str], uid: int, temp_dir: str) -> Path:
    """Return the user's own runtime directory, or one of that user below ``temp_dir``."""
    base = environ.get("XDG_RUNTIME_DIR", "")
    # XDG says that a relative path is to be ignored.
    if base.startswith("/"):
        return Path(base) / "cryptostream"
    return Path(temp_dir) / f"cryptostream-{uid}"
