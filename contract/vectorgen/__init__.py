"""Makes, formats and lints the vectors of `contract/vectors/`: inputs with their one right output, for every build.

    .venv/bin/python -m contract.vectorgen make      write the files and give new cases their ids
    .venv/bin/python -m contract.vectorgen lint      say what is wrong, also that `make` would write other files
    .venv/bin/python -m contract.vectorgen format    rewrite the files in their one form
    .venv/bin/python -m contract.vectorgen key NAME ed25519|p256|rsa      make a test key

A family is one module in `families/` (a leading underscore makes it a helper instead):

    from contract.vectorgen.cases import Case

    def cases() -> Iterator[Case]:          # in the order of the files; `Case.group` names the file
        yield Case(
            name="revoked-scope-denies",    # kebab-case, for good: the id is given to the name once
            comment="a scope revoked in the view denies although the token carries it",
            spec={"rfc6750": "3.1"},        # which clause; see SPECS in lint.py
            given={"view": "after-revocation", "token": "writer", "route": "POST /orders"},
            expect={"effect": "deny", "reason": "insufficient_scope"},
            neighbour="granted-scope-allows",      # a case of this family that differs a little and is accepted
        )

    def accepts(expect) -> bool:            # whether an expectation is an acceptance; the others need a neighbour
        return expect["effect"] == "allow"

    def fixtures() -> dict:                 # optional: what cases name instead of repeating, in fixtures.json
        return {"views": {…}}

`make` writes `contract/vectors/<family>/<group>.json`, `fixtures.json` and `ids.json`, which remembers every id ever
given: an id belongs to one name for ever, and a removed case's id is not given again. Expectations are written by hand,
never computed by a build. Bytes are standard base64. Everything is reproducible: `keys.py` signs deterministically with
the private keys of `contract/vectors/testkeys/`, which are public and good for nothing else.
"""
