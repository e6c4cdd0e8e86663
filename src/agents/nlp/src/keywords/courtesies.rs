//! Which words of a letter are courtesy? Greetings and closing formulas, which stand first and last and say nothing of what it is about.

use crate::words::Words;

/// How many words a greeting or a closing formula has at most, names included.
const LONGEST: usize = 6;
/// How many sentences of so few words after a closing formula are a signature.
const SIGNATURE: usize = 4;

/// What is known of a language: its code, words that are courtesy wherever they stand, what a greeting begins with, what only the first
/// words of a text make a greeting, and what a closing formula begins with. All in lower case.
type Manners = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const MANNERS: &[Manners] = &[
    (
        "en",
        &[
            "hello",
            "hi",
            "hey",
            "dear",
            "thanks",
            "thank",
            "regards",
            "sincerely",
            "cheers",
            "greetings",
            "sir",
            "madam",
            "mr",
            "mrs",
            "ms",
        ],
        &["good morning", "good afternoon", "good evening", "to whom it may concern"],
        &[],
        &[
            "best regards",
            "kind regards",
            "warm regards",
            "many thanks",
            "thank you",
            "best wishes",
            "yours",
            "all the best",
            "regards",
            "sincerely",
        ],
    ),
    (
        "fr",
        &[
            "bonjour",
            "bonsoir",
            "salut",
            "coucou",
            "merci",
            "cordialement",
            "sincèrement",
            "salutations",
            "distinguées",
            "agréer",
            "veuillez",
            "bises",
            "bisous",
            "madame",
            "monsieur",
            "mesdames",
            "messieurs",
            "mademoiselle",
            "mme",
            "mlle",
            "svp",
        ],
        &["cher monsieur", "chère madame", "chers collègues", "chers tous", "chères et chers", "chers clients"],
        &["cher", "chère", "chers", "chères"],
        &[
            "cordialement",
            "bien cordialement",
            "bien à vous",
            "bien à toi",
            "à bientôt",
            "bonne journée",
            "bonne soirée",
            "bonne réception",
            "bien amicalement",
        ],
    ),
    (
        "de",
        &["hallo", "moin", "servus", "grüß", "gruß", "grüße", "grüßen", "danke", "geehrte", "geehrter", "geehrten", "tschüss"],
        &["guten morgen", "guten tag", "guten abend", "sehr geehrte", "sehr geehrter"],
        &["liebe", "lieber", "liebes"],
        &[
            "grüße",
            "gruß",
            "mit freundlichen",
            "freundliche grüße",
            "viele grüße",
            "liebe grüße",
            "beste grüße",
            "herzliche grüße",
            "schöne grüße",
            "vielen dank",
            "besten dank",
        ],
    ),
    (
        "es",
        &["hola", "gracias", "saludos", "saludo", "estimado", "estimada", "estimados", "estimadas", "atentamente", "cordialmente"],
        &["buenos días", "buenas tardes", "buenas noches", "muy señor", "muy señores"],
        &["querido", "querida", "queridos", "queridas"],
        &["saludos", "atentamente", "un saludo", "un cordial", "un abrazo", "muchas gracias", "quedo a la espera"],
    ),
    (
        "it",
        &["ciao", "buongiorno", "buonasera", "salve", "grazie", "saluti", "cordialmente", "egregio", "egregia", "spettabile"],
        &["gentile signora", "gentile signor", "gentile dottore", "gentile dottoressa", "gentile cliente"],
        &["gentile", "gentili", "caro", "cara", "cari", "care"],
        &["saluti", "cordialmente", "cordiali saluti", "distinti saluti", "un saluto", "a presto", "grazie mille", "tante grazie"],
    ),
    (
        "pt",
        &["olá", "oi", "obrigado", "obrigada", "atenciosamente", "cumprimentos", "prezado", "prezada", "prezados", "prezadas"],
        &["bom dia", "boa tarde", "boa noite", "caro senhor", "cara senhora"],
        &["caro", "cara", "caros", "caras", "querido", "querida"],
        &[
            "atenciosamente",
            "cumprimentos",
            "com os melhores",
            "melhores cumprimentos",
            "um abraço",
            "muito obrigado",
            "muito obrigada",
            "até breve",
        ],
    ),
    (
        "nl",
        &["hallo", "hoi", "bedankt", "groet", "groeten", "geachte"],
        &["goedemorgen", "goedemiddag", "goedenavond", "goedendag", "beste heer", "beste mevrouw", "beste collega"],
        &["beste", "lieve"],
        &[
            "groet",
            "groeten",
            "met vriendelijke",
            "vriendelijke groet",
            "hartelijke groet",
            "alvast bedankt",
            "hartelijk dank",
            "tot ziens",
        ],
    ),
    (
        "sv",
        &["hej", "tack", "hälsningar"],
        &["god morgon", "god kväll"],
        &["kära", "käre"],
        &["hälsningar", "med vänliga", "vänliga hälsningar", "bästa hälsningar"],
    ),
    ("da", &["hej", "tak", "hilsen"], &["god morgen", "god aften"], &["kære"], &["hilsen", "med venlig", "venlig hilsen", "mange tak"]),
    (
        "nb",
        &["hei", "takk", "hilsen"],
        &["god morgen", "god kveld"],
        &["kjære"],
        &["hilsen", "med vennlig", "vennlig hilsen", "mange takk"],
    ),
    (
        "fi",
        &["hei", "moi", "kiitos", "terveisin"],
        &["hyvää huomenta", "hyvää päivää"],
        &["hyvä", "rakas"],
        &["terveisin", "ystävällisin terveisin"],
    ),
    (
        "pl",
        &["cześć", "dziękuję", "pozdrawiam"],
        &["dzień dobry", "dobry wieczór"],
        &["szanowny", "szanowna", "szanowni", "drogi", "droga"],
        &["pozdrawiam", "z poważaniem"],
    ),
    (
        "ru",
        &["здравствуйте", "привет", "спасибо"],
        &["добрый день", "добрый вечер", "доброе утро"],
        &["уважаемый", "уважаемая", "уважаемые"],
        &["с уважением", "всего доброго"],
    ),
    (
        "tr",
        &["merhaba", "selam", "teşekkürler", "selamlar", "saygılarımla"],
        &["iyi günler", "günaydın", "iyi akşamlar"],
        &["sayın", "sevgili"],
        &["saygılarımla", "iyi çalışmalar"],
    ),
];

