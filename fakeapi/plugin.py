"""What plug-ins are written with: `from fakeapi import plugin`, then `@plugin.generator("pirate")`."""

from fakeapi.adapters.plugins import GROUP, fault, generator, load, pattern
from fakeapi.encoding.faults.values import Place, placed
from fakeapi.encoding.sse import Frame as Event
from fakeapi.replies.plugged import Kit
from fakeapi.wire import Cut, Send, Wait

__all__ = ["GROUP", "Cut", "Event", "Kit", "Place", "Send", "Wait", "fault", "generator", "load", "pattern", "placed"]
