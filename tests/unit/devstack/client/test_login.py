"""Logins: how they are got, kept, renewed and forgotten."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from devstack.cli.context import CliContext
from devstack.cli.main import run
from devstack.client.connection import resolve_connection
from devstack.client.credentials import RENEWED_BEFORE_END_S, LoginToken
from devstack.client.identity_provider import IdentityProviders, LoginRefusedError
from devstack.client.login_store import Login, LoginStore
from devstack.errors import DevstackError, UsageError
from tests.fakes.identity_provider import (
    API_KEY,
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    PASSWORD,
    USER_CODE,
    FakeIdentityProvider,
)
from tests.unit.devstack.client.fake_api import Waits

URL = "https://api.test/prod"
ISSUER = "https://issuer.example"


@pytest.fixture
def issuer() -> FakeIdentityProvider:
    return FakeIdentityProvider()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def providers(issuer: FakeIdentityProvider, waits: Waits) -> IdentityProviders:
    return IdentityProviders(transport=issuer.transport, sleep=waits.sleep)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoginStore:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return LoginStore()


@pytest.fixture
def login(issuer: FakeIdentityProvider, waits: Waits, store: LoginStore) -> Callable[..., int]:  # noqa: ARG001
    def command(*words: str) -> int:
        return run(["login", "--url", URL, *words], context=CliContext(transport=issuer.transport, sleep=waits.sleep))

    return command


class Session:
    """A login's token at a time that tests set."""

    def __init__(self, providers: IdentityProviders, store: LoginStore) -> None:
        self.now_s = 1_000.0
        provider, tokens = providers.firebase(API_KEY, EMAIL, PASSWORD)
        self.first = Login.of(provider, tokens, self.now_s)
        store.put(URL, self.first)
        self._arguments = {"store": store, "providers": providers}
        self.token = self.another()

    def another(self) -> LoginToken:
        """Return the token of another command that began now."""
        return LoginToken(URL, self.first, now_s=lambda: self.now_s, **self._arguments)  # type: ignore[arg-type]


@pytest.fixture
def session(providers: IdentityProviders, store: LoginStore) -> Session:
    return Session(providers, store)


def test_a_token_is_used_until_it_is_about_to_end(session: Session, issuer: FakeIdentityProvider) -> None:
    first = session.token.bearer_token()
    session.now_s += issuer.lifetime_s - RENEWED_BEFORE_END_S - 1
    assert session.token.bearer_token() == first
    session.now_s += 1
    assert session.token.bearer_token() != first
    assert issuer.asked == ["accounts:signInWithPassword", "refresh_token"]


def test_a_short_lived_token_is_replaced_in_the_last_fifth_of_its_life(session: Session) -> None:
    session.first = replace(session.first, ends_s=session.now_s + 10)
    token = session.another()
    session.now_s += 7.9
    assert token.bearer_token() == session.first.bearer
    session.now_s += 0.1
    assert token.bearer_token() != session.first.bearer


