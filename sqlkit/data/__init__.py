"""Pairs: from sources and schemas to verified training data."""
