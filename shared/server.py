"""The HTTP server of one process."""

from contextlib import nullcontext
from typing import Any

import uvicorn


class _QuietServer(uvicorn.Server):
    """Leaves the signals to us."""

    def capture_signals(self) -> Any:
        return nullcontext()


def new_server(app: Any, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
        # Longer than callers and balancers keep idle connections, so that none sends a request into one that is just being closed.
        timeout_keep_alive=75,
        server_header=False,
    )
    return _QuietServer(config)
