"""Compiling feedback reports: who is addressed, what is counted, how a run stays alive."""
