"""``python -m scrapers.extract``: saved pages in, their articles out; how the page object is judged from outside.

Reads JSON Lines ``{"key", "url", "path"}`` from the input (``path`` may be packed with gzip) and writes ``{"key", "title",
"body_text", "reason"}`` for each, in the same order.
"""

import gzip
import json
import sys
from pathlib import Path

from scrapers.pages.article import ArticlePage


def main() -> int:
    """Read requests until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        body = Path(request["path"]).read_bytes()
        if request["path"].endswith(".gz"):
            body = gzip.decompress(body)
        found = ArticlePage(url=request["url"], body=body).read(heed_robots=False)
        answer = {
            "key": request["key"],
            "title": found.title,
            "body_text": found.body_text,
            "reason": found.reason or found.refused,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
