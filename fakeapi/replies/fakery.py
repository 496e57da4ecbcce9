"""Faker for templates: its providers' methods and nothing else, seeded by the request, without a look at the clock."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from fakeapi import chance
from fakeapi.replies.sampling import formats

if TYPE_CHECKING:
    from random import Random

_LARGEST = 5_000
"""How many of anything a template may ask a provider for."""
_FREE = frozenset({"min", "max", "min_value", "max_value", "step", "start", "stop", "value", "upper_limit"})
"""Numbers that are values, not sizes."""
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BIRTH = (1950, 2005)
_NOT_FOR_TEMPLATES = frozenset(
    {
        *("binary", "image", "json_bytes", "tar", "zip"),
        *(
            "credit_card_expire",
            "credit_card_full",
            "passport_dates",
            "passport_dob",
            "passport_full",
            "passport_gender",
        ),
        *("profile", "simple_profile", "uuid1", "uuid7", "enum"),
        *("pydict", "pyiterable", "pylist", "pyobject", "pyset", "pystruct", "pytuple"),
    }
)
"""Those that give bytes or objects, and those that ask what day it is."""


class FakeryError(Exception):
    """A provider that can't be asked for that; the text says why."""


class Fakery:
    """`faker` of a template: `faker.city()` is the same for the same seed and request, and another one each time."""

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._drawn = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in names():
            raise AttributeError(name)
        return lambda *values, **options: self._draw(name, values, options)

    def _draw(self, name: str, values: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        self._drawn += 1
        seed = ("template", *self._seed, self._drawn)
        if name in _TIMELESS:
            if values or options:
                raise FakeryError(f"faker.{name} takes no arguments here: its dates don't depend on the day")
            return _TIMELESS[name](chance.random(*seed))
        method = getattr(chance.faker(*seed), name)
        if values or options:
            _hold(name, method, values, options)
        try:
            return plain(method(*values, **options))
        except FakeryError:
            raise
        except Exception as fault:
            raise FakeryError(f"faker.{name}: {fault}") from None


@cache
def names() -> frozenset[str]:
    """The methods that a template may call."""
    from faker.providers.date_time import Provider as Clock

    found = {name for provider in chance.faker("names").get_providers() for name in _methods(provider)}
    return frozenset(found - _of_the_clock(Clock) - _NOT_FOR_TEMPLATES | _TIMELESS.keys())


def reason_against(name: str) -> str:
    """Why a method of Faker isn't among `names`; "" where Faker has none of that name."""
    known = {name for provider in chance.faker("names").get_providers() for name in _methods(provider)}
    if name not in known:
        return ""
    return f"faker.{name} is not for templates: it gives no text, or asks what day it is (faker.date() doesn't)"


def plain(value: Any) -> Any:
    """A value as JSON has it; dates in ISO 8601. FakeryError for bytes."""
    if isinstance(value, bytes | bytearray):
        raise FakeryError("a template can't hold bytes")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value, key=str)]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _methods(provider: Any) -> set[str]:
    kind = type(provider)
    return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}


def _of_the_clock(provider: Any) -> set[str]:
    """The methods of the provider of dates: nearly all of them go up to today."""
    return {name for name, value in vars(provider).items() if callable(value)} - {"timezone", "century"}


def _hold(name: str, method: Any, values: tuple[Any, ...], options: Mapping[str, Any]) -> None:
    """FakeryError where more is asked for than any answer could hold."""
    try:
        given = inspect.signature(method).bind(*values, **options).arguments
    except TypeError as fault:
        raise FakeryError(f"faker.{name}: {fault}") from None
    for option, value in given.items():
        sizes = [value] if isinstance(value, int | float) and option not in _FREE else []
        if any(abs(size) > _LARGEST for size in sizes):
            raise FakeryError(f"faker.{name}: {option}={value} is more than {_LARGEST}")


def _moment(dice: Random) -> str:
    return f"{formats.day(dice)}T{_clock(dice)}"


def _clock(dice: Random) -> str:
    return f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"


def _seconds(dice: Random) -> int:
    day = datetime.fromisoformat(f"{_moment(dice)}+00:00")
    return int((day - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) / timedelta(seconds=1))


_TIMELESS: dict[str, Callable[[Random], Any]] = {
    "am_pm": lambda dice: dice.choice(("AM", "PM")),
    "date": formats.day,
    "date_of_birth": lambda dice: formats.day(dice, _BIRTH),
    "date_time": _moment,
    "day_of_month": lambda dice: f"{dice.randint(1, 28):02}",
    "day_of_week": lambda dice: dice.choice(_DAYS),
    "iso8601": _moment,
    "month": lambda dice: f"{dice.randint(1, 12):02}",
    "month_name": lambda dice: dice.choice(_MONTHS),
    "time": _clock,
    "unix_time": _seconds,
    "year": lambda dice: str(dice.randint(*formats.YEARS)),
}
"""Faker's dates without a today: drawn from the years that sampled dates are from."""
