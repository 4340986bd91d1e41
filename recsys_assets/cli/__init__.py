"""``recsys``: the command line for people. It reads arguments, calls the pure packages, shows what they return.

``app`` puts the commands together, ``edge`` turns failures into one line and an exit code, ``show`` writes to the
terminal or to programs. Runs of the graph are Dagster's. Heavy libraries are imported inside commands, so that
``recsys --help`` answers in half a second.
"""


def main() -> None:
    """Run ``recsys``; the console script."""
    from recsys_assets.cli.app import app

    app()
