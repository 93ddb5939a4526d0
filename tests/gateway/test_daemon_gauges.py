"""What /metrics says of the daemon."""

from cryptostream.gateway.daemon_gauges import daemon_page

STATUS = {
    "uptime": 61.25,
    "tape": {"messages": 1200, "records": 1311},
    "restarts": 2,
    "clients": [{}, {}],
    "processes": [
        {"name": "router", "state": "running", "restarts": 1, "memory": 30_000_000},
        {"name": "browser-0", "state": "backoff", "restarts": 4, "memory": None},
    ],
    "workers": [{"worker": "browser-0", "lost": 3, "pages": 7}, {"worker": "feeds", "lost": 0}],
}


def test_a_daemon_that_does_not_answer_is_down_and_nothing_else():
    lines = daemon_page(None, []).text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["cryptostream_router_up 0"]


def test_processes_workers_and_tickers_are_told():
    tickers = [{"phase": "live"}, {"phase": "live"}, {"phase": "retrying"}]
    lines = daemon_page(STATUS, tickers).text().splitlines()
    for line in (
        "cryptostream_router_up 1",
        "cryptostream_uptime_seconds 61.25",
        "cryptostream_clients 2",
        "cryptostream_records_total 1311",
        "cryptostream_retries_total 2",
        'cryptostream_process_up{process="router"} 1',
        'cryptostream_process_up{process="browser-0"} 0',
        'cryptostream_process_restarts_total{process="browser-0"} 4',
        'cryptostream_process_memory_bytes{process="router"} 30000000',
        'cryptostream_worker_lost_total{worker="browser-0"} 3',
        'cryptostream_worker_pages{worker="browser-0"} 7',
        'cryptostream_tickers{phase="live"} 2',
        'cryptostream_tickers{phase="retrying"} 1',
        'cryptostream_tickers{phase="failed"} 0',
    ):
        assert line in lines
    assert not any("memory_bytes" in line and "browser-0" in line for line in lines)
