"""Where customer value sits: expressions over the canonical tables.

Everything here builds Ibis expressions and executes none. Read in this order:
`windows`, `orders`, `service`, `cost_to_serve`, `summary` (one row a customer),
then one file a question.
"""
