"""Delivery: from a command to a commit, from a commit to the gateway, and back.

Each flow is written once, as a generator of steps; `loops` drives it, sync or async.
"""
