"""Telegram's HTML becomes entities in UTF-16 units, and what Telegram can't read is refused in its own words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.telegram.errors import ApiError
from sandbox.telegram.html_text import parse_html, render_html, utf16_length
from sandbox.telegram.texts import read_caption, read_plain, read_text


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, object]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>bold</b>", "bold", [entity("bold", 0, 4)]),
        ("a<i>b</i>", "ab", [entity("italic", 1, 1)]),
        ("<u>x</u><s>y</s>", "xy", [entity("underline", 0, 1), entity("strikethrough", 1, 1)]),
        ("<tg-spoiler>x</tg-spoiler>", "x", [entity("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [entity("spoiler", 0, 1)]),
        ("<code>1</code>", "1", [entity("code", 0, 1)]),
        ('<pre><code class="language-py">1</code></pre>', "1", [entity("pre", 0, 1, language="py")]),
        ("<blockquote>q</blockquote>", "q", [entity("blockquote", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [entity("expandable_blockquote", 0, 1)]),
        (
            '<a href="https://a.example/?a=1&amp;b=2">x</a>',
            "x",
            [entity("text_link", 0, 1, url="https://a.example/?a=1&b=2")],
        ),
        ("<b><i>x</i></b>", "x", [entity("bold", 0, 1), entity("italic", 0, 1)]),
        ("😀<b>x</b>", "😀x", [entity("bold", 2, 1)]),
        ("&lt;b&gt; &amp; &#128512; &quot;", '<b> & 😀 "', []),
        ("<b></b>x", "x", []),
        ("a & b &nbsp;", "a & b &nbsp;", []),
    ],
)
def test_html_is_read(source: str, text: str, entities: list[dict[str, object]]) -> None:
    found, marks = parse_html(source)
    assert found == text
    assert sorted(marks, key=str) == sorted(entities, key=str)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<h1>t</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=60))
@settings(max_examples=60, deadline=None)
def test_escaped_words_come_through_unchanged(words: str) -> None:
    import html

    text, entities = parse_html(html.escape(words))
    assert text == words.replace("&#x27;", "'")
    assert entities == []


_words = st.text(alphabet="aé😀<&> ", min_size=1, max_size=6)
_tagged = st.recursive(
    _words.map(lambda words: render_html(words, [])),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["b", "i", "u", "s", "code", "blockquote"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@given(_tagged)
@settings(max_examples=60, deadline=None)
def test_rendering_is_the_inverse_of_parsing(source: str) -> None:
    text, entities = parse_html(source)
    again, marks = parse_html(render_html(text, entities))
    assert again == text
    assert sorted(marks, key=str) == sorted(entities, key=str)


def test_lengths_are_counted_in_utf16() -> None:
    assert utf16_length("😀é") == 3


def test_a_text_is_measured_after_parsing() -> None:
    assert len(read_text("<b>" + "x" * 4096 + "</b>", "HTML").text) == 4096
    with pytest.raises(ApiError, match="message is too long"):
        read_text("x" * 4097, "HTML")


def test_a_caption_holds_1024_units() -> None:
    assert read_caption("😀" * 512, "HTML") is not None
    with pytest.raises(ApiError, match="message caption is too long"):
        read_caption("😀" * 512 + "x", "HTML")


def test_white_space_around_a_text_is_dropped_and_entities_follow() -> None:
    text = read_text("  <b>hi </b> ", "HTML")
    assert text.text == "hi"
    assert text.entities == (entity("bold", 0, 2),)


def test_commands_and_links_are_found_in_what_a_person_types() -> None:
    text = read_plain("/start see https://a.example/x. and @somebody #tag")
    assert [e["type"] for e in text.entities] == ["bot_command", "url", "mention", "hashtag"]
    assert text.entities[0] == entity("bot_command", 0, 6)
    assert text.entities[1] == entity("url", 11, 19)


@pytest.mark.parametrize("source", [None, "", "   "])
def test_an_empty_text_is_refused(source: str | None) -> None:
    with pytest.raises(ApiError, match="empty"):
        read_text(source, "HTML")
