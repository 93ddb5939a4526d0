"""The REST endpoints as OpenAPI 3.1, built from the table that the routes are built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptostream.gateway.version import VERSION


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: its name, JSON schema and meaning."""

    name: str
    about: str
    schema: dict[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A REST endpoint; ``name`` is the last part of its path, ``keys`` those of the answer."""

    name: str
    about: str
    keys: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()


_TEXT = {"type": "string"}
ENDPOINTS = (
    Endpoint("tickers", "Every open ticker with its status", ("tickers",)),
    Endpoint(
        "snapshot",
        "The last values of tickers",
        ("results",),
        (Parameter("tickers", "tickers, separated by commas", _TEXT, required=True),),
    ),
    Endpoint(
        "history",
        "The newest records of a ticker that the daemon still holds, oldest first",
        ("symbol", "records"),
        (
            Parameter("ticker", "the ticker", _TEXT, required=True),
            Parameter("kind", "kind of record", {"enum": ["tick", "trade", "status"]}),
            Parameter("limit", "records at most", {"type": "integer", "maximum": 5000}),
        ),
    ),
    Endpoint(
        "search",
        "Instruments by ticker or name",
        ("found", "notes"),
        (
            Parameter("q", "what to look for", _TEXT),
            Parameter("limit", "instruments at most", {"type": "integer", "maximum": 200}),
            Parameter("exchange", "the only exchange to look at", _TEXT),
        ),
    ),
    Endpoint("status", "How the daemon and the gateway are", ("daemon", "gateway")),
    Endpoint("sources", "What each installed source is", ("sources",)),
)


def description() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "CryptoStream gateway", "version": VERSION},
        "paths": {f"/v1/{one.name}": {"get": _operation(one)} for one in ENDPOINTS},
        "components": {
            "schemas": {"Error": _error()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "security": [{}, {"token": []}],
        "parameters": [
            {
                "name": one.name,
                "in": "query",
                "required": one.required,
                "description": one.about,
                "schema": one.schema,
            }
            for one in endpoint.parameters
        ],
        "responses": {
            "200": _answer({"type": "object", "required": list(endpoint.keys)}, "the answer"),
            "default": _answer({"$ref": "#/components/schemas/Error"}, "a refusal"),
        },
    }


def _answer(schema: dict[str, Any], about: str) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _error() -> dict[str, Any]:
    texts = dict.fromkeys(("code", "message", "hint"), _TEXT)
    inner = {"type": "object", "properties": {**texts, "retriable": {"type": "boolean"}}}
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}
