"""Every setting is one field: flag, variable, help and default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakeapi import settings
from fakeapi.errors import FakeapiError
from fakeapi.settings import Settings

DOCUMENT = Path(__file__).parents[1] / "docs" / "server.md"


@pytest.mark.parametrize("setting", list(settings.each()), ids=lambda setting: setting.name)
def test_each_setting_is_documented_with_its_flag_variable_and_help(setting):
    row = next(line for line in DOCUMENT.read_text().splitlines() if f"`{settings.flag(setting)}" in line)
    assert settings.variable(setting) in row
    assert setting.metadata["help"] in row


def test_the_document_names_no_setting_that_does_not_exist():
    named = set(re.findall(r"FAKEAPI_[A-Z_]+", DOCUMENT.read_text()))
    assert named == {settings.variable(setting) for setting in settings.each()}


def test_the_environment_sets_what_it_names_and_nothing_else():
    assert settings.from_environment({"FAKEAPI_PORT": "8080", "PATH": "/bin", "FAKEAPI_SEED": ""}) == {"port": 8080}


def test_several_values_are_separated_by_commas():
    assert settings.from_environment({"FAKEAPI_API_KEY": "a, b,"}) == {"api_key": ("a", "b")}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("FAKEAPI_PORT", "http", "FAKEAPI_PORT: 'http' is not a whole number"),
        ("FAKEAPI_PORT", "70000", "FAKEAPI_PORT: 70000 is not a port (0 to 65535)"),
        (
            "FAKEAPI_ADMIN_HOST",
            "fakeapi, http://fakeapi:4010",
            "FAKEAPI_ADMIN_HOST: 'http://fakeapi:4010' is no name of a host; write the name alone, such as fakeapi",
        ),
        ("FAKEAPI_LOG", "loud", "FAKEAPI_LOG: 'loud' is not one of quiet, line, json"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(variable, value, sentence):
    with pytest.raises(FakeapiError) as fault:
        settings.from_environment({variable: value})
    assert str(fault.value) == sentence


def test_a_host_of_the_admin_api_is_a_name_an_address_or_either_with_a_port():
    hosts = ("fakeapi", "fake-api.test:4010", "10.0.0.7", "[fe80::1]", "[fe80::1]:4010")
    assert settings.from_environment({"FAKEAPI_ADMIN_HOST": ",".join(hosts)}) == {"admin_host": hosts}


def test_variables_that_are_no_settings_are_told_with_the_nearest():
    environment = dict.fromkeys(
        ["FAKEAPI_PROT", "FAKEAPI_APIKEY", "FAKEAPI_Seed", "FAKEAPI_X_Y", "PATH", "FAKEAPI_PORT"]
    )
    assert settings.unknown(dict.fromkeys(environment, "sk-secret")) == (
        "without effect, since there are no such settings: FAKEAPI_APIKEY (did you mean FAKEAPI_API_KEY?), "
        "FAKEAPI_PROT (did you mean FAKEAPI_PORT?), FAKEAPI_Seed (did you mean FAKEAPI_SEED?), FAKEAPI_X_Y"
    )


def test_nothing_is_told_of_settings_and_of_what_kubernetes_sets():
    links = ["FAKEAPI_SERVICE_HOST", "FAKEAPI_SERVICE_PORT", "FAKEAPI_SERVICE_PORT_HTTP", "FAKEAPI_PORT_4010_TCP_ADDR"]
    names = [*links, *map(settings.variable, settings.each())]
    assert settings.unknown(dict.fromkeys(names, "x")) == ""


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]
