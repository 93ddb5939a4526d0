"""Lets viewers in or not, and ends those whose token was revoked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from cryptostream.config.rules import is_loopback
from cryptostream.errors import ConfigError, RequestError
from cryptostream.gateway import token_file
from cryptostream.gateway.admission import check_origin, check_places
from cryptostream.gateway.auth import EVERYTHING, bearer, grant_for
from cryptostream.gateway.closing import Close

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.datastructures import Headers

    from cryptostream.config.gateway import Gateway
    from cryptostream.gateway.auth import Grant, Token
    from cryptostream.gateway.hub import Hub
    from cryptostream.gateway.viewer import Viewer

# A revoked token works at most so long; s.
_REREAD = 1.0


class Doorkeeper:
    """Knows the tokens and the settings about who may come in."""

    def __init__(self, settings: Gateway, hub: Hub, tokens_at: Path) -> None:
        self._settings = settings
        self._hub = hub
        self._path = tokens_at
        self._tokens: tuple[Token, ...] = ()
        self.needs_token = settings.auth == "token" or not is_loopback(settings.host)

    async def open(self) -> None:
        """Read the tokens.

        Raises:
            ConfigError: the file is not as it has to be, or has no token where one is needed.

        """
        self._tokens = await asyncio.to_thread(token_file.read, self._path)
        if self.needs_token and not self._tokens:
            raise ConfigError(
                f"viewers need tokens, and there is none in {self._path}",
                hint="make one with 'cryptostream token create NAME'",
            )

    def check_page(self, headers: Headers) -> None:
        """Refuse foreign pages.

        Raises:
            RequestError: the origin or the host is foreign.

        """
        settings = self._settings
        check_origin(
            headers.get("origin"), headers.get("host", ""), settings.host, settings.origins
        )

    def grant(self, secret: str) -> Grant | None:
        """Return what somebody may do; ``None`` when a token is needed and none was given.

        Raises:
            BadToken: the token is unknown or revoked.

        """
        if secret:
            return grant_for(secret, self._tokens)
        return None if self.needs_token else EVERYTHING

    def check_request(self, headers: Headers) -> Grant:
        """Return what the sender of a REST request may do.

        Raises:
            RequestError: a token is needed and was not given.
            BadToken: the token is unknown or revoked.

        """
        found = self.grant(bearer(headers.get("authorization", "")))
        if found is None:
            raise no_token()
        return found

    def check_place(self, viewer: Viewer) -> None:
        """Refuse a viewer for whom there is no place.

        Raises:
            Overloaded: there is none.

        """
        settings = self._settings
        most = settings.max_viewers_per_address
        check_places(self._hub.viewers, viewer, settings.max_viewers, most)

    async def watch(self) -> None:
        """Read the tokens again and again; a viewer whose token is gone is disconnected."""
        while True:
            await asyncio.sleep(_REREAD)
            try:
                tokens = await asyncio.to_thread(token_file.read, self._path)
            except ConfigError as error:
                # The tokens known so far stay: a bad edit must not throw everybody out.
                logger.error("the tokens are as before: {}", error.line())
                continue
            if tokens != self._tokens:
                self._tokens = tokens
                self._end_revoked()

    def _end_revoked(self) -> None:
        known = {token.mark() for token in self._tokens}
        for viewer in self._hub.viewers:
            if viewer.grant.token and viewer.grant.token not in known:
                viewer.close(Close.BAD_TOKEN)


def no_token() -> RequestError:
    """Return the refusal of somebody who has to give a token."""
    return RequestError(
        "a token is needed", code="no_token", hint="send it as 'Authorization: Bearer …'"
    )
