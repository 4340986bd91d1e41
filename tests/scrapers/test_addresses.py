"""Which addresses are asked: canonical forms, public hosts, the list of sources."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.addresses import AddressBook, is_public, looks_private
from scrapers.sources import Source, SourcesError, read_sources
from scrapers.urls import canonical_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Blog.Example:443/A/?utm_source=x&b=2&a=1#top", "https://blog.example/A/?a=1&b=2"),
        ("http://user:pw@blog.example", "http://blog.example/"),
        ("/r?fbclid=1", "https://base.example/r"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://b.example:99999/", None),
        ("http://b.example/" + "a" * 2000, None),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://b.example/\u2028\x1b[2J", "http://b.example/%E2%80%A8%1B[2J"),
        ("http://a\x1b[2J.example/", None),
        ("http://a\u2028b.example/", None),
        ("http://a\u202eb.example/", None),
        ("http://a b.example/", None),
    ],
)
def test_canonical_address(url: str, canonical: str | None):
    assert canonical_url(url, "https://base.example/x") == canonical


@given(st.text(max_size=60))
def test_the_canonical_form_is_its_own(text: str):
    once = canonical_url("https://b.example/" + text)

    assert once is None or canonical_url(once) == once


_IPV4 = (
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 "
    "255.255.255.255 192.0.2.1"
)
_IPV6 = (
    "::1 :: fe80::1 fc00::1 ff02::1 fec0::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::a00:1 2002:a00:1:: "
    "2001:db8::1"
)


@pytest.mark.parametrize("address", f"{_IPV4} {_IPV6}".split(" "))
def test_no_public_address(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_public_address(address: str):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "017700000001", "localhost", "a.localhost", "db.internal", "::1"]
)
def test_notations_of_private_hosts(host: str):
    assert looks_private(host)


def test_a_name_with_one_private_address_is_refused_and_a_second_answer_is_never_asked_for():
    answers = iter([("8.8.8.8",), ("127.0.0.1",)])
    book = AddressBook(find=lambda _: next(answers))

    assert book.refusal("rebinding.example") is None
    assert book.refusal("rebinding.example") is None
    assert book.addresses("rebinding.example") == ("8.8.8.8",)
    mixed = AddressBook(find=lambda _: ("8.8.8.8", "10.0.0.1"))
    assert mixed.refusal("mixed.example") == "private_address"
    assert mixed.addresses("mixed.example") == ()


def test_a_source_holds_its_own_articles_only():
    source = Source(
        name="s",
        site="https://www.b.example",
        feeds=("https://feeds.example/b",),
        allowed_paths=("/reviews/",),
        denied_paths=("/reviews/private",),
    )

    assert source.holds("http://b.example/reviews/1")
    assert not source.holds("https://b.example/shop")
    assert not source.holds("https://b.example/reviews/private/1")
    assert not source.holds("https://b.example/reviews/cover.JPG")
    assert not source.holds("https://b.example.evil.example/reviews/1")
    assert source.owns("https://feeds.example/b")
    local = Source(name="l", site="http://127.0.0.1:8000/", feeds=("/f",), is_local=True)
    assert local.owns("http://127.0.0.1:8000/x")
    assert not local.owns("http://127.0.0.1:8001/x")


def test_each_fault_of_the_list_is_one_line(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text("""
contact: me
sources:
  - {name: UPPER, site: https://a.example, feeds: [/f]}
  - {name: a, site: ftp://a.example, feeds: [/f]}
  - {name: b, site: https://b.example}
  - {name: c, site: https://c.example, feeds: [/f], delay: 3}
  - {name: d, site: http://127.0.0.1:1, feeds: [http://127.0.0.1:2/f], is_local: true}
  - {name: e, site: https://e.example, feeds: [/f], article_css: "p[["}
  - {name: f, site: https://e.example, feeds: [/f]}
  - {name: f, site: https://e.example, feeds: [/f], delay_s: -1}
  - {name: f, site: https://e.example, feeds: [/f]}
  - seven
""")

    with pytest.raises(SourcesError) as error:
        read_sources(path)

    told = str(error.value).splitlines()
    assert len(told) == 10
    for line, said in zip(
        told,
        (
            "name",
            "no address",
            "no entrance",
            "delay",
            "asked nowhere else",
            "CSS",
            "delay_s",
            "taken",
            "expected name",
            "contact",
        ),
        strict=True,
    ):
        assert said in line


@pytest.mark.parametrize("text", ["", "sources: 3", "sources: []", "a: [", "sources: [&a {name: x}, *a]", "- 1"])
def test_what_is_no_list_of_sources(tmp_path, text: str):
    path = tmp_path / "sources.yaml"
    path.write_text(text)

    with pytest.raises(SourcesError, match=str(path)):
        read_sources(path)
