import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox.globus.identities import ADA, COMMAND_LINE_CLIENT, CONFIDENTIAL_CLIENT, GRACE
from bot.sandbox.globus.scopes import TRANSFER_SCOPE
from tests.sandbox.globus.pretend_globus import everything, refusal_of, sandbox


def test_userinfo_tells_what_the_scopes_allow() -> None:
    with sandbox() as globus:
        wide = globus.auth(globus.sign_in("openid profile email", GRACE)).userinfo().data
        narrow = globus.auth(globus.sign_in("openid")).userinfo().data
    assert (wide["sub"], wide["email"], wide["identity_provider_display_name"]) == (
        GRACE.id,
        GRACE.email,
        "Sandbox Lab",
    )
    assert narrow == {"sub": ADA.id}


def test_identities_are_found_by_id_and_by_username() -> None:
    with sandbox() as globus:
        auth = globus.auth(globus.sign_in("openid"))
        by_name = auth.get_identities(usernames=[ADA.username.upper(), "nobody@nowhere.example"])[
            "identities"
        ]
        by_id = auth.get_identities(ids=[GRACE.id, CONFIDENTIAL_CLIENT.client_id])["identities"]
        error = refusal_of(lambda: auth.get("/v2/api/identities"))
    assert [one["id"] for one in by_name] == [ADA.id]
    assert [one["name"] for one in by_id] == ["Grace Hopper", "transferbot"]
    assert error.http_status == 400


def test_a_token_for_another_service_does_not_count() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(everything())
        assert refusal_of(lambda: globus.transfer(tokens).get("/v2/oauth2/userinfo")).http_status == 401


def test_paths_that_do_not_exist_are_refused_as_json() -> None:
    with sandbox() as globus:
        error = refusal_of(lambda: globus.confidential().get("/v2/api/projects"))
    assert (error.http_status, error.code) == (404, "NOT_FOUND")


def test_auth_describes_itself_at_the_address_where_it_was_called() -> None:
    with sandbox() as globus:
        client = globus.confidential()
        described = client.get_openid_configuration()
        assert described["jwks_uri"] == f"{globus.base}/jwk.json"
        assert described["issuer"] == "https://auth.globus.org"
        assert client.get_jwk(described, as_pem=True).key_size == 2048


def test_the_command_line_of_globus_gets_in_with_its_credentials(tmp_path: Path) -> None:
    program = shutil.which("globus", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("globus-cli is not installed")
    with sandbox() as globus:
        credentials = {
            "GLOBUS_CLI_CLIENT_ID": COMMAND_LINE_CLIENT.client_id,
            "GLOBUS_CLI_CLIENT_SECRET": COMMAND_LINE_CLIENT.secret or "",
        }
        ended = subprocess.run(
            [program, "get-identities", "--format", "json", ADA.username],
            env=globus.environ | credentials | {"HOME": str(tmp_path)},
            capture_output=True,
            check=False,
            text=True,
        )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["identities"][0]["name"] == "Ada Lovelace"


def test_tokens_are_for_the_scopes_that_were_asked_for() -> None:
    with sandbox() as globus:
        tokens = globus.sign_in(TRANSFER_SCOPE)
    assert tokens.by_resource_server.keys() == {"transfer.api.globus.org"}
    assert "id_token" not in tokens.data
