"""Proof that two queries are equal: algebra (what a query says), terms and build (from SQL), simplify, render (one text)."""
