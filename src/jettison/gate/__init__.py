"""The gate: what an image weighs by owner, held against budgets and against a baseline."""
