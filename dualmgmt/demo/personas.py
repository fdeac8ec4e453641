"""One sign-in per persona."""

PERSONAS: tuple = ()
