"""Learn the weights of the mention gate from marked requests and write ``recsys_assets/corpus/gate_weights.json``.

    python -m scripts.fit_gate --requests DIR/dataset1 DIR/dataset2 --gazetteer DIR/mpd-dev DIR/lastfm-2k

Of several folders only requests that stand in the ``train.bio`` of all of them are learnt from, so that none of their
``test.bio`` is ever seen. What is written holds weights of general clues; no request and no name.
"""

import argparse
import json
from pathlib import Path

from recsys_assets.corpus import gate
from recsys_assets.corpus.gate_training import MarkedText, fit_gate
from recsys_assets.corpus.gazetteer import build_gazetteer
from recsys_assets.evaluation.mentions import TEST, TRAIN, read_bio, read_names

# Lighter clues change no decision that was measured and only lengthen the file.
LEAST_WEIGHT = 0.02


def requests_of(folders: list[Path]) -> list[MarkedText]:
    """Return the requests that all ``train.bio`` share and no ``test.bio`` holds, in the order of the first."""
    first, *others = ([*read_bio(folder / TRAIN)] for folder in folders)
    shared = [{text.text for text in texts} for texts in others]
    judged = {text.text for folder in folders for text in read_bio(folder / TEST)}
    return [text for text in first if text.text not in judged and all(text.text in texts for texts in shared)]


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=Path, nargs="+", required=True, help="folders with train.bio and test.bio")
    parser.add_argument("--gazetteer", type=Path, nargs="+", required=True, help="folders with names")
    parser.add_argument("--out", type=Path, default=Path(gate.__file__).with_name(gate.WEIGHTS_FILE))
    chosen = parser.parse_args()
    requests = requests_of(chosen.requests)
    fitted = fit_gate(requests, build_gazetteer(read_names(chosen.gazetteer)))
    note = (
        f"Log-odds of the clues of recsys_assets/corpus/clues.py. Learnt by scripts/fit_gate.py from {len(requests):,} "
        "requests of MusicRecoNER (Epure and Hennequin, EACL 2023): its groups 3 and 4, none of which stands in the "
        "test files of groups 1 and 2. case=…, quoted and link can not be learnt from requests: set by hand "
        "(recsys_assets/corpus/gate_training.py). No request and no name is in here."
    )
    weights = {
        kind: {clue: weight for clue, weight in sorted(of.items()) if abs(weight) >= LEAST_WEIGHT}
        for kind, of in fitted.weights.items()
    }
    written = {"about": note, "least": dict(fitted.least), "weights": weights}
    chosen.out.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