def test_a_refused_token_is_replaced_once_by_whichever_thread_hears_of_it_first(
    session: Session, issuer: FakeIdentityProvider
) -> None:
    refused = session.token.bearer_token()
    threads = [threading.Thread(target=session.token.renew, args=(refused,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert issuer.asked.count("refresh_token") == 1
    assert session.token.bearer_token() != refused


def test_a_command_takes_over_what_another_one_has_renewed(session: Session, issuer: FakeIdentityProvider) -> None:
    """Their refresh token works once, so the second would be shut out."""
    other = session.another()
    session.now_s += issuer.lifetime_s
    assert session.token.bearer_token() == other.bearer_token()
    assert issuer.asked.count("refresh_token") == 1


def test_of_commands_that_renew_at_once_one_asks_and_the_others_take_over(
    session: Session, issuer: FakeIdentityProvider
) -> None:
    commands = [session.another() for _ in range(4)]
    session.now_s += issuer.lifetime_s
    issuer.thinks_s = 0.1
    with ThreadPoolExecutor(len(commands)) as pool:
        tokens = set(pool.map(LoginToken.bearer_token, commands))
    assert len(tokens) == 1
    assert issuer.asked.count("refresh_token") == 1


def test_a_login_that_has_ended_says_so(session: Session, issuer: FakeIdentityProvider) -> None:
    issuer._refresh.clear()
    with pytest.raises(LoginRefusedError, match="graphwell login"):
        session.token.renew(session.token.bearer_token())


def test_an_issuer_that_is_away_is_asked_three_times(
    session: Session, issuer: FakeIdentityProvider, waits: Waits
) -> None:
    issuer.down = True
    with pytest.raises(DevstackError, match="cannot be reached"):
        session.token.renew(session.token.bearer_token())
    assert len(waits.slept_s) == 2


def test_a_token_that_still_holds_is_used_while_the_issuer_is_away(
    session: Session, issuer: FakeIdentityProvider
) -> None:
    issuer.down = True
    session.now_s += issuer.lifetime_s - 1
    assert session.token.bearer_token() == session.first.bearer
    session.now_s += 1
    with pytest.raises(DevstackError, match="cannot be reached"):
        session.token.bearer_token()


def test_a_machine_logs_in_anew_each_time(providers: IdentityProviders, issuer: FakeIdentityProvider) -> None:
    provider, tokens = providers.machine(ISSUER, CLIENT_ID, CLIENT_SECRET, scope=None, audience=None)
    assert tokens.refresh is None
    assert providers.next_tokens(provider, None).bearer != tokens.bearer
    assert issuer.asked == ["client_credentials", "client_credentials"]


def test_a_person_is_waited_for_at_the_pace_that_the_issuer_asks(
    providers: IdentityProviders, issuer: FakeIdentityProvider, waits: Waits
) -> None:
    issuer.pending_polls = 3
    shown: list[str] = []
    provider, tokens = providers.person(ISSUER, CLIENT_ID, scope="openid", audience=None, show=shown.append)
    assert USER_CODE in shown[0]
    assert waits.slept_s == [2, 2, 2, 7]
    assert providers.next_tokens(provider, tokens.refresh).bearer != tokens.bearer


def test_a_person_who_does_not_come_is_not_waited_for_for_ever(
    providers: IdentityProviders, issuer: FakeIdentityProvider
) -> None:
    issuer.pending_polls = 1_000
    with pytest.raises(LoginRefusedError, match="in time"):
        providers.person(ISSUER, CLIENT_ID, scope=None, audience=None, show=lambda _: None)


@pytest.mark.parametrize("issuer_url", ["http://issuer.example", "ftp://issuer.example", "issuer.example"])
def test_secrets_go_by_https_alone(providers: IdentityProviders, issuer_url: str) -> None:
    with pytest.raises(UsageError, match="https"):
        providers.machine(issuer_url, CLIENT_ID, CLIENT_SECRET, scope=None, audience=None)


def test_a_token_endpoint_that_is_not_https_gets_no_secret(waits: Waits) -> None:
    described = httpx.MockTransport(lambda _: httpx.Response(200, json={"token_endpoint": "http://evil.example"}))
    with pytest.raises(UsageError, match="https"):
        IdentityProviders(transport=described, sleep=waits.sleep).machine(
            ISSUER, CLIENT_ID, CLIENT_SECRET, scope=None, audience=None
        )


@pytest.mark.parametrize("page", ["", "<html>", "[]", "{}", '{"token_endpoint": 7}'])
def test_what_is_no_issuer_is_told(waits: Waits, page: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=page))
    with pytest.raises(DevstackError):
        IdentityProviders(transport=transport, sleep=waits.sleep).machine(
            ISSUER, CLIENT_ID, CLIENT_SECRET, scope=None, audience=None
        )


def test_a_login_is_kept_for_its_owner_alone(login: Callable[..., int], store: LoginStore) -> None:
    assert login("--issuer", ISSUER, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET) == 0
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    assert list(json.loads(store.path.read_text())) == [URL]


def test_commands_use_the_login_of_their_address(
    login: Callable[..., int], store: LoginStore, providers: IdentityProviders, tmp_path: Path
) -> None:
    login("--issuer", ISSUER, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    kept = store.get(URL)
    assert kept is not None
    connection = resolve_connection(
        url=f"{URL}/", token=None, tenant="acme", data_dir=tmp_path, logins=store, providers=providers
    )
    assert (connection.credentials.bearer_token(), connection.tenant_header) == (kept.bearer, "acme")
    with pytest.raises(UsageError, match=r"graphwell login --url https://other\.test"):
        resolve_connection(url="https://other.test", token=None, tenant=None, data_dir=tmp_path, logins=store)


def test_a_wrong_password_is_a_sentence_without_it(
    login: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", _Piped("wrong-password\n"))
    assert login("--email", EMAIL, "--api-key", API_KEY) == 1
    said = capsys.readouterr().err
    assert "INVALID_LOGIN_CREDENTIALS" in said
    assert "wrong-password" not in said


def test_a_password_may_be_piped_in(
    login: Callable[..., int], store: LoginStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", _Piped(f"{PASSWORD}\n"))
    assert login("--email", EMAIL, "--api-key", API_KEY) == 0
    assert store.get(URL) is not None


@pytest.mark.parametrize(("url", "exit_code"), [("http://api.test/prod", 2), ("http://127.0.0.1:8787", 0)])
def test_a_login_is_for_https_addresses_and_this_machine(
    issuer: FakeIdentityProvider, store: LoginStore, url: str, exit_code: int
) -> None:
    words = ["login", "--url", url, "--issuer", ISSUER, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET]
    assert run(words, context=CliContext(transport=issuer.transport)) == exit_code
    assert (store.get(url) is None) == bool(exit_code)
    assert bool(issuer.asked) != bool(exit_code)


@pytest.mark.parametrize("words", [(), ("--email", EMAIL), ("--issuer", ISSUER), ("--client-id", CLIENT_ID)])
def test_half_a_login_is_wrong_usage(login: Callable[..., int], words: tuple[str, ...]) -> None:
    assert login(*words) == 2


def test_logging_out_forgets_the_login(login: Callable[..., int], store: LoginStore) -> None:
    login("--issuer", ISSUER, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    assert run(["logout", "--url", URL]) == 0
    assert store.get(URL) is None
    assert run(["logout", "--url", URL]) == 2


def test_a_damaged_file_is_a_sentence(store: LoginStore) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text("{")
    with pytest.raises(DevstackError, match="damaged"):
        store.get(URL)


def test_no_secret_shows_in_a_representation(providers: IdentityProviders) -> None:
    shown = repr(providers.machine(ISSUER, CLIENT_ID, CLIENT_SECRET, scope=None, audience=None))
    assert CLIENT_SECRET not in shown
    assert "eyJ" not in shown


class _Piped:
    """Standard input that is no terminal."""

    def __init__(self, text: str) -> None:
        self._text = text

    def isatty(self) -> bool:
        """Return False."""
        return False

    def readline(self) -> str:
        """Return the text."""
        return self._text


@pytest.mark.parametrize("entry", [3, {"provider": {"kind": "oidc"}}, {"bearer": "b"}])
def test_a_login_of_another_form_is_a_sentence(store: LoginStore, entry: object) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(json.dumps({URL: entry}))
    with pytest.raises(DevstackError, match="is damaged; remove it"):
        store.get(URL)
