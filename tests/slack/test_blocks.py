"""Text from outside is shown as it is: Slack makes nothing of it."""

import pytest

from bot.slack.blocks import bold, code, context, escape, section


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@U0GRACE001> & <!channel>", "&lt;@U0GRACE001&gt; &amp; &lt;!channel&gt;"),
        ("/data/*new*/", "/data/\N{ASTERISK OPERATOR}new\N{ASTERISK OPERATOR}/"),
        ("_old_ and __older__", "ˍoldˍ and ˍˍolderˍˍ"),
        ("/runs/_tmp_/run_001.dat", "/runs/ˍtmpˍ/run_001.dat"),
        ("~/data/ and ~gone~", "\N{TILDE OPERATOR}/data/ and \N{TILDE OPERATOR}gone\N{TILDE OPERATOR}"),
        ("\u202egnp.exe", "\N{REPLACEMENT CHARACTER}gnp.exe"),
        ("Übung_1 in 東京_2", "Übung_1 in 東京_2"),
    ],
)
def test_text_from_outside_holds_no_marks(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert bold(text) == f"*{shown}*"


def test_code_stays_as_it_is_so_that_it_can_be_copied() -> None:
    assert code("~/_a_/*.dat") == "`~/_a_/*.dat`"


def test_addresses_and_names_of_channels_become_no_links_by_themselves() -> None:
    assert section("#random")["text"]["verbatim"]
    assert all(one["verbatim"] for one in context("https://example.org", "@here")["elements"])
