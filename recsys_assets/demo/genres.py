"""The genres of the made-up world: how common, how long, near to which, and in which words they name things.

A table and no code. ``names`` turns the words into names, ``catalogue`` the families into vectors.

Templates hold one letter per pool: ``{A}`` adjective, ``{N}`` noun, ``{P}`` place, ``{F}`` first name, ``{L}`` last
name, ``{K}`` a number or a key; every use of a letter draws again.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Genre:
    """One genre: its place among the others and its vocabulary."""

    name: str
    share: float
    families: tuple[str, ...]
    minutes: float
    explicit_share: float
    label: str
    artists: tuple[str, ...]
    titles: tuple[str, ...]
    pools: dict[str, str] = field(default_factory=dict)

    def pool(self, letter: str) -> tuple[str, ...]:
        """Return the words of a pool: the genre's own, or the common English ones."""
        words = self.pools[letter] if letter in self.pools else COMMON_POOLS[letter]
        return tuple(words.split("|"))


COMMON_POOLS = {
    "A": "Paper|Silver|Hollow|Distant|Golden|Quiet|Burning|Crooked|Winter|Velvet|Broken|Little|Electric|Salt|Northern|"
    "Borrowed|Wild|Pale|Second|Sleepless|Amber|Gentle|Restless|Tall|Blue|Scarlet|Empty|Early|Late|Patient|Copper|"
    "Sunday|Feral|Half|Bright|Secret|Weathered|Slow|Runaway|Glass|Honest|Stray|Foreign|Plain|Lonesome|Careful",
    "N": "Lantern|Harbor|Hour|River|Mirror|Garden|Orchard|Station|Window|Letter|Engine|Sparrow|Meadow|Signal|Thunder|"
    "Ribbon|Compass|Ladder|Ocean|Kite|Bicycle|Marble|Cinder|Feather|Parade|Postcard|Satellite|Stranger|Tiger|Umbrella|"
    "Valley|Wagon|Moth|Anchor|Bramble|Candle|Daughter|Echo|Fever|Gallery|Horizon|Island|Jacket|Kitchen|Luggage|"
    "Neighbor|Paradox|Quarry|Rooftop|Suitcase|Tunnel|Voyage|Whistle|Apricot|Balcony|Cathedral|Driftwood|Elevator",
    "P": "Lisbon|Ohio|Tromsø|Osaka|Havana|Marseille|Kraków|Tucson|Leith|Halifax|Porto|Nairobi|Québec|Málaga|Zürich|"
    "Galway|Oslo|Tulsa|Trieste|Bergen|Cádiz|Malmö|Reno|Dakar|Ghent|Lviv|Cork|Perth|Antwerp|Savannah",
    "F": "Ada|Björn|Clara|Desmond|Elena|Félix|Greta|Hollis|Inès|Jonah|Katya|Leander|Maren|Noël|Odette|Piers|Ruth|"
    "Saoirse|Thea|Ulrich|Vera|Wendell|Ximena|Yusuf|Zoë|Anselm|Bettina|Cormac|Delphine|Esben|Fiona|Gideon|Hana|Ivo",
    "L": "Abernathy|Brandvold|Castellan|Dubrow|Eriksen|Farrow|Gallivan|Hollenbeck|Ivanek|Jourdain|Kessling|Lindqvist|"
    "Marlowe|Nakamoor|Okonjo|Pellerin|Quillan|Rosendahl|Strand|Tillery|Ursin|Vantongeren|Wexford|Yarrow|Zelenko|"
    "Ashdown|Bellweather|Crane|Dvorin|Ellery|Fenwick|Groth|Hartigan|Issel|Juhl|Kowalke|Løvstad|Moreau|Núñez|Ó Briain",
    "K": "1|2|3|4|5|6|7|8|9|10|11|12",
}

