"""The tools that the API runs itself: which are used, what comes of them, and how the answer goes on from there.

Results are canned (`fixtures/server_tools/`): nothing is ever fetched, run or asked. `answering.served` is the way in.
"""

from fakeapi.replies.serving.answering import served

__all__ = ["served"]
