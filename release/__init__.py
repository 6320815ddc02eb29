"""Makes what is released: the authorizers' archives for AWS Lambda, what is in them, and their checksums.

Same commit and same compilers, same bytes, in whatever folder and on whatever day: docs/reference/release.md.
"""
