"""fakeapi: a fake Messages API server that answers, refuses, stops and counts as the real one does."""

__version__ = "0.1.0"
