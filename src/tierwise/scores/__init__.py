"""What customers are worth beside their own spend: the value vector.

Direct, referral, influence and strategic value are separate columns and never
summed blindly. Read in this order: `components` (the shape that all share), one
file a component (`direct`, `referral`, `influence`, `strategic`), `accounts`, then
`vector`. The questions beside it: `referred`, `claims`, `retention`, `cohorts`,
`drivers`; they compare groups with `comparison` at the same `tenure`.
"""
