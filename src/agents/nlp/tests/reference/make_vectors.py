"""Makes vectors.json: cosines of tf-idf vectors and a naive Bayes model's posteriors as scikit-learn 1.9.1 computes them.

    python3 src/agents/nlp/tests/reference/make_vectors.py
"""
import json
import random
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.naive_bayes import MultinomialNB

chance = random.Random(11)
vocabulary = [f"w{number}" for number in range(40)]
texts = [" ".join(chance.choices(vocabulary, k=chance.randint(3, 25))) for _ in range(24)]
labels = [number % 3 for number in range(18)]
weights = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=False, smooth_idf=True, norm="l2").fit_transform(texts)
counter = CountVectorizer(token_pattern=r"\S+").fit(texts[:18])
model = MultinomialNB(alpha=1.0).fit(counter.transform(texts[:18]), labels)
Path(__file__).with_name("vectors.json").write_text(
    json.dumps(
        {
            "texts": texts,
            "cosines": cosine_similarity(weights).tolist(),
            "labels": labels,
            "posteriors": model.predict_proba(counter.transform(texts[18:])).tolist(),
        }
    )
    + "\n"
)
