"""What the made-up press writes with: words of genres and moods, and sentences to put them into.

Tables and no code; who is written about in which words is ``press_plan``. Slots of sentences: ``{a}`` the subject,
``{o}`` and ``{q}`` other artists, ``{t}`` a track, ``{w}`` a word of style, ``{n}`` a thing that is heard, ``{g}`` a genre,
``{m}`` an hour or occasion, ``{p}`` a town, ``{v}`` a venue, ``{d}`` a day; each use draws again, but names stay.
"""

from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.words import MOODS

# By genre: words of style | things that are heard.
_ENGLISH = {
    "pop": (
        "glossy|sugary|radio-ready|bubbly|polished|catchy|bright-eyed",
        "hooks|choruses|handclaps|key changes|earworms|sing-alongs",
    ),
    "indie rock": (
        "jangly|scruffy|fuzzy|wistful|ramshackle|tuneful|lo-fi",
        "guitars|riffs|tremolo|tambourines|basement demos|feedback",
    ),
    "post-punk": (
        "angular|icy|monochrome|nervous|stern|martial|brittle",
        "basslines|chorus pedals|drum machines|slogans|baritone vocals|flangers",
    ),
    "electronic": (
        "hypnotic|pulsing|glitchy|modular|acid|kinetic|synthetic",
        "synths|arpeggios|sequencers|four-to-the-floor kicks|oscillators|sidechains",
    ),
    "hip hop": (
        "boastful|dusty|booming|quotable|streetwise|witty|laid-back",
        "rhymes|samples|hi-hats|verses|punchlines|ad-libs",
    ),
    "soul": (
        "silky|gospel-tinged|smoky|tender|pleading|buttery|heartfelt",
        "organs|horn sections|call-and-response|ballads|falsetto|backing singers",
    ),
    "jazz": (
        "swinging|modal|improvised|brushed|cool-headed|angled|late-set",
        "saxophones|walking bass|ride cymbals|solos|standards|trumpets",
    ),
    "classical": (
        "contrapuntal|stately|romantic|chamber-sized|austere|lyrical|virtuosic",
        "strings|sonatas|cadenzas|counterpoint|woodwinds|adagios",
    ),
    "folk": (
        "pastoral|rustic|unadorned|storytelling|hearth-warm|wooden|fingerpicked",
        "banjos|fiddles|murder ballads|close harmonies|mandolins|open tunings",
    ),
    "metal": (
        "crushing|blackened|thunderous|sludgy|merciless|down-tuned|apocalyptic",
        "blast beats|growls|breakdowns|double kicks|palm-muted riffs|shrieks",
    ),
    "ambient": (
        "weightless|glacial|beatless|hushed|vaporous|slow-moving|amniotic",
        "drones|pads|field recordings|tape loops|reverb tails|overtones",
    ),
    "latin": (
        "sun-soaked|syncopated|flirtatious|festive|carnival-ready|romantic-hearted|percussive",
        "congas|claves|brass stabs|boleros|güiros|nylon strings",
    ),
    "city pop": (
        "neon-lit|yacht-smooth|chrome-plated|breezy|eighties-bright|metropolitan|poolside",
        "slap bass|electric pianos|fretless lines|gated snares|major sevenths|saxophone breaks",
    ),
}  # fmt: skip
_MOODS = {
    "Late Night": ("nocturnal|dimly lit|sleepless-sounding", "half-whispers|red-light grooves", "the small hours"),
    "Morning": ("fresh-faced|dewy|waking", "birdsong samples|coffee-cup percussion", "breakfast"),
    "Workout": ("adrenalised|relentless|muscular", "sprints of rhythm|stadium chants", "the last lap"),
    "Rainy Day": ("drizzly|grey-skied|window-pane", "raindrop pianos|puddle-soft drums", "wet afternoons"),
    "Road Trip": ("wide-open|freewheeling|highway-bound", "cruising tempos|windows-down refrains", "long drives"),
    "Deep Focus": ("repetitive|patterned|undistracting", "minimal figures|steady ostinatos", "desk work"),
    "Summer": ("sunburnt|barefoot|beach-ready", "steel pans|hammock rhythms", "August"),
    "Dinner": ("candlelit|well-mannered|tasteful", "brushed snares|supper-club chords", "dinner tables"),
    "Melancholy": ("mournful|bittersweet|aching", "minor chords|sighing cellos", "bad weeks"),
    "Party": ("raucous|confetti-bright|dancefloor-filling", "drops|gang vocals", "Saturday crowds"),
}
_FRENCH = {
    "pop": ("sucrée|radieuse|accrocheuse|brillante", "refrains|mélodies sucrées|claquements de mains|tubes"),
    "indie rock": ("bancale|rêveuse|râpeuse|mélancolique", "guitares|distorsions|tambourins|démos de cave"),
    "post-punk": ("anguleuse|glaciale|nerveuse|sévère", "lignes de basse|boîtes à rythmes|slogans|voix de baryton"),
    "electronic": ("hypnotique|pulsée|modulaire|synthétique", "synthétiseurs|arpèges|séquenceurs|oscillateurs"),
    "hip hop": ("frondeuse|poussiéreuse|tonnante|spirituelle", "rimes|échantillons|couplets|punchlines"),
    "soul": ("soyeuse|fervente|enfumée|suppliante", "cuivres|orgues|choeurs|ballades"),
    "jazz": ("chaloupée|modale|improvisée|feutrée", "saxophones|contrebasses|solos|trompettes"),
    "classical": ("contrapuntique|majestueuse|austère|lyrique", "cordes|sonates|cadences|bois"),
    "folk": ("pastorale|rustique|dépouillée|boisée", "banjos|violons|complaintes|mandolines"),
    "metal": ("écrasante|noircie|impitoyable|apocalyptique", "hurlements|doubles pédales|riffs étouffés|cris"),
    "ambient": ("flottante|immobile|vaporeuse|lente", "nappes|bourdons|boucles de bande|résonances"),
    "latin": ("ensoleillée|syncopée|festive|dansante", "congas|claves|boléros|güiros"),
    "city pop": ("néon|lisse|urbaine|chromée", "basses slappées|pianos électriques|caisses claires|septièmes majeures"),
}  # fmt: skip


