"""Everything in memory: for tests, for a first try, and as the model of what a store does."""
