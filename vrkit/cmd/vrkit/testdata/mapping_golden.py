"""Golden values for vrkit/cmd/vrkit/mapping_test.go: label mappings restated in NumPy.

    python3 vrkit/cmd/vrkit/testdata/mapping_golden.py

writes logits.npy, float32 [n,S], labels.npy, int64 [n], and one float32 [S,K] omega_*.npy a mapping
beside itself. The mappings are written from their definitions, matrix by matrix, and differently from
the Go code: the greedy one removes rows and columns of a full matrix, the Bayesian one is a
quotient of probabilities, p(source, target) / p(source) with p(source) smoothed by lambda, of which
the sample counts cancel. Logits are rounded to quarters, so that samples with two equal largest
logits occur; source 0 is never the largest; targets in pairs want the same source.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
N, S, K = 90, 12, 5


def data():
    random = np.random.default_rng(20240601)
    labels = random.permutation(np.arange(N) % K)
    logits = random.normal(size=(N, S)) + 2 * (np.arange(S)[None] == labels[:, None] // 2 + 1)
    logits = np.round(logits * 4) / 4
    logits[:, 0] = logits.min() - 1
    logits[:3, 4] = logits[:3, 7] = 9  # ties, of which source 4 takes all
    return logits.astype(np.float32), labels.astype(np.int64)


def joint(logits, labels):
    """F[s,t]: how many samples of target t have s as their first largest logit."""
    said = np.eye(S, dtype=np.int64)[logits.argmax(1)]
    meant = np.eye(K, dtype=np.int64)[labels]
    return said.T @ meant


def one_to_one(f):
    """The largest cell takes its row and its column, and so on; ties go to the first, row-major."""
    left, omega = f.astype(float), np.zeros((S, K))
    for _ in range(K):
        s, t = np.unravel_index(left.argmax(), left.shape)
        omega[s, t] = 1
        left[s, :] = left[:, t] = -1
    return omega


def bayes(f, smoothing):
    n = f.sum()
    both = f / n
    source = (f.sum(1) + smoothing) / (n + S * smoothing)
    votes = both / source[:, None]
    return votes / votes.sum(0)


def mass(logits, labels, kept):
    """A[s,t]: the softmax of the samples of target t, each cut down to its largest, stably sorted."""
    p = np.exp(logits.astype(float))
    p /= p.sum(1, keepdims=True)
    for row in p:
        row[np.argsort(-row, kind="stable")[kept:]] = 0
    return np.stack([p[labels == t].sum(0) for t in range(K)], axis=1)


def main():
    logits, labels = data()
    f = joint(logits, labels)
    omegas = {"flm": one_to_one(f), "ilm": one_to_one(f), "blm_1": bayes(f, 1), "blm_10": bayes(f, 10)}
    for alpha, smoothing in [(0.15, 1), (0.5, 3), (4, 0)]:
        kept = min(max(1, int(K * alpha)), S)
        omegas[f"blm_plus_{kept}"] = bayes(mass(logits, labels, kept), smoothing)
    omegas["identity"] = np.eye(S)[:, :K]
    np.save(HERE / "logits.npy", logits)
    np.save(HERE / "logits_by_columns.npy", np.asfortranarray(logits))
    np.save(HERE / "labels.npy", labels)
    for name, omega in omegas.items():
        np.save(HERE / f"omega_{name}.npy", omega.astype(np.float32))


if __name__ == "__main__":
    main()
