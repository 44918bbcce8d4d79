"""What the log holds is for people who look after the portal, not for people who want to get into its database."""

from __future__ import annotations

import logging
import logging.config
import re
from typing import Any

import pytest
import structlog

from drportal.logging import logging_config, passwords_in

ADDRESS = "postgres://portal:pa%2Fss-w0rd-of-it@db.example:5432/portal"


@pytest.mark.parametrize("json", [True, False])
def test_no_line_holds_a_password_of_the_portal(json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    config: dict[str, Any] = logging_config(json=json, level="INFO", secrets=passwords_in([ADDRESS, ""]))
    handler = logging.StreamHandler()
    made = config["formatters"]["line"]
    handler.setFormatter(made["()"](processor=made["processor"], foreign_pre_chain=made["foreign_pre_chain"]))
    log = logging.Logger("sample")
    log.addHandler(handler)
    try:
        password = "pa/ss-w0rd-of-it"
        raise ConnectionError(f"cannot connect as {ADDRESS} with {password}")
    except ConnectionError:
        log.exception("gone: %s", ADDRESS)
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().err
    assert "ConnectionError" in said
    assert "ss-w0rd-of-it" not in said
    assert not re.search(r"password\s*=\s*['\"]pa", said)


def test_a_short_password_is_not_hidden_among_words() -> None:
    assert passwords_in(["postgres://portal:portal@db.example/portal", "no address"]) == []
