"""Made-up people and history on real divisions, to try the portal with."""


def is_demo() -> bool:
    return False