def _pairs(table: dict[str, tuple[str, str]]) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    return tuple(tuple(tuple(part.split("|")) for part in table[genre.name]) for genre in GENRES)  # type: ignore[misc]


GENRE_WORDS = _pairs(_ENGLISH)
FRENCH_WORDS = _pairs(_FRENCH)
MOOD_WORDS = tuple(tuple(tuple(part.split("|")) for part in _MOODS[mood]) for mood in MOODS)
"""Words of style and things heard, by genre (English, French) and by mood (with its hours), in the world's order."""

ABOUT = (
    "{a} recorded this album in {p}, and it came out {w}, {w} and heavy with {n}.",
    "Nobody in {p} makes {w} {n} like {a}.",
    "The new record by {a} is {w} {g}, all {n} and {n}.",
    'The single "{t}" by {a} opens with {w} {n} and ends in {w} {n}.',
    "{a} played {v} last week: {w} {n}, {w} {n}, and a crowd that knew each line.",
    "What the band {a} brought home from {p} is {w}, {w} and fond of {n}.",
    "On stage at {v} the musicians of {a} turned {n} into something {w}.",
    "The {n} on this album by {a} are {w}, the {n} behind them {w}.",
    "Whoever collects {w} {n} will find {a} at their most {w} here.",
    "A {w} song, a {w} song, then three minutes of {n}: that is an album by {a}.",
    "There is {w} {g}, there is {w} {g}, and there is {a} with these {n}.",
    'I heard "{t}" by {a} at {v} and remember {w} {n} and a {w} kind of patience.',
)
LIKE = (
    "{a} sound like {o}: {w} {n}, {w} {n}.",
    "If you like {o}, you will like {a}; both lean on {w} {n} and {n}.",
    "Think of {o} with more {n} and fewer {n}, and you are close to the band {a}.",
    "Like {o} before them, {a} wrapped {w} {n} around {w} {n}.",
    "The {n} recall the artist {o}, the {w} {n} could be by {q}.",
    "{a} and {o} share a love of {w} {n}, and it shows on every song.",
    "Between {o} and {q} there was room for a band as {w} as {a}.",
    "Fans of {o} and {q} told me about {a} at {v}, and the {w} {n} proved them right.",
    "Put this beside an album by {o} and the {w} {n} of {a} seem to come from one house.",
    "The songs of {a} owe their {n} to {o} and their {w} mood to {q}.",
)
AROUND = (
    "The {n} are {w}, almost {w}, and the {n} never hurry.",
    "It is {w} music for {m}, made of {n} and {n}.",
    "By the second half it turns {w}, and {n} give way to {w} {n}.",
    "Whoever mixed it kept the {n} dry and the {n} {w}.",
    "For {m} there is hardly anything as {w} this season.",
    "I counted {n} on four songs and {w} {n} on the rest.",
    "Somebody in the room called it {w}; I wrote down {w}, then {n}.",
    "You could play it for {m} and nobody would ask for anything less {w}.",
    "Take away the {n} and what is left is {w}, {w} and short.",
    "Two songs in, the {w} {n} have the room to themselves.",
    "The best of it is {w}: {n}, then {n}, then a {w} silence.",
    "Its {n} belong to {m}, its {n} to nobody else.",
)
NEWS = (
    'The song "{t}" by {a} comes out on {d}, and those who were sent it speak of {w} {n}.',
    'New music: {a} release "{t}" on {d}, {w} {g} with {n}.',
    'Mark {d}: "{t}" by {a} is {w}, and its {n} are {w} too.',
    'A week before its release on {d} we were played "{t}" by {a}: {w}, {w}, a lot of {n}.',
)
FRENCH_ABOUT = (
    "Le nouvel album de {a} est une musique {w} et {w}, pleine de {n}.",
    "À {p}, le groupe {a} a enregistré des {n} avec une patience {w}.",
    "Sur scène, {a} jouait une musique {w} où les {n} répondaient aux {n}.",
    "La chanson « {t} » de {a} commence par des {n} et finit {w}.",
    "Rien n'est aussi {w} cette saison que les {n} de {a}.",
    "On retient de l'album de {a} une couleur {w}, des {n} et encore des {n}.",
)
FRENCH_LIKE = (
    "{a} rappelle {o} : une humeur {w}, des {n}, des {n}.",
    "Qui aime {o} aimera {a}, pour les {n} et pour cette manière {w}.",
    "Entre {o} et {q}, le groupe {a} a trouvé une voie {w} pleine de {n}.",
    "Les {n} de {a} viennent de la même maison que ceux de {o}, en plus {w}.",
)
FRENCH_AROUND = (
    "C'est une musique {w}, presque {w}, où les {n} ne se pressent jamais.",
    "Dans la seconde moitié, les {n} laissent la place à une lenteur {w}.",
    "Quelqu'un dans la salle a parlé de {n} ; j'ai noté un seul mot, {w}.",
    "Il reste après l'écoute des {n}, des {n}, et un silence {w}.",
    "Rien ne manque à ces {n}, ni la couleur {w} ni la patience {w}.",
)
# Of things that happen to be called as an artist is, in small letters: {x}.
MISNOMERS = (
    "The {x} was the talk of the allotments this week, and for once nobody blamed the council.",
    "My aunt kept a {x} in the shed for years and swore that it kept the slugs away.",
    "You can not buy a {x} any more at the market in {p}, where they sold by the dozen.",
    "There was {x} on the road to {p} until noon, and then it was gone.",
    "Children drew the {x} with chalk, twice as large as it was.",
    "Of all that was lost in the move, the {x} is what we miss at breakfast.",
    "The weather service has no word for it, so the paper called it {x} and left it there.",
    "Every house in {p} had its {x}, and every {x} its story.",
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NAVIGATION = ("Home", "Reviews", "News", "Interviews", "Archive", "About", "Newsletter", "Contact")
COOKIES = (
    "We and our partners use cookies. Accept all, or choose what you consent to in our privacy settings.",
    "This site bakes cookies. By reading on you accept our privacy policy.",
)
FOOTERS = (
    "All rights reserved. No part of this page may be reprinted without a cup of tea.",
    "Printed on recycled pixels. Write to the editors, they are lonely.",
    "Imprint, privacy, terms. The opinions are those of whoever was awake.",
)
# What a link farm puts above what it copies, and changes in it to look original.
FARM_LEADS = (
    "You will not believe what our team found for you today, dear friends of good sound.",
    "Top story of the hour, picked by our desk for busy people like you.",
    "Here is the one review that everybody shares this week, read it now.",
)
FARM_CHANGES = (
    ("album", "longplayer"),
    ("record", "release"),
    ("crowd", "audience"),
    ("almost", "nearly"),
    ("room", "hall"),
)
