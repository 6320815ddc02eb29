"""The signed revision log: keys, envelopes, trust, payloads, the chain, archive, history, and where records come from.

`docs/reference/log.md` is the contract that this package reads and writes.
"""
