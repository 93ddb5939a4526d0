"""`cryptostream tail`: raw messages of any topic, as they pass on the data socket."""

from __future__ import annotations

import asyncio
import json
import time

import click
import msgspec
import zmq

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import Setup, json_option, pass_setup, run
from cryptostream.errors import NotConnected, ProtocolError
from cryptostream.sockets import DrainedReader
from cryptostream.wire.frames import Meta, decode_meta


@click.command()
@click.argument("topics", nargs=-1)
@json_option
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many messages.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop after so many seconds.")
@pass_setup
def tail(
    setup: Setup,
    topics: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    count: int | None,
    seconds: float | None,
) -> int:
    """Print messages whose topic begins with one of TOPICS, like tick/BINANCE:BTCUSDT/.

    Nothing is subscribed for you: what nobody wants is not published. Without TOPICS, all.
    """
    address = setup.load().config.router.data
    return int(run(_tail(address, topics or ("",), as_json, count, seconds)))


async def _tail(
    address: str,
    topics: tuple[str, ...],
    as_json: bool,  # noqa: FBT001
    count: int | None,
    seconds: float | None,
) -> Exit:
    seen = 0
    enough = asyncio.Event()

    def show(frames: list[bytes]) -> None:
        nonlocal seen
        if count is None or seen < count:
            seen += 1
            print(_line(frames, as_json=as_json), flush=True)
        if count is not None and seen >= count:
            enough.set()

    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        socket.sndhwm = 0
        socket.connect(address)
        for topic in topics:
            socket.subscribe(topic)
        reader = DrainedReader(socket, show)
        try:
            async with asyncio.timeout(seconds):
                await enough.wait()
        except TimeoutError:
            pass
        finally:
            reader.close()
    if not seen:
        raise NotConnected(
            f"nothing passed at {address}",
            code="no_messages",
            hint="is the daemon up, and does anybody watch these topics? cryptostream status",
        )
    return Exit.OK


def _line(frames: list[bytes], *, as_json: bool) -> str:
    topic = frames[0].decode("utf-8", "replace")
    try:
        meta = decode_meta(frames[1])
        records = msgspec.msgpack.decode(frames[2])
    except (ProtocolError, msgspec.MsgspecError, IndexError) as error:
        return f"{topic} malformed: {error}"
    if as_json:
        return json.dumps({"topic": topic, "meta": msgspec.to_builtins(meta), "records": records})
    return f"{topic} {_meta_text(meta)} {json.dumps(records)}"


def _meta_text(meta: Meta) -> str:
    age = (time.time_ns() - meta.ts_published) / 1e6
    return f"epoch {meta.epoch} seq {meta.seq} count {meta.count} flags {meta.flags} {age:.2f} ms"
