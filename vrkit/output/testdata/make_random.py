"""Golden values for vrkit/output/golden_test.go: what is drawn from a seed, restated in Python.

    python3 vrkit/output/testdata/make_random.py

writes random.json beside itself: permutations, of which RLM takes the first K entries, and a linear
layer's initial weights and bias. The generator is PCG-DXSM, 128 bits of state: O'Neill's, with the
multiplier and the increment of PCG64, the state starting as the 64 bits of the seed above the 64 bits of
a stream. An index below n is the high half of n times 64 bits; the permutation is Fisher and Yates's.
"""

import json
from math import sqrt
from pathlib import Path

HERE = Path(__file__).parent
BITS64, BITS128 = (1 << 64) - 1, (1 << 128) - 1
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
INCREMENT = 0x5851F42D4C957F2D14057B7EF767814F
CHEAP = 0xDA942042E4DD58B5
RLM, WEIGHTS, BIAS = 0x524C4D, 0x4C494E, 0x4C494F  # the streams


def pcg(seed, stream):
    state = seed << 64 | stream
    while True:
        state = (state * MULTIPLIER + INCREMENT) & BITS128
        high, low = state >> 64, state & BITS64
        high ^= high >> 32
        high = high * CHEAP & BITS64
        high ^= high >> 48
        yield high * (low | 1) & BITS64


def below(n, draws):
    """An integer from 0 to n-1. A draw must be rejected to be fair only once in 2^64/n."""
    draw = next(draws)
    if n & (n - 1) == 0:
        return draw & (n - 1)
    assert draw * n & BITS64 >= n, "unfair: take another seed"
    return draw * n >> 64


def permutation(n, draws):
    p = list(range(n))
    for i in range(n - 1, 0, -1):
        j = below(i + 1, draws)
        p[i], p[j] = p[j], p[i]
    return p


def uniform(n, bound, draws):
    """Between -bound and bound, from 53 bits each."""
    return [(2 * ((next(draws) & ((1 << 53) - 1)) / (1 << 53)) - 1) * bound for _ in range(n)]


def main():
    golden = {
        "permutations": [
            {"seed": seed, "sources": s, "order": permutation(s, pcg(seed, RLM))}
            for seed, s in [(0, 12), (7, 12), (0, 16), (42, 1000), (1 << 53, 30)]
        ],
        "linear": [
            {
                "seed": seed,
                "sources": s,
                "targets": k,
                "weights": uniform(s * k, 1 / sqrt(s), pcg(seed, WEIGHTS)),
                "bias": uniform(k, 1 / sqrt(s), pcg(seed, BIAS)),
            }
            for seed, s, k in [(0, 9, 4), (3, 12, 5)]
        ],
    }
    (HERE / "random.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
