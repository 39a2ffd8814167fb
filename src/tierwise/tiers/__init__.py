"""Tiers: customers in order of value, cut by a declared rule, held steady, and explained.

Expressions and small arithmetic only. Read in this order: `values` (who is tiered by
what), `rules` and `breaks` (where the cuts are), `chances` (how sure a tier is),
`stability` (who moves), `overrides`, then one file a report. Tiers are numbered
from 1, the best; names are given when an answer is written.
"""