GENRES: tuple[Genre, ...] = (
    Genre(
        "pop",
        0.15,
        ("dance", "voice"),
        3.2,
        0.08,
        "Pop",
        ("{F}", "{F} {L}", "The {A} {N}s", "{A} {N}", "{F} & {F}"),
        ("{A} {N}", "{V}", "{V} Tonight", "{N} Girl", "Don't {V}", "{V} ({A} Heart)", "Mon {M}", "Kiss the {N}"),
        {
            "V": "Call Me Over|Let It Shine|Fall for You|Stay a While|Dance It Out|Hold My Hand|Say My Name Slowly|"
            "Turn It Up|Come Around|Run Back|Tell Me So|Give Me Sugar|Wake Me|Miss You More|Breathe With Me",
            "M": "Amour|Étoile|Été|Rêve|Cœur|Soleil|Écho|Secret|Jardin|Dimanche",
        },
    ),
    Genre(
        "indie rock",
        0.13,
        ("guitar",),
        3.6,
        0.06,
        "Indie Rock",
        ("The {A} {N}s", "{A} {N}", "{N} {N}", "{N} Club {P}", "{P} {N}", "{F} and the {N}s"),
        ("{A} {N}s", "{A} {N}", "{N} in {P}", "The {N} Song", "We Were {A}", "{P}, {P}", "{N} Weather", "Your {A} {N}"),
    ),
    Genre(
        "post-punk",
        0.06,
        ("guitar", "machine"),
        3.4,
        0.1,
        "Post-Punk",
        ("{N} Bureau", "{A} Concrete", "Neue {N}", "{R}", "{R} {R}", "The {N} Office", "Das {G}"),
        ("{N} Control", "{R}", "{R} {R}", "{A} Concrete", "No {N}", "{G}", "{N} / {N}", "Office {N}", "Im {G}"),
        {
            "R": "Туман|Завод|Вокзал|Стена|Север|Проспект|Зима|Молчание|Пустота|Трамвай|Осень|Окраина|Электричка|Бетон",
            "G": "Fließband|Schlüssel|Büro|Wänden|Großstadt|Nachtzug|Geräusch|Möbelhaus|Ausgang|Spätschicht",
        },
    ),
    Genre(
        "electronic",
        0.11,
        ("dance", "machine"),
        5.0,
        0.02,
        "Electronic",
        ("{X}{Y}", "{X} {N}", "DJ {F}", "{X}{Y} & {F}", "{F} {X}", "{A} {X}"),
        ("{X}{Y}", "{X} {K}", "{A} {X}", "{P} 4AM", "{N} Loop", "{X} to {X}", "{Y} ({P} Mix)", "Null{Y}"),
        {
            "X": "Vec|Poly|Mono|Kilo|Helio|Proto|Quant|Omni|Auro|Tele|Syn|Micro|Ultra|Para|Nano|Iso|Retro|Infra|Meta",
            "Y": "tron|phase|wave|form|plex|grid|drift|pulse|cell|scope|noise|mod|field|gate|shift|core|sphere",
        },
    ),
    Genre(
        "hip hop",
        0.12,
        ("dance", "groove", "voice"),
        3.1,
        0.6,
        "Hip Hop",
        ("{X} {F}", "{F} the {N}", "{X} {N}", "{N} Mob", "{A} {F}", "{X} {K}"),
        ("{N} Talk", "{A} Money", "{V}", "{V} (Skit)", "{P} Nights", "Block {N}", "{X}'s {N}", "{N} on {N}", "{K} AM"),
        {
            "X": "Big|Lil|Young|Kid|Doctor|King|Prof|Deacon|Lady|Uncle|Captain|Judge",
            "V": "Pull Up|Count It|No Sleep|On the Corner|Came From Nothing|Run the Tape|All Facts|Say Less|Two Phones|"
            "Rent Due|Back Outside|Cold Plate|Keep Walking|Mama Knew|Ten Toes",
        },
    ),
    Genre(
        "soul",
        0.07,
        ("groove", "voice"),
        3.8,
        0.05,
        "Soul",
        ("{F} {L}", "{F} {L} & The {N}s", "The {A} {N}s", "Sister {F}", "{L} Brothers"),
        ("{A} Love", "{V}", "{V}, Baby", "Love Like a {N}", "{A} {N} Blues", "Sweet {N}", "Sunday {N}", "{N} of Mine"),
        {
            "V": "Hold On to Me|Bring It Home|I Been Waiting|Take Your Time|Ain't No Hurry|Carry Me|Leave the Light On|"
            "Show Me Mercy|Long Way Up|Ask Me Again|Lay It Down|Come Sunday"
        },
    ),
    Genre(
        "jazz",
        0.07,
        ("quiet", "groove"),
        5.4,
        0.0,
        "Jazz",
        ("{F} {L}", "{F} {L} Quartet", "{F} {L} Trio", "{L} & {L}", "The {P} Five", "{F} {L} Orchestra"),
        (
            "Blues for {F}",
            "{A} {N}",
            "{P} After Dark",
            "{N} Walk",
            "Waltz for {F}",
            "{A} Minor {N}",
            "{F}'s {N}",
            "Last Train to {P}",
            "'Round {N}",
            "{N} Bop",
        ),
    ),
    Genre(
        "classical",
        0.05,
        ("quiet", "strings"),
        5.8,
        0.0,
        "Classical",
        ("{F} {L}", "{P} Chamber Players", "{L} Quartet", "{P} Symphony", "Ensemble {X}"),
        ("{X} No. {K} in {Q}", "{X} in {Q}", "{X} for {I}", "{X} No. {K}: {T}", "{T} in {Q}", "Étude {K}: {T}"),
        {
            "X": "Nocturne|Sonata|Prelude|Fantasia|Suite|Bagatelle|Élégie|Capriccio|Impromptu|Ballade|Partita|Rondò",
            "Q": "E minor|D major|A minor|F-sharp minor|G major|C minor|B-flat major|E-flat major|A-flat major|G minor",
            "I": "Cello|Two Pianos|Strings|Solo Violin|Clarinet and Harp|Flute|Winds|Organ|Viola and Piano",
            "T": "Allegro|Adagio|Andante con moto|Presto|Lento|Vivace|Largo|Scherzo|Allegretto|Più mosso|Grave",
        },
    ),
    Genre(
        "folk",
        0.07,
        ("guitar", "quiet", "voice"),
        3.7,
        0.01,
        "Folk",
        ("{F} {L}", "The {A} {N}s", "{L} & Daughters", "{P} {N}", "{F} and {F}", "{S} {L}"),
        (
            "The {N} of {P}",
            "{A} {N}",
            "{F}'s {N}",
            "Ballad of {F} {L}",
            "{S}",
            "Down by the {N}",
            "{S} i {P}",
            "Farewell, {P}",
            "The {A} {N}",
        ),
        {"S": "Månsken|Höstvisa|Fjäril|Älven|Gökotta|Sjöman|Vårdröm|Ängen|Åskväder|Bróndóg|Gaoth|Fuinneog|Cailín Óg"},
    ),
    Genre(
        "metal",
        0.05,
        ("guitar", "machine"),
        4.9,
        0.2,
        "Metal",
        ("{X}{Y}", "{A} {Y}", "{X} of {P}", "{X}gård", "Mö{Y}", "The {X} {Y}"),
        (
            "{A} {X}",
            "{X} of the {Y}",
            "{X}{Y}",
            "Throne of {X}",
            "Into the {Y}",
            "{Y} Rising",
            "{X} Without {Y}",
            "{A} {Y}, {A} {X}",
        ),
        {
            "A": "Blackened|Iron|Eternal|Forsaken|Bleeding|Ancient|Frozen|Unholy|Buried|Ashen|Withered|Nameless|Rotten",
            "X": "Skull|Grave|Wolf|Doom|Blood|Frost|Crow|Hammer|Storm|Plague|Thorn|Wrath|Bone|Ruin|Serpent|Ash",
            "Y": "fang|moon|spire|reaper|born|void|throne|forge|hymn|shroud|maw|spell|crypt|blade|herald|helm",
        },
    ),
    Genre(
        "ambient",
        0.04,
        ("quiet", "machine"),
        6.2,
        0.0,
        "Ambient",
        ("{X}", "{A} {X}", "{F} {L}", "{X} Field", "{S}", "{X} & {X}"),
        ("{A} {X}", "{X}, {X}", "{X} {K}", "{S}", "{S} {K}", "A {A} {X}", "{X} for {P}", "Still {X}", "Sleep {X}"),
        {
            "A": "Soft|Still|Slow|Faint|Weightless|Dim|Endless|Warm|Hushed|Drifting|Pale|Submerged|Floating|Tidal",
            "X": "Haze|Snow|Tide|Cloud|Mist|Breath|Moss|Lichen|Rain|Shore|Aurora|Dusk|Glacier|Murmur|Lull|Vapor",
            "S": "Þoka|Jökull|Snjór|Hvíld|Fjörður|Norðurljós|Kyrrð|Öldur|Svefn|Rökkur",
        },
    ),
    Genre(
        "latin",
        0.05,
        ("dance", "groove", "voice"),
        3.3,
        0.15,
        "Latin",
        ("{F} {L}", "Los {N} de {P}", "La {N}", "{F}", "Orquesta {N}", "{F} y {F}"),
        ("{A} {N}", "La {N}", "{V}", "{N} en {P}", "{V}, {F}", "Mi {N}", "Sin {N}", "Coração de {N}", "{N} y {N}"),
        {
            "F": "Íñigo|Marisol|Joaquín|Lucía|Tomás|Belén|Ramón|Inés|João|Graça|Camila|Andrés|Noelia|Yadira|Zé",
            "L": "Peñalver|Ordóñez|Cañizares|Iturbide|Montellano|Araújo|Guimarães|Quiñones|Bermejo|Sepúlveda",
            "N": "Luna|Noche|Ciudad|Sombra|Corazón|Lluvia|Canción|Marea|Paloma|Madrugada|Esquina|Saudade|Mañana",
            "A": "Última|Dulce|Vieja|Pequeña|Triste|Otra|Primera|Larga|Única|Loca",
            "V": "Báilame|Quédate|No Te Vayas|Dímelo|Vuelve|Ven Acá|Olvídame|Te Espero|Me Muero|Así Fue",
            "P": "Bogotá|Cádiz|Lisboa|Medellín|Belém|Cartagena|Veracruz|Mérida|Asunción|São Luís",
        },
    ),
    Genre(
        "city pop",
        0.03,
        ("dance", "groove", "strings"),
        4.1,
        0.0,
        "City Pop",
        ("{X}{Y}", "{F} {L}", "{X} {A}", "{X}クラブ", "{P}の{Y}"),
        ("{X}の{Y}", "{Y}と{X}", "{X}{K}時", "{A} {X}", "{P}の{X}", "{X}ドライブ", "{Y} in {A}"),
        {
            "X": "真夜中|夏|海岸|雨|高速|週末|夕焼け|星空|窓辺|電話|都会|渚|港|秋",
            "Y": "恋|電車|手紙|ハイウェイ|記憶|メロディー|ランデブー|影|天使|シグナル|扉|風",
            "P": "東京|横浜|神戸|長崎|札幌|鎌倉",
            "A": "Midnight|Plastic|Seaside|Neon|Summer|Telephone|Highway|Tokyo",
            "F": "Mariko|Tatsu|Yumi|Ken|Reiko|Hiroshi|Naoko|Akira",
            "L": "Hayasaka|Mizuhara|Kanzaki|Tsukino|Arimura|Segawa",
        },
    ),
)
"""Shares sum to one."""
