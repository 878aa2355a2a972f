"""The manifests for Kubernetes name what exists, and fit together."""

import re
from typing import Any

import yaml

from bot.setting_list import SETTINGS
from tests.documented.shown import ROOT

PAGE = (ROOT / "docs" / "scaling.md").read_text()


def manifests() -> dict[str, dict[str, Any]]:
    [block] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return {one["kind"]: one for one in yaml.safe_load_all(block)}


def container() -> dict[str, Any]:
    [only] = manifests()["Deployment"]["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def test_the_settings_exist_and_what_several_bots_need_is_secret() -> None:
    secret = manifests()["Secret"]["stringData"]
    names = {*secret, *(one["name"] for one in container()["env"])}

    assert names <= {one.name for one in SETTINGS}
    assert {"DATABASE_URL", "TRANSFERBOT_KEYS"} <= secret.keys()
    assert container()["envFrom"] == [{"secretRef": {"name": manifests()["Secret"]["metadata"]["name"]}}]


def test_probes_and_service_lead_to_the_port_on_which_the_bot_listens() -> None:
    [port] = [one["value"] for one in container()["env"] if one["name"] == "PORT"]
    probes = [container()[name]["httpGet"] for name in ("readinessProbe", "livenessProbe")]

    assert [one["path"] for one in probes] == ["/readyz", "/healthz"]
    assert {one["port"] for one in probes} == {int(port)}
    assert container()["ports"] == [{"containerPort": int(port)}]
    assert manifests()["Service"]["spec"]["ports"][0]["targetPort"] == int(port)


def test_everything_selects_the_same_pods_and_one_may_always_go() -> None:
    deployment = manifests()["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    budget = manifests()["PodDisruptionBudget"]["spec"]

    assert deployment["selector"]["matchLabels"] == labels
    assert budget["selector"]["matchLabels"] == labels
    assert manifests()["Service"]["spec"]["selector"] == labels
    assert budget["minAvailable"] == deployment["replicas"] - 1


def test_a_pod_has_time_to_leave_the_balancer_and_to_stop() -> None:
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    sleeping = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])

    assert pod["terminationGracePeriodSeconds"] >= sleeping + 10


def test_the_lock_that_it_names_has_the_driver() -> None:
    assert "requirements-postgresql.lock" in PAGE
    assert re.search(r"^psycopg==", (ROOT / "requirements-postgresql.lock").read_text(), re.MULTILINE)
