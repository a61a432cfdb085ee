"""The application and its command line: the only place where the parts meet."""


def main() -> None:
    """Entry point of the command line `luoxuan`."""
