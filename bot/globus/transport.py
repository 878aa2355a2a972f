"""A transport that sends nothing twice that changes something, and counts what it sends."""

from typing import Any, Final
from urllib.parse import urlsplit

import requests
from globus_sdk.transport import RequestCallerInfo, RequestsTransport, RetryConfig
from globus_sdk.transport.default_retry_checks import check_expired_authorization
from requests.adapters import HTTPAdapter
from typing_extensions import override

from bot.measuring import UNMEASURED, UNREACHABLE, Meter, seconds_in, status_class

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OnceOnlyTransport(RequestsTransport):
    """Repeats reading calls as often as it is told, and every call once more after a 401.

    The SDK's own transport sends a POST up to six times when its answer is lost, late, garbled or a
    server error, and again wherever a redirect points. A 401 was not carried out, so the one repetition
    with a refreshed token is harmless.
    """

    def __init__(self, *, http_timeout: float, meter: Meter = UNMEASURED) -> None:
        super().__init__(http_timeout=http_timeout)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _Counted(meter))

    @override
    def request(
        self, method: str, url: str, *, caller_info: RequestCallerInfo, **kwargs: Any
    ) -> requests.Response:
        is_reading = method.upper() in READING
        if not is_reading:
            kwargs["allow_redirects"] = False
        if not is_reading or not caller_info.retry_config.max_retries:
            caller_info = RequestCallerInfo(
                retry_config=_only_after_401(),
                authorizer=caller_info.authorizer,
                resource_server=caller_info.resource_server,
            )
        return super().request(method, url, caller_info=caller_info, **kwargs)


def _only_after_401() -> RetryConfig:
    """Give a configuration of the call's own: a client adds the SDK's checks to any that it is given."""
    config = RetryConfig(max_retries=1, backoff=lambda _context: 0)
    config.checks.register_check(check_expired_authorization)
    return config


class _Counted(HTTPAdapter):
    """Sends, and notes how each attempt ended."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        service = service_of(request.url or "")
        try:
            answer = super().send(request, *args, **kwargs)
        except requests.RequestException:
            self._meter.asked(service, UNREACHABLE)
            raise
        given = seconds_in(answer.headers.get("Retry-After"))
        self._meter.asked(service, status_class(answer.status_code), retry_after=given)
        return answer


def service_of(url: str) -> str:
    """Say which of Globus's services an address belongs to, by its path: hosts may be anybody's."""
    path = urlsplit(url).path
    if path.startswith("/v0.10/"):
        return "globus transfer"
    return "globus timers" if path.startswith(("/v2/timer", "/jobs")) else "globus auth"
