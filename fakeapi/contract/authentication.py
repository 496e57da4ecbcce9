"""Who asks, and which contract they speak: credential, version and betas, in the measured order (contract.md 2, 5A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fakeapi import assets, chance
from fakeapi.errors import ApiError
from fakeapi.facts import catalogue
from fakeapi.facts.sentences import refusal
from fakeapi.model import Caller
from fakeapi.wire import Request

_BROWSER_ACCESS = "anthropic-dangerous-direct-browser-access"
_BEARER = "bearer "
WORKSPACE = "anthropic-workspace-id"
"""The header that selects a workspace (contract.md 2)."""


class Door:
    """The rules of admission of one server.

    `keys` are the only keys accepted; empty means that any key that isn't empty is good. `contract` is the mode of the
    server: `strict` refuses what is wrong with version and betas, `warn` says it, `shape` takes any betas and `off`
    takes anything.
    """

    def __init__(self, keys: tuple[str, ...] = (), contract: str = "strict") -> None:
        self._keys = frozenset(keys)
        self._contract = contract
        versions = assets.read_json("fixtures/versions.json")
        self._versions = frozenset(versions["known"])
        self._oldest: str = versions["known"][0]
        self._betas = catalogue.known_betas()

    def authenticate(self, request: Request) -> Caller:
        """The caller; ApiError 401 for the credential, 400 for version or betas."""
        headers = request.headers
        if "origin" in headers and headers.get(_BROWSER_ACCESS, "").lower() != "true":
            raise refusal("browser_access")
        key = self._key(headers)
        if self._contract == "strict":
            return Caller(key, self._version(headers), self._strictly_known(headers))
        return self._admitted(key, headers)

    def enter(self, caller: Caller, workspace: str, seed: int) -> Caller:
        """The caller in the workspace that the request names; ApiError where the credential has another (SDK)."""
        own = chance.workspace(seed, caller.key)
        if workspace == own or self._contract in ("shape", "off"):
            return caller
        fault = refusal("workspace_other", workspace=workspace)
        fault.hint = fault.hint.format(own=own)
        if self._contract == "strict":
            raise fault
        said = f"{fault.status} {fault.type}: {fault.message}"
        return replace(caller, warnings=(*caller.warnings, said))

    def _admitted(self, key: str, headers: Mapping[str, str]) -> Caller:
        """The caller, whatever version and betas they name, and what is wrong with those."""
        version, betas, faults = self._oldest, frozenset[str](), []
        try:
            version = self._version(headers)
        except ApiError as fault:
            if self._contract == "shape":
                raise
            faults.append(fault)
        try:
            betas = _values(headers)
            self._check(betas)
        except ApiError as fault:
            faults.append(fault)
        said = tuple(f"{fault.status} {fault.type}: {fault.message}" for fault in faults)
        return Caller(key, version, betas & self._betas, said if self._contract == "warn" else ())

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

    def _strictly_known(self, headers: Mapping[str, str]) -> frozenset[str]:
        if "anthropic-beta" not in headers:
            return frozenset()
        betas = _values(headers)
        self._check(betas)
        return betas

    def _check(self, betas: frozenset[str]) -> None:
        unknown = sorted(betas - self._betas)
        if unknown:
            raise refusal("beta_unknown", values=", ".join(f"`{beta}`" for beta in unknown))


def _values(headers: Mapping[str, str]) -> frozenset[str]:
    return frozenset(beta for part in headers.get("anthropic-beta", "").split(",") if (beta := part.strip()))
