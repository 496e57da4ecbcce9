"""In-process transports, with a virtual clock: docs/transport.md."""

from fakeapi.adapters.transport import Clock, RealClock, Transport, VirtualClock, async_client, client

__all__ = ["Clock", "RealClock", "Transport", "VirtualClock", "async_client", "client"]
