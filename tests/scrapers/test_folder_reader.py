"""Folders of Markdown and saved pages."""

import json
from datetime import UTC, datetime

import pytest

from scrapers.folder import FolderError, main, read_folder
from scrapers.pages.markdown import front_matter, plain_text
from tests.scrapers.made_up import article_html, prose

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def rows(landing):
    return [json.loads(line) for path in sorted(landing.rglob("*.jsonl")) for line in path.read_text().splitlines()]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Some Letters"
    (made / "deep").mkdir(parents=True)
    head = "---\ntitle: Fake Shark: Real Zombie!\ndate: 2017-06-04\nauthor: Rosa Quill\n---\n"
    (made / "2017-06-04-a.html.markdown").write_text(
        f"{head}\nA [Pale *Gulls*](https://x.example/a_(b)) record. {prose(1)}"
    )
    (made / "deep" / "2018-01-02-second-letter.md").write_text(prose(2))
    (made / "undated.md").write_text(f"# Undated\n\n{prose(3)}")
    (made / "page.html").write_text(
        article_html("A page", prose(4), '<meta property="article:published_time" content="2019-03-04">')
    )
    (made / "copy.md").write_text(f"---\ndate: 2020-01-01\n---\n{prose(2)}")
    (made / "soon.md").write_text(f"---\ndate: 2027-01-01\n---\n{prose(5)}")
    (made / "short.md").write_text("Hello.")
    (made / "bomb.md").write_text("---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: Bomb\ndate: 2021-01-01\n---\n" + prose(6))
    (made / "notes.txt").write_text(prose(7))
    (made / ".hidden.md").write_text(prose(8))
    (made / "link.md").symlink_to("/etc/passwd")
    return made


def test_an_archive_is_known_from_the_day_on_which_it_was_published(folder, tmp_path):
    counters = read_folder(
        folder, landing=tmp_path / "landing", site="letters", now=NOW, fetched_at="published", language="en"
    )

    found = {row["title"]: row for row in rows(tmp_path / "landing")}
    assert {title: row["fetched_at"][:10] for title, row in found.items()} == {
        "Fake Shark: Real Zombie!": "2017-06-04",
        "Second letter": "2018-01-02",
        "A page": "2019-03-04",
        "Bomb": "2021-01-01",
    }
    first = found["Fake Shark: Real Zombie!"]
    assert first["body_text"].startswith("A Pale Gulls record.")
    assert (first["link_texts"], first["author"], first["language"]) == (["Pale Gulls"], "Rosa Quill", "en")
    assert counters["left"] == {"dated_after_now": 1, "duplicate": 1, "no_date": 1, "not_a_file": 1, "too_short": 1}
    assert (counters["first_day"], counters["last_day"]) == ("2017-06-04", "2021-01-01")


def test_without_a_word_all_is_known_from_now_on_and_again_is_the_same(folder, tmp_path):
    for _ in range(2):
        read_folder(folder, landing=tmp_path / "landing", site="letters", now=NOW)

    found = rows(tmp_path / "landing")
    assert {row["fetched_at"] for row in found} == {"2026-01-05T12:00:00Z"}
    assert len(found) == len({row["url"] for row in found}) == 6
    assert [path.name for path in tmp_path.joinpath("landing").rglob("*.jsonl")] == ["folder-letters.jsonl"]


def test_markdown_becomes_what_is_read_aloud():
    source = (
        "## Of _Note_\n\n![cover](a.jpg)\n\n* **Bold** move by [The Smugglers][1]\n> quoted `code`\n\n<iframe src=x>gone</iframe>\n"
        "Two_words stay, 5 * 3 too. <em>So</em> does this.\n\n---\n\n```\nprint()\n```\n\n[1]: https://x.example\n"
    )

    text, links = plain_text(source)

    assert text == "Of Note\nBold move by The Smugglers quoted code\nTwo_words stay, 5 * 3 too. So does this."
    assert links == ("The Smugglers",)


def test_what_is_no_folder_of_articles(tmp_path, capsys):
    with pytest.raises(FolderError, match="holds no"):
        read_folder(tmp_path, landing=tmp_path, site="s", now=NOW)

    assert main([str(tmp_path / "none"), "--landing", str(tmp_path)]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_a_front_matter_that_names_nothing():
    for head in ("- a\n- b", "word", "", "a: [", "[1, 2]: x"):
        values, text = front_matter(f"---\n{head}\n---\nText")
        assert (set(values.values()) <= {"[", "x"}, text) == (True, "Text")
