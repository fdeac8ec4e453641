"""Figures of the organisation department's dashboard and the records behind each of them."""
