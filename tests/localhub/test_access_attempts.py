"""Failed logins are counted and slowed down; good ones are not harmed."""

from __future__ import annotations

import base64
import subprocess
import time

import httpx2
import pytest
from huggingface_hub import HfApi, get_session

from emojit.localhub import LocalHub
from emojit.localhub.refusal import RefusalError
from emojit.localhub.web.attempts import BURST, SECONDS_PER_FAILURE, Attempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def allowed(attempts, address, token=""):
    """How many failures in a row are answered before the first refusal, at most 1,000; and the seconds of `Retry-After`."""
    for count in range(1000):
        try:
            attempts.check(address, token)
        except RefusalError as refused:
            return count, int(refused.headers["Retry-After"])
        attempts.failed(address, token)
    return 1000, 0


def test_an_address_may_fail_a_number_of_times_and_then_a_little_per_minute(clock):
    attempts = Attempts(clock)

    assert allowed(attempts, "192.0.2.1") == (BURST, SECONDS_PER_FAILURE)
    assert allowed(attempts, "192.0.2.2")[0] == BURST
    clock.now += SECONDS_PER_FAILURE
    assert allowed(attempts, "192.0.2.1")[0] == 1
    clock.now += 60
    assert allowed(attempts, "192.0.2.1")[0] == 60 / SECONDS_PER_FAILURE


def test_one_token_prefix_is_held_back_from_all_addresses_together(clock):
    attempts = Attempts(clock)
    answered = 0
    for number in range(200):
        try:
            attempts.check(f"192.0.2.{number}", "hf_abcdeXYZ")
        except RefusalError:
            continue
        answered += 1
        attempts.failed(f"192.0.2.{number}", "hf_abcde" + "x" * number)

    assert answered == BURST


def test_the_addresses_of_one_ipv6_network_count_together_and_a_mapped_one_is_its_ipv4_address(clock):
    attempts = Attempts(clock)

    assert allowed(attempts, "2001:db8::1")[0] == BURST
    assert allowed(attempts, "2001:db8::ffff:2")[0] == 0
    assert allowed(attempts, "2001:db8:0:1::1")[0] == BURST
    assert allowed(attempts, "192.0.2.7")[0] == BURST
    assert allowed(attempts, "::ffff:192.0.2.7")[0] == 0
    assert allowed(attempts, None)[0] == BURST


def test_memory_is_bounded(clock):
    attempts = Attempts(clock)
    for number in range(30_000):
        attempts.failed(f"10.0.{number // 256}.{number % 256}", f"hf_{number}")

    assert len(attempts) <= 10_000


@pytest.fixture
def own_hub(tmp_path):
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        yield hub


def test_bad_tokens_are_answered_429_after_a_while_and_a_good_one_goes_on_working(own_hub):
    token = own_hub.create_token("me")
    whoami = f"{own_hub.endpoint}/api/whoami-v2"

    def guess(number):
        # What a client says about its address must not count.
        headers = {"Authorization": f"Bearer hf_{number:034}", "X-Forwarded-For": f"192.0.2.{number}"}
        return get_session().get(whoami, headers=headers)

    answers = [guess(number) for number in range(BURST + 5)]

    assert {answer.status_code for answer in answers[:BURST]} == {401}
    assert {answer.status_code for answer in answers[-3:]} == {429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert HfApi(endpoint=own_hub.endpoint, token=token).whoami()["name"] == "me"
    assert get_session().get(f"{own_hub.endpoint}/api/models").status_code == 200


def test_passwords_of_git_are_counted_as_well(own_hub, tmp_path):
    token = own_hub.create_token("me")
    HfApi(endpoint=own_hub.endpoint, token=token).create_repo("me/model", private=True)
    url = f"{own_hub.endpoint}/me/model.git/info/refs?service=git-upload-pack"

    def guess(number):
        password = base64.b64encode(f"me:hf_{number:034}".encode()).decode()
        return get_session().get(url, headers={"Authorization": f"Basic {password}"}).status_code

    statuses = [guess(number) for number in range(BURST + 3)]

    assert (statuses[0], statuses[-1]) == (401, 429)
    remote = own_hub.endpoint.replace("://", f"://me:{token}@") + "/me/model"
    cloned = subprocess.run(
        ["git", "-c", "filter.lfs.smudge=", "clone", "-q", remote, str(tmp_path / "clone")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert cloned.returncode == 0, cloned.stderr


def test_wrong_signatures_and_xet_tokens_are_no_failed_logins(tmp_path):
    with LocalHub(tmp_path) as hub:
        hub.create_user("me")
        base = f"{hub.endpoint}/api/local"
        wrong = {"Authorization": f"Bearer {int(time.time()) + 60}.{'0' * 64}"}
        addresses = [
            f"{base}/lfs/{'0' * 32}/{'0' * 64}?expiry=9999999999&signature={'0' * 64}",
            f"{base}/xet-read/{'0' * 32}/v1/reconstructions/{'0' * 64}",
        ]
        with httpx2.Client() as client:
            statuses = {client.get(address, headers=wrong).status_code for address in addresses * BURST}
            login = client.get(f"{hub.endpoint}/api/whoami-v2", headers={"Authorization": "Bearer hf_wrong"})

    assert statuses == {403}
    assert login.status_code == 401
