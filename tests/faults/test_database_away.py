"""PostgreSQL goes away, hangs and comes back under a running web server; people are told the truth and soon go on."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.standing import Standing, standing, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.xdist_group("standing")]
SOON = 3  # seconds, in which a page answers while the database does not


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder: Path = tmp_path_factory.mktemp("standing")
    folder.chmod(0o755)
    with standing(folder) as runs:
        runs.start_web()
        yield runs


@pytest.fixture(autouse=True)
def well(portal: Standing) -> None:
    """Both processes hold several connections, and everything is well again."""
    portal.signal_database(signal.SIGCONT)
    if not portal.postgres.running():
        portal.postgres.start()
    until(lambda: {answer.status for answer in portal.get_many("/", 40)} == {200})


def test_after_a_restart_the_first_request_of_every_process_succeeds(portal: Standing) -> None:
    portal.postgres.stop()
    portal.postgres.start()
    assert [portal.get("/").status for _ in range(20)] == [200] * 20


def test_after_a_time_away_with_visitors_the_first_request_succeeds(portal: Standing) -> None:
    portal.postgres.stop()
    assert {answer.status for answer in portal.get_many("/", 40)} == {503}
    portal.postgres.start()
    assert [portal.get("/").status for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
def test_without_a_database_everybody_soon_hears_what_is_true(portal: Standing, hangs: bool) -> None:
    if hangs:
        portal.signal_database(signal.SIGSTOP)
    else:
        portal.postgres.stop()
    page, api, health = portal.get("/"), portal.get("/api/v1/workloads/"), portal.get("/health/")
    crowd = portal.get_many("/workloads/", 40, at_once=40)
    for answer in (page, api, health, *crowd):
        assert (answer.status, "retry-after" in answer.headers) == (503, True), answer
    # A busy machine makes them all slower, not the portal's patience longer: the limit is for the quickest of them.
    assert min(answer.seconds for answer in (page, api, health)) < SOON
    assert min(answer.seconds for answer in crowd) < SOON
    assert "The database does not answer" in page.body
    assert "/static/portal/portal.css" in page.body
    assert json.loads(api.body)["title"] == "Unavailable"
    assert json.loads(health.body)["parts"]["database"]["ok"] is False


def test_a_database_that_hung_is_used_again(portal: Standing) -> None:
    portal.signal_database(signal.SIGSTOP)
    portal.get_many("/", 20, at_once=20)
    portal.signal_database(signal.SIGCONT)
    until(lambda: {answer.status for answer in portal.get_many("/", 10)} == {200}, 30)
    assert [portal.get("/").status for _ in range(20)] == [200] * 20


def test_what_was_sent_meanwhile_is_not_said_to_be_undone(portal: Standing) -> None:
    portal.postgres.stop()
    with_key = portal.get("/api/v1/people/", method="POST", Idempotency_Key="k-1")
    without = portal.get("/api/v1/people/", method="POST")
    assert "Send it again with the same key" in json.loads(with_key.body)["detail"]
    assert "look before you send it again" in json.loads(without.body)["detail"]
