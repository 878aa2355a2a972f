"""A transport that sends nothing twice that changes something."""

from typing import Any, Final

import requests
from globus_sdk.transport import RequestCallerInfo, RequestsTransport, RetryConfig
from globus_sdk.transport.default_retry_checks import check_expired_authorization
from typing_extensions import override

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OnceOnlyTransport(RequestsTransport):
    """Repeats reading calls as the SDK does, and every other call at most once more, after a 401.

    The SDK's own transport sends a POST up to six times when its answer is lost, late, garbled or a
    server error, and again wherever a redirect points. A 401 was not carried out, so the one repetition
    with a refreshed token is harmless.
    """

    @override
    def request(
        self, method: str, url: str, *, caller_info: RequestCallerInfo, **kwargs: Any
    ) -> requests.Response:
        if method.upper() not in READING:
            kwargs["allow_redirects"] = False
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
