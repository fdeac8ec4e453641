"""Divisions and organisations from files."""
