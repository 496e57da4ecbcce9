"""Who asks, and which contract they speak: credential, version and betas, in the measured order (contract.md 2, 5A)."""

from __future__ import annotations

from collections.abc import Mapping

from fakeapi import assets
from fakeapi.facts import catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Caller
from fakeapi.wire import Request

_BROWSER_ACCESS = "anthropic-dangerous-direct-browser-access"
_BEARER = "bearer "


class Door:
    """The rules of admission of one server.

    `keys` are the only keys accepted; empty means that any key that isn't empty is good.
    """

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        self._keys = frozenset(keys)
        self._versions = frozenset(assets.read_json("fixtures/versions.json")["known"])
        self._betas = catalogue.known_betas()

    def authenticate(self, request: Request) -> Caller:
        """The caller; ApiError 401 for the credential, 400 for version or betas."""
        headers = request.headers
        if "origin" in headers and headers.get(_BROWSER_ACCESS, "").lower() != "true":
            raise refusal("browser_access")
        key = self._key(headers)
        version = self._version(headers)
        betas = headers.get("anthropic-beta")
        return Caller(key, version, self._known(betas) if betas else frozenset())

    def _key(self, headers: Mapping[str, str]) -> str:
        key = headers.get("x-api-key", "").strip()
        if key:
            return self._allowed(key, "key_invalid")
        authorization = headers.get("authorization", "").strip()
        token = authorization[len(_BEARER) :].strip() if authorization[: len(_BEARER)].lower() == _BEARER else ""
        if not token:
            raise refusal("key_missing")
        return self._allowed(token, "bearer_invalid")

    def _allowed(self, key: str, otherwise: str) -> str:
        if self._keys and key not in self._keys:
            raise refusal(otherwise)
        return key

    def _version(self, headers: Mapping[str, str]) -> str:
        version = headers.get("anthropic-version")
        if version is None:
            raise refusal("version_missing")
        if version not in self._versions:
            raise refusal("version_unknown", version=version)
        return version

    def _known(self, text: str) -> frozenset[str]:
        betas = [beta for part in text.split(",") if (beta := part.strip())]
        unknown = [beta for beta in dict.fromkeys(betas) if beta not in self._betas]
        if unknown:
            raise refusal("beta_unknown", values=", ".join(f"`{beta}`" for beta in unknown))
        return frozenset(betas)

