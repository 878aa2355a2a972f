"""Comparing the sandbox's answers with those that the SDK publishes for testing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from globus_sdk import GlobusAPIError, GlobusHTTPResponse
from globus_sdk.testing import RegisteredResponse, get_response_set
from typing_extensions import override

from tests.sandbox.globus.pretend_globus import Sandbox, sandbox
from tests.sandbox.globus.shapes import differences

Call = Callable[[Sandbox], GlobusHTTPResponse]


@dataclass(frozen=True)
class Case:
    """A published answer, the call that the sandbox answers with it, and why it deliberately differs."""

    name: str
    call: Call
    differing: Mapping[str, str] = field(default_factory=dict)
    case: str = "default"

    @override
    def __str__(self) -> str:
        return f"{self.name}-{self.case}"


def found_differences(service: str, case: Case) -> list[str]:
    """Give where the sandbox's answer has another status or shape than the published one, sorted."""
    expected = get_response_set(f"{service}.{case.name}").lookup(case.case)
    assert isinstance(expected, RegisteredResponse)
    with sandbox() as globus:
        try:
            answer = case.call(globus)
            status, body = answer.http_status, answer.data
        except GlobusAPIError as error:
            status, body = error.http_status, error.raw_json
    found = differences(expected.json, body)
    if status != expected.status:
        found.append(f"status is {status}, not {expected.status}")
    return sorted(found)
