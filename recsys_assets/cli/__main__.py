"""``python -m recsys_assets.cli`` is ``recsys``."""

from recsys_assets.cli import main

main()
