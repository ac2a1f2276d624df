"""Golden values for vrkit/output/golden_test.go: statistical label mappings restated in NumPy.

    python3 vrkit/output/testdata/make_omega.py

writes omega.json beside itself: random source logits, [n,S], and for three numbers of target labels the
labels, and what each mapping makes of them; and the number of probabilities that BLM+ keeps for every K
up to 1000, which is Python's own int(K * alpha), but at least 1.

The mappings are written from their definitions, differently from the Go code. The greedy one removes
rows and columns of a full matrix. The Bayesian ones are quotients of probabilities, p(source,
target) / p(source) with p(source) smoothed by lambda, of which the sample counts cancel. The top
probabilities are those of a stable sort of each row. Logits are rounded to quarters, so that ties
occur, within the first place and at the edge of the k kept.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
N, S = 200, 30
TARGETS = [7, 9, 12]
GROUPS = 84  # of samples with a mean of their own, each in one target label
LAMBDAS = [0.5, 1, 10]
ALPHAS = [0.15, 0.3, 1, 5]
TABLE_ALPHAS = [0.15, 0.1, 0.29, 0.7]


def count(z, y, k):
    """F[s,t]: how many samples of target t have s as their first largest logit."""
    f = np.zeros((S, k))
    np.add.at(f, (z.argmax(1), y), 1)
    return f


def one_to_one(f):
    """pi[t] = s: the largest cell takes its row and its column, and so on; ties go to the first, row-major."""
    left, pi = f.copy(), [None] * f.shape[1]
    for _ in pi:
        s, t = np.unravel_index(left.argmax(), left.shape)
        pi[t] = int(s)
        left[s, :] = left[:, t] = -1
    return pi


def kept(alpha, k):
    return max(1, int(k * alpha))


def mass(z, y, k, top):
    """A[s,t]: the softmax of the samples of target t, each cut down to its top largest."""
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    rank = np.argsort(np.argsort(-p, axis=1, kind="stable"), axis=1, kind="stable")
    p = np.where(rank < top, p, 0)
    return np.stack([p[y == t].sum(0) for t in range(k)], axis=1)


def bayes(joint, smoothing):
    source = (joint.sum(1) + smoothing) / (N + S * smoothing)
    votes = joint / N / source[:, None]
    return votes / votes.sum(0)


def rounded(a):
    return np.round(a, 8).tolist()


def main():
    random = np.random.default_rng(20241101)
    means = random.normal(size=(GROUPS, S))
    group = random.permutation(np.arange(N) % GROUPS)
    z = np.round(4 * (1.5 * random.normal(size=(N, S)) + means[group])) / 4
    cases = []
    for k in TARGETS:
        y = group % k
        f = count(z, y, k)
        case = {"targets": k, "labels": y.tolist(), "flm": one_to_one(f), "blm": [], "blm_plus": []}
        for smoothing in LAMBDAS:
            case["blm"].append({"lambda": smoothing, "omega": rounded(bayes(f, smoothing))})
        for i, alpha in enumerate(ALPHAS):
            smoothing = LAMBDAS[i % len(LAMBDAS)]
            top = min(kept(alpha, k), S)
            omega = bayes(mass(z, y, k, top), smoothing)
            case["blm_plus"].append({"lambda": smoothing, "alpha": alpha, "kept": top, "omega": rounded(omega)})
        cases.append(case)
    table = [{"alpha": alpha, "kept": [kept(alpha, k) for k in range(1, 1001)]} for alpha in TABLE_ALPHAS]
    golden = {"samples": N, "sources": S, "logits": z.ravel().tolist(), "cases": cases, "table": table}
    (HERE / "omega.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
