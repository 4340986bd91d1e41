"""A site on loopback, crawled for real, as the platform does it. Few crawls with much in each: a process takes seconds to start."""

import gzip
import time
import zlib

import pytest

from tests.scrapers.made_up import Answer, article_html, prose

LATER = "2026-01-06T12:00:00Z"


def test_articles_land_once_and_a_second_crawl_asks_for_nothing_twice(site, crawl):
    site.page("/a", article_html("Quiet winter", prose(1)), ETag='"1"')
    site.page("/b", article_html("Loud summer", prose(2, 30)), Last_Modified="Mon, 05 Jan 2026 08:00:00 GMT")
    site.page("/reprint", article_html("A quiet winter indeed", prose(1)))
    site.page("/near", article_html("Louder summer", prose(2, 30).replace("winter", "autumn", 2)))
    site.page("/own", article_html("Own", prose(3), f'<link rel="canonical" href="{site.base}/a?utm_source=feed">'))
    site.page("/private/x", article_html("Private", prose(4)))
    site.page("/noai", article_html("Not for machines", prose(5), '<meta name="robots" content="noai">'))
    site.page("/header", article_html("Not for anybody", prose(6)), X_Robots_Tag="noindex")
    site.page(
        "/future", article_html("Soon", prose(7), '<meta property="article:published_time" content="2026-01-06">')
    )
    site.answers["/robots.txt"] = Answer(
        b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"}
    )
    site.feed(
        "/a",
        "/b",
        "/reprint",
        "/near",
        "/own",
        "/private/x",
        "/noai",
        "/header",
        "/future",
        "/gone",
        "/a?utm_medium=rss",
    )
    site.answers["/feed"].headers["ETag"] = '"feed"'

    first = crawl()

    assert first.code == 0, first.stderr
    assert first.stderr == ""
    assert [(row["url"], row["title"]) for row in first.articles] == [
        (f"{site.base}/a", "Quiet winter"),
        (f"{site.base}/b", "Loud summer"),
    ]
    assert {row["fetched_at"] for row in first.articles} == {"2026-01-05T12:00:00Z"}
    assert first.of("/reprint") == ("duplicate", "same_text")
    assert first.of("/near") == ("near_duplicate", "similar_text")
    assert first.of("/own") == ("duplicate", "same_address")
    assert first.of("/private/x") == ("refused", "robots")
    assert first.of("/noai") == ("refused", "noai")
    assert first.of("/header") == ("refused", "noindex")
    assert first.of("/future") == ("skipped", "dated_after_now")
    assert first.of("/gone") == ("error", "http_404")
    assert "/private/x" not in site.paths
    assert site.paths.count("/a") == 1
    assert all(headers["User-Agent"] == "recsysbot/1.0 (+https://example.org/bot)" for _, headers in site.asked)
    assert first.counters["landed"] == 2

    site.asked.clear()
    site.page("/new", article_html("New", prose(8)))
    second = crawl(now=LATER)

    assert second.of("/feed") == ("not_modified", None)
    # It was dated after the first crawl's clock, and waited.
    assert second.of("/future") == ("article", None)
    assert site.paths == ["/robots.txt", "/feed", "/future"]
    assert [row["title"] for row in second.articles] == ["Quiet winter", "Loud summer", "Soon"]


def test_hostile_pages_are_bounded_and_the_crawl_goes_on(site, crawl):
    def never(handler):
        time.sleep(6)

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(500_000):
                handler.wfile.write(b"<p>more</p>" * 100)
        except OSError:
            return

    def bomb(wrap):
        packed = gzip.compress(b"a" * 20_000_000) if wrap == "gzip" else zlib.compress(b"a" * 20_000_000)
        return Answer(packed, headers={"Content-Type": "text/html", "Content-Encoding": wrap})

    def redirect(to):
        return Answer(b"", 302, {"Location": to})

    site.answers |= {
        "/never": Answer(write=never),
        "/endless": Answer(write=endless),
        "/huge": Answer(b"", headers={"Content-Type": "text/html"}, write=_promise_500_megabytes),
        "/gzip-bomb": bomb("gzip"),
        "/deflate-bomb": bomb("deflate"),
        "/loop": redirect("/loop"),
        "/to-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
        "/to-loopback": redirect(f"http://127.0.0.1:{site.port + 1}/admin"),
        "/to-decimal": redirect("http://2130706433/"),
        "/to-mapped": redirect("http://[::ffff:10.0.0.1]/"),
        "/to-other": redirect("http://other.example/"),
        "/to-file": redirect("file:///etc/passwd"),
        "/busy": Answer(b"later", 503),
        "/broken": Answer(write=_promise_more_than_comes),
    }
    paths = tuple(site.answers)
    site.page("/good", article_html("Still here", prose(9)))
    site.feed(*paths, "/good")

    done = crawl(max_bytes=1_000_000, timeout_s=1)

    assert done.code == 0, done.stderr
    assert [row["title"] for row in done.articles] == ["Still here"]
    found = {path: done.of(path) for path in paths}
    assert found == {
        "/never": ("error", "timeout"),
        "/endless": ("error", "too_large"),
        "/huge": ("error", "too_large"),
        "/gzip-bomb": ("error", "too_large"),
        "/deflate-bomb": ("error", "too_large"),
        "/loop": ("error", "too_many_redirects"),
        "/to-metadata": ("refused", "private_address"),
        "/to-loopback": ("refused", "private_address"),
        "/to-decimal": ("refused", "private_address"),
        "/to-mapped": ("refused", "private_address"),
        "/to-other": ("refused", "other_site"),
        "/to-file": ("error", "http_302"),
        "/busy": ("error", "http_503"),
        "/broken": ("error", "broken_answer"),
    }
    # Two of the pages cost their second each; the rest is a slow machine.
    assert done.counters["seconds"] < 60


