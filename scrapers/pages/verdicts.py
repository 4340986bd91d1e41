"""Why a page is no article: not found in disguise, a wall of consent, a page that only scripts fill, a list.

Each reason is a word to count by. The words that give a page away are those of the commonest languages of music sites; a
page that none of them knows is judged by its length alone.
"""

import re
import unicodedata

from lxml.html import HtmlElement

# Three sentences. A character of Chinese, Japanese or Korean writing says about three times what a Latin letter does.
MIN_TEXT_UNITS = 250
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003134f]")
# An error page is short; a long article may well be titled "404".
_ERROR_PAGE_UNITS = 1_000
# ruff: noqa: RUF001 - letters of other scripts are meant
_NOT_FOUND = re.compile(
    r"(?i)(\berror\s*404\b|\b404\s*(error|not\b|page\b|[-|:\u2013\u2014]|$)|page (was |could )?not (be )?found|"
    r"(could|can)(n't|not| not) (find|be found)|no longer (exists|available)|does(n't| not) exist|nothing (was )?found|"
    r"page introuvable|seite (wurde )?nicht gefunden|página no encontrada|página não encontrada|pagina non trovata|"
    r"pagina niet gevonden|страница не найдена|ページが見つかりません|找不到(该|此)?(页|頁)|페이지를 찾을 수 없습니다|"
    r"الصفحة غير موجودة)"
)
_CONSENT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bcookies?\b|\bкуки\b|クッキー|쿠키",
        r"\bconsent|einwillig|consentement|consentimiento|consenso|toestemming|zustimm|согласи|同意|동의",
        r"\bpartners?\b|\bpartenaires|\bpartnern?\b|\bsocios\b|パートナー",
        r"\baccept|akzeptier|accepter|aceptar|accett|принять|同意する",
        r"\bprivacy|datenschutz|confidentialité|privacidad|конфиденциальн|プライバシー|隐私",
        r"personali[sz]ed|personalisier|personnalis|personaliz|vendors?\b|legitimate interest|advertis|werbung|publicit",
    )
)
_NEEDS_SCRIPTS = re.compile(
    r"(?i)(enable|activate|turn on|requires?|need) java\s?script|javascript (is |must be )?(disabled|enabled|required)|"
    r"javascript (aktivieren|einschalten)|activer javascript|activar? javascript|включите javascript|javascriptを有効"
)
_ARTICLE_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"(\w*Article|BlogPosting|Review|\w*Review)"')


def why_no_article(tree: HtmlElement, title: str, body_text: str) -> str | None:
    """Return why a page is no article, or None if it is one.

    Args:
        tree: the whole page.
        title: its headline.
        body_text: what was extracted of it.
    """
    units = text_units(body_text)
    if units < MIN_TEXT_UNITS:
        return _why_short(tree, title, body_text)
    if units < _ERROR_PAGE_UNITS and _is_not_found(tree, title):
        return "soft_404"
    if _is_consent(body_text, units):
        return "cookie_wall"
    if _is_list(tree, body_text):
        return "list_page"
    return None


def text_units(text: str) -> int:
    """Return the length of a text in Latin letters' worth: spaces and marks are 0, dense scripts 3 a character."""
    letters = sum(1 for char in text if unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Mc")
    return letters + 2 * len(_DENSE.findall(text))


def _why_short(tree: HtmlElement, title: str, body_text: str) -> str:
    visible = _visible_text(tree)
    if _is_not_found(tree, title):
        return "soft_404"
    if _is_consent(visible[:5_000], text_units(visible[:5_000])):
        return "cookie_wall"
    has_scripts = any(element.get("src") or (element.text or "").strip() for element in tree.iter("script"))
    noscript = " ".join(element.text_content() for element in tree.iter("noscript"))
    if has_scripts and (_NEEDS_SCRIPTS.search(noscript + visible[:2_000]) or text_units(visible) < MIN_TEXT_UNITS):
        return "script_only"
    return "empty_page" if not body_text and not visible else "too_short"


def _is_not_found(tree: HtmlElement, title: str) -> bool:
    headings = (element.text_content() for tag in ("title", "h1") for element in tree.iter(tag))
    return any(_NOT_FOUND.search(text[:200]) for text in (title, *headings))


def _is_consent(text: str, units: int) -> bool:
    """Say whether a text speaks of consent and of little else: four of its six themes, each few words apart."""
    themes = [len(theme.findall(text)) for theme in _CONSENT]
    return themes[0] > 0 and sum(count > 0 for count in themes) >= 4 and sum(themes) * 100 >= units


def _is_list(tree: HtmlElement, body_text: str) -> bool:
    """Say whether a page only leads to others: many headings that are links, or hardly a paragraph of prose."""
    if _says_article(tree):
        return False
    paragraphs = [text_units(line) for line in body_text.split("\n")]
    prose = sum(units for units in paragraphs if units >= 80)
    linked = len(tree.xpath("//*[self::h2 or self::h3]//a[@href] | //a[@href]/*[self::h2 or self::h3]"))
    return prose < 0.2 * sum(paragraphs) or (linked >= 5 and linked * 400 > sum(paragraphs))


def _says_article(tree: HtmlElement) -> bool:
    for meta in tree.iter("meta"):
        if (meta.get("property") or "").lower() == "og:type" and (meta.get("content") or "").lower() == "article":
            return True
    return any(_ARTICLE_TYPE.search(script.text or "") for script in tree.iter("script"))


def _visible_text(tree: HtmlElement) -> str:
    texts = tree.xpath(
        "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
    )
    return " ".join(" ".join(texts).split())
