"""What a customer will bring: models of repeat purchase, spend and contracts.

Arrays in, arrays out. Repeat purchase, in this order: `cells` (histories),
`fit` (maximum likelihood), `profile` (truer intervals for small firms),
`bg_nbd`, `mbg_nbd`, `pareto_nbd` (one model a file, the same names in each),
`models` (the three side by side), `posterior` (scores of customers with their
doubt), `simulate` (firms that obey a model).
"""
