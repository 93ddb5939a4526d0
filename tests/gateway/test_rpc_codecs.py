"""Both forms of messages, with and without bytes that are there already."""

from __future__ import annotations

import pytest
from protobuf import Oneof

from cryptostream.gateway.rpc_codecs import BinaryCodec, JsonCodec
from cryptostream.gateway.rpc_messages import Prepared
from cryptostream.v1 import prices_pb as pb

EVENT = pb.StreamPricesResponse(event=Oneof("heartbeat", pb.Heartbeat(ts=5)))


@pytest.mark.parametrize(("codec", "name"), [(BinaryCodec(), "proto"), (JsonCodec(), "json")])
def test_a_message_comes_back_and_a_prepared_one_has_the_same_bytes(codec, name):
    body = codec.encode(EVENT)
    assert codec.name() == name
    assert codec.decode(body, pb.StreamPricesResponse) == EVENT
    assert codec.encode(Prepared(EVENT)) == body


def test_a_misspelt_key_is_refused():
    with pytest.raises(ValueError, match="tickrs"):
        JsonCodec().decode(b'{"tickrs": []}', pb.StreamPricesRequest)
