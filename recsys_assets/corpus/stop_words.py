"""Words that hold a sentence together and name nothing: where a noun phrase ends.

Belongs here: what is such a word in which language. English has a list of ours and the ranks of ``commonness``; other languages
have the lists that jusText carries (the commonest words of a language's Wikipedia), and short ones of ours beside them. What
most artists have in common is not known here: ``entity_terms`` takes it off.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from recsys_assets.corpus.commonness import rank_of
from recsys_assets.corpus.text import UNKNOWN_LANGUAGE, find_words

ENGLISH = "en"

# English words below this rank are function words but for few; those few are music's and named here.
_ENGLISH_RANKS = 130
# Verbs, adverbs and others of English above that rank that end no noun phrase worth keeping.
_ENGLISH = frozenset(
    """able almost already also although always am another anything around away based became become becomes best better
    bit came can cannot come comes coming couldnt did didnt different does doesnt doing done dont down else enough especially
    even ever every everything far feel feels felt finally find first found further gave get gets getting give gives given go
    goes going gone got great had hasnt having hear heard hers herself him himself here high however i id ill im instead isnt
    its itself ive just keep keeps kind know known knows last later least less let lets like little long look looking looks
    lot made make makes making many may maybe me means might mine more most much must my myself need needs never next nothing
    now off often oh ok once one ones only otherwise our ours own part particular per perhaps please put quite rather read
    really right said same saw say says see seem seems seen set several shall she should since so some someone something
    sometimes soon still such take taken takes taking tell thats themselves theres theyre thing things think though thought
    three through thus today together too took toward towards tried try trying turn turns two under unlike until upon us use
    used using usually very via want wants was wasnt way ways well went were whats whether whole whose why will within without
    wont would wouldnt yet you youll your youre yours yourself listen listening play plays played sound sounds review reviews
    article read subscribe newsletter click share comments copyright rights reserved""".split()  # noqa: SIM905  a text is easier to read
)
_OTHERS = {
    "de": """aber als am an auch auf aus bei bin bis bist da damit dann das dass dem den der des die dies diese dieser
    doch du durch ein eine einem einen einer eines er es für haben hat hatte ich ihr ihre im in ist ja kann
    kein mehr mich mit nach nicht noch nun nur oder ohne schon sehr sein seine sich sie sind so über um und
    uns unter vom von vor war was wenn wer wie wir wird zu zum zur""",
    "fr": """au aux avec ce ces cette chez comme dans de des du elle en est et être eux il ils je la le les leur lui ma
    mais me même mes moi mon ne nos notre nous on ou où par pas plus pour qu que qui sa sans se ses son sont
    sur ta te tes toi ton tout tu très un une vos votre vous été""",
    "es": """al algo como con cuando del desde donde el ella ellos entre era eres es esta este esto está fue ha hay la
    las lo los más mi muy no nos o para pero por porque que se ser si sin sobre son su sus también te tiene un
    una uno y ya""",
    "pt": """ao aos as com da das do dos e ela ele em essa esse esta foi há isso isto já mais mas meu na nas não nem no
    nos ou pela pelo por qual quando sem ser seu sua são também tem um uma você""",
    "it": """alla anche che chi ci con cui dal dalla degli dei del della delle di e è gli ha hanno i il io le lo loro
    ma mi nel nella non noi o per perché più quando quella quello questa questo se si sono su sua suo tra un
    una""",
    "nl": """aan bij dat de den die dit door een en er geen haar heb heeft het hij hoe hun ik is je kan maar met mijn
    na naar niet nog of om onder ook op over te tot uit van voor was wat we wel werd wij zal ze zich zijn zo""",
    "ru": """и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по ее мне было вот от меня
    еще нет о из ему""",  # noqa: RUF001  Cyrillic
}
# Common words that are a term beside a name: without them "live music" and "city pop" would fall apart.
_KEPT = frozenset(
    (
        "music",
        "band",
        "song",
        "songs",
        "house",
        "city",
        "world",
        "black",
        "white",
        "young",
        "group",
        "war",
        "school",
        "life",
    )
)


def _folded(words: str) -> frozenset[str]:
    return frozenset(find_words(words).folded)


_BY_LANGUAGE = {language: _folded(words) for language, words in _OTHERS.items()}
_ALL_OTHERS = frozenset().union(*_BY_LANGUAGE.values())
# What jusText calls the languages that most is written in; Japanese and Chinese have no list, and need none: see ``terms``.
_JUSTEXT = {
    "af": "Afrikaans", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "lt": "Lithuanian",
    "lv": "Latvian", "mk": "Macedonian", "ms": "Malay", "nb": "Norwegian_Bokmal", "nl": "Dutch", "nn": "Norwegian_Nynorsk",
    "no": "Norwegian_Bokmal", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "tl": "Tagalog", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip
# A longer list (Russian has 4,754 words) holds what is written about as well, "rock" and "metal" among it.
_LONGEST_LIST = 1_000
# Of the shorter ones (counted in November 2026) these are words of music: pianos, bands, folk and disco are terms.
_MUSIC = frozenset({"piano", "opera", "banda", "disco", "folk", "city"})


@lru_cache(maxsize=128)
def _listed(language: str) -> frozenset[str]:
    """Return the folded stop words of a language other than English; none where nobody keeps a list."""
    own = _BY_LANGUAGE.get(language, frozenset())
    spec = find_spec("justext")
    if language not in _JUSTEXT or spec is None or spec.origin is None:
        return own
    # The file itself: importing the library imports lxml, for a list of words.
    path = Path(spec.origin).parent / "stoplists" / f"{_JUSTEXT[language]}.txt"
    words = path.read_text(encoding="utf-8").split()
    return own | (_folded(" ".join(words)) - _MUSIC) if len(words) <= _LONGEST_LIST else own


def is_stop_word(word: str, language: str = UNKNOWN_LANGUAGE) -> bool:
    """Say whether a folded word can not be part of a term: it holds sentences together, or is two letters or fewer.

    Args:
        word: the word.
        language: ISO 639-1 code of the text; of an unknown one the lists of all languages hold, of one without a list none.
    """
    if len(word) <= 2 and word.isascii():
        return True
    if language == UNKNOWN_LANGUAGE and word in _ALL_OTHERS:
        return True
    if language in {ENGLISH, UNKNOWN_LANGUAGE}:
        return word not in _KEPT and (word in _ENGLISH or rank_of(word) < _ENGLISH_RANKS)
    return word in _listed(language)