/// The manners of a text's language, and those of English, which letters in others use as well.
pub(super) struct Courtesies {
    known: Vec<&'static Manners>,
    /// How many sentences at most are still a signature.
    signature: usize,
}

impl Courtesies {
    /// Those that a text in a language may have; none if `kept`.
    pub(super) fn of(words: &Words, kept: bool) -> Self {
        let known = MANNERS.iter().filter(|(language, ..)| !kept && (*language == "en" || *language == words.language())).collect();
        Self { known, signature: 0 }
    }

    /// Whether a word in lower case is courtesy wherever it stands.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.known.iter().any(|(_, words, ..)| words.contains(&word))
    }

    /// Whether words without punctuation between them are a greeting, a closing formula or a signature after one. `sentence` is the
    /// number of their sentence, `ended` the sign that ends them, if one does.
    pub(super) fn is_formula(&mut self, run: &[&str], sentence: u32, ended: Option<char>) -> bool {
        let lower: Vec<String> = run.iter().map(|word| word.to_lowercase()).collect();
        let begins = |phrase: &&str| phrase.split(' ').enumerate().all(|(place, word)| lower.get(place).is_some_and(|own| own == word));
        let short = run.len() <= LONGEST;
        // A statement is none: `Liebe ist blind.` tells of love.
        let open = !matches!(ended, Some('.' | '?'));
        let greets = self.known.iter().any(|(_, words, greetings, first, _)| {
            words.iter().chain(*greetings).any(&begins) || (sentence == 0 && run.len() > 1 && first.iter().any(&begins))
        });
        let closes = self.known.iter().any(|(.., closings)| closings.iter().any(&begins));
        if short && (closes || (greets && open)) {
            self.signature = if closes && sentence > 0 { SIGNATURE } else { 0 };
            return true;
        }
        false
    }

    /// Whether a whole sentence, of which so many follow, is part of a signature.
    pub(super) fn is_signature(&mut self, words: usize, left: usize) -> bool {
        let signs = self.signature > 0 && left < self.signature && words <= LONGEST;
        self.signature = if signs { self.signature - 1 } else { 0 };
        signs
    }
}
