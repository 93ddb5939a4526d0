"""Who wants what: clients, their leases and desired sets, reference counts, linger.

An intention is kept apart from connections: it ends with the lease or on request, never
because a socket went away. All times are seconds on the caller's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Client:
    """One client's session."""

    client_id: str
    route: bytes
    lease: float
    lease_until: float
    since: float
    agent: str = ""
    generation: int = 0
    desired: set[str] = field(default_factory=set)


class Registry:
    """Clients by id, and for each symbol how many of them want it."""

    def __init__(
        self,
        *,
        lease: float,
        linger: float,
        max_clients: int,
        max_tickers: int,
        max_lease: float | None = None,
    ) -> None:
        self._lease = lease
        self._max_lease = lease if max_lease is None else max(lease, max_lease)
        self._linger = linger
        self._max_clients = max_clients
        self._max_tickers = max_tickers
        self._clients: dict[str, Client] = {}
        self._by_route: dict[bytes, Client] = {}
        self._watchers: dict[str, int] = {}
        self._lingering: dict[str, float] = {}

    def hello(
        self,
        client_id: str,
        route: bytes,
        agent: str,
        now: float,
        asked_lease: float | None = None,
    ) -> Client:
        """Open or renew a session; a newer connection of the same id takes it over.

        A longer lease than usual may be asked for, up to ``max_lease``; a shorter one not.

        Raises:
            Overloaded: there are as many clients as allowed.

        """
        client = self._clients.get(client_id)
        if client is None:
            if len(self._clients) >= self._max_clients:
                raise Overloaded(
                    f"{self._max_clients} clients are connected already",
                    code="too_many_clients",
                    hint="end one, or raise router.max_clients",
                )
            client = Client(client_id, route, self._lease, now + self._lease, now, agent)
            self._clients[client_id] = client
        if client.route != route:
            self._by_route.pop(client.route, None)
            # Whoever has just connected knows nothing of the generations of its former self.
            client.generation = 0
        former = self._by_route.pop(route, None)
        if former is not None and former is not client:
            self._remove(former, now)
        client.route = route
        client.agent = agent
        client.lease = min(self._max_lease, max(self._lease, asked_lease or 0.0))
        client.lease_until = now + client.lease
        self._by_route[route] = client
        return client

    def restore(self, client_id: str, lease: float, until: float, symbols: Iterable[str]) -> Client:
        """Take in a client that is not connected; its lease ends at ``until``."""
        client = Client(client_id, b"", lease, until, until - lease)
        self._clients[client_id] = client
        for symbol in symbols:
            self.want(client, symbol)
        return client

    def keeping(self) -> list[Client]:
        """Return the clients whose lease is longer than the usual one."""
        return sorted(
            (client for client in self._clients.values() if client.lease > self._lease),
            key=lambda client: client.client_id,
        )

    def by_route(self, route: bytes, now: float) -> Client | None:
        """Return the client behind a connection and renew its lease."""
        client = self._by_route.get(route)
        if client is not None:
            client.lease_until = now + client.lease
        return client

    def want(self, client: Client, symbol: str) -> None:
        """Add a symbol to what a client wants.

        Raises:
            Overloaded: the client wants as many symbols as allowed.

        """
        if symbol in client.desired:
            return
        if len(client.desired) >= self._max_tickers:
            raise Overloaded(
                f"this client has {self._max_tickers} tickers already",
                code="too_many_tickers",
                retriable=False,
                hint="unsubscribe some, or raise router.max_tickers_per_client",
            )
        client.desired.add(symbol)
        self._watchers[symbol] = self._watchers.get(symbol, 0) + 1
        self._lingering.pop(symbol, None)

    def unwant(self, client: Client, symbol: str, now: float) -> bool:
        """Remove a symbol from what a client wants; return whether it was there."""
        if symbol not in client.desired:
            return False
        client.desired.discard(symbol)
        left = self._watchers[symbol] - 1
        if left:
            self._watchers[symbol] = left
        else:
            del self._watchers[symbol]
            self._lingering[symbol] = now + self._linger
        return True

    def linger(self, symbol: str, now: float) -> None:
        """Keep a symbol for the linger time though nobody has asked for it yet."""
        if symbol not in self._watchers:
            self._lingering.setdefault(symbol, now + self._linger)

    def bye(self, client: Client, now: float) -> None:
        """End a session and everything it wants."""
        self._remove(client, now)

    def expire(self, now: float) -> list[Client]:
        """End the sessions whose lease is over; return them."""
        over = [client for client in self._clients.values() if client.lease_until <= now]
        for client in over:
            self._remove(client, now)
        return over

    def wanted(self, now: float) -> set[str]:
        """Return every symbol that some client wants or that still lingers."""
        for symbol, until in list(self._lingering.items()):
            if until <= now:
                del self._lingering[symbol]
        return set(self._watchers) | set(self._lingering)

    def watchers(self, symbol: str) -> int:
        """Return how many clients want a symbol."""
        return self._watchers.get(symbol, 0)

    def clients(self) -> list[Client]:
        """Return all sessions."""
        return list(self._clients.values())

    def _remove(self, client: Client, now: float) -> None:
        for symbol in list(client.desired):
            self.unwant(client, symbol, now)
        if self._clients.get(client.client_id) is client:
            del self._clients[client.client_id]
        if self._by_route.get(client.route) is client:
            del self._by_route[client.route]
