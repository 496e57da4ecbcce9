"""Faults: an answer broken exactly where it was asked to be. Each is one small pure function in a registry.

parse, read            text or mapping -> Faults
cast                   the faults that are due -> the Script of one answer
answer_instead         an error or a page instead of the answer
strike, strike_plain   faults in the body, event by event, before pacing
paced                  pacing that keeps the waits and cuts of faults where they are
finish                 faults in the headers, and in how the bytes are written
"""

from fakeapi.encoding.faults.answers import Instead
from fakeapi.encoding.faults.reading import parse, read
from fakeapi.encoding.faults.registry import FAULTS, Kind
from fakeapi.encoding.faults.script import Script, answer_instead, cast, finish, paced, strike, strike_plain
from fakeapi.encoding.faults.values import Fault, Part, Place, Scene

__all__ = [
    "FAULTS",
    "Fault",
    "Instead",
    "Kind",
    "Part",
    "Place",
    "Scene",
    "Script",
    "answer_instead",
    "cast",
    "finish",
    "paced",
    "parse",
    "read",
    "strike",
    "strike_plain",
]
