import socket
from contextlib import closing

from bot.web.serving import _opened


def test_answers_are_sent_at_once_and_not_held_back_for_an_acknowledgement() -> None:
    with closing(_opened("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