def test_what_failed_is_left_in_peace_for_longer_and_longer_and_a_feed_that_does_not_answer_is_not(site, crawl):
    site.page("/good", article_html("Still here", prose(9)))
    site.answers |= {"/busy": Answer(b"later", 503), "/feed-down": Answer(b"later", 503), "/not-a-feed": Answer(b"no")}
    site.feed("/good", "/busy")
    doors = {"feeds": ["/feed", "/feed-down", "/not-a-feed"]}
    asked = []
    for now in ("2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z", "2026-01-07T12:00:00Z", "2026-01-10T12:00:00Z"):
        site.asked.clear()
        done = crawl(now=now, **doors)
        asked.append({path for path in site.paths if path != "/robots.txt"})

    assert asked[0] == {"/feed", "/feed-down", "/not-a-feed", "/good", "/busy"}
    assert asked[1] == {"/feed", "/feed-down"}
    assert asked[2] == {"/feed", "/feed-down", "/not-a-feed", "/busy"}
    assert asked[3] == {"/feed", "/feed-down"}
    assert done.of("/busy") == ("skipped", "failed_before")


@pytest.mark.parametrize(("status", "outcome"), [(503, ("refused", "robots_unavailable")), (403, ("article", None))])
def test_a_robots_file_that_fails_forbids_and_one_that_is_missing_allows(site, crawl, status, outcome):
    site.answers["/robots.txt"] = Answer(b"<html>no</html>", status)
    site.page("/a", article_html("Quiet winter", prose(1)))
    site.feed("/a")

    done = crawl(start_urls=["/a"], feeds=["/feed"])

    assert done.of("/feed")[0] == ("skipped" if status == 403 else "refused")
    if status == 403:
        assert done.of("/a")[0] == "skipped"
    else:
        assert site.paths == ["/robots.txt"]


def test_loopback_is_refused_unless_the_source_is_local(site, crawl):
    site.feed("/a")

    done = crawl(is_local=False)

    assert done.of("/feed") == ("refused", "private_address")
    assert site.asked == []


def test_a_crawl_that_was_cut_short_goes_on_where_it_was(site, crawl):
    for number in range(5):
        site.page(f"/{number}", article_html(f"Number {number}", prose(20 + number)))
    site.feed(*(f"/{number}" for number in range(5)))

    first = crawl(max_pages=3)
    second = crawl(now=LATER, feeds=["/feed"])

    assert first.counters["ended"] == "max_pages"
    assert [row["title"] for row in first.articles] == ["Number 0", "Number 1"]
    assert sorted(row["title"] for row in second.articles) == [f"Number {number}" for number in range(5)]
    assert site.paths.count("/0") == 1


def _promise_500_megabytes(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(500_000_000))
    handler.end_headers()
    handler.close_connection = True


def _promise_more_than_comes(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n<p>cut")
    handler.close_connection = True


def test_start_pages_and_sitemaps_lead_to_articles_within_depth_and_paths(site, crawl, tmp_path):
    links = "".join(
        f'<p><a href="{path}">{path}</a></p>' for path in ("/r/1", "/shop/1", "/r/cover.jpg", "http://x.example/r/1")
    )
    site.page("/archive", f"<html><body>{links}</body></html>")
    for number in (1, 2, 3, 9):
        onward = f'<p>More: <a href="/r/{number + 1}">the next one of these reviews</a></p></article>'
        site.page(f"/r/{number}", article_html(f"Review {number}", prose(number)).replace("</article>", onward))
    urls = f"<urlset><url><loc>{site.base}/r/9</loc></url><url><loc>{site.base}/shop/2</loc></url></urlset>"
    index = f"<sitemapindex><sitemap><loc>{site.base}/s.xml.gz</loc></sitemap></sitemapindex>"
    site.answers["/index.xml"] = Answer(index.encode(), headers={"Content-Type": "text/xml"})
    site.answers["/s.xml.gz"] = Answer(gzip.compress(urls.encode()), headers={"Content-Type": "application/gzip"})

    done = crawl(
        feeds=[],
        sitemaps=["/index.xml"],
        start_urls=["/archive"],
        allowed_paths=["/r/"],
        max_depth=2,
        more=("--warc", str(tmp_path / "warc")),
    )

    assert done.stderr == ""
    # The third is one link too deep.
    assert sorted(row["title"] for row in done.articles) == ["Review 1", "Review 2", "Review 9"]
    assert done.of("/shop/2") == ("skipped", "outside_source")
    assert "/shop/1" not in site.paths
    assert [path.name for path in (tmp_path / "warc").iterdir()] == ["press-20260105T120000Z.warc.gz"]
