"""Source files that must be refused: the text, and every problem expected of it as `code:line:column`."""

from __future__ import annotations

from dataclasses import dataclass

TEAM = "teams/orders/team.yaml"
SCOPES = "policies/scopes/orders.yaml"
CLIENT = "policies/clients/orders/web-shop.yaml"
GATEWAY = "teams/orders/gateways/orders.yaml"
ISSUER = "policies/issuers/workforce.yaml"
ENVIRONMENT = "policies/environments/production.yaml"
TESTS = "teams/orders/tests/orders.yaml"
ROLLOUT = "policies/rollout.yaml"
CONVENTIONS = "policies/conventions.yaml"


@dataclass(frozen=True)
class Malformed:
    """One case. `says` must stand in the first problem's message, `never` in none."""

    name: str
    path: str
    text: str | bytes
    problems: tuple[str, ...]
    says: str = ""
    never: str = ""

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.text if isinstance(self.text, bytes) else self.text.encode()


def case(name: str, path: str, text: str | bytes, *problems: str, says: str = "", never: str = "") -> Malformed:
    """One row of the table."""
    return Malformed(name, path, text, problems, says, never)


_CLIENT = "kind: Client\ndescription: The shop.\n"
_SCOPES = "kind: Scopes\nscopes:\n  orders:read:\n    description: Read.\n    owner: orders\n"
_GATEWAY = """\
kind: Gateway
description: Orders.
api: http
variant: rust
audience: https://api.example.com/orders
backends:
  orders: {lambda: orders-service}
"""
_ROUTES = _GATEWAY + "routes:\n"
_TEAM = """\
kind: Team
description: Orders.
owners: [orders-leads]
contact: orders@example.com
cost_centre: cc-1200
"""
_ISSUER = """\
kind: Issuer
description: Sign-in.
issuer: https://login.example.com/
max_lifetime: 3600
"""
_X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
_POINT = f"kty: EC, crv: P-256, x: {_X}, y: {_X}"
_TESTS = "kind: PolicyTests\nclock: 2026-11-01T12:00:00Z\ncases:\n"
_ENVIRONMENT = """\
kind: Environment
description: What customers use.
order: 2
log: 5b0f7a52-prod
trust: policies/environments/production.trust.json
issuers: [workforce]
"""

BYTES = (
    case("bytes that are not UTF-8", CLIENT, b"kind: Client\ndescription: caf\xe9\n", "GF001:2:17", says="UTF-8"),
    case("UTF-16", CLIENT, "kind: Client\n".encode("utf-16"), "GF001:1:1"),
    case("an overlong slash", CLIENT, b"kind: Client\ndescription: \xc0\xaf\n", "GF001:2:14"),
    case("a surrogate in UTF-8", CLIENT, b"kind: Client\ndescription: \xed\xa0\x80\n", "GF001:2:14"),
    case("a byte order mark", CLIENT, b"\xef\xbb\xbf" + _CLIENT.encode(), "GF001:1:1", says="byte order mark"),
    case("more than 1 MiB", CLIENT, _CLIENT + "#" * (1 << 20), "GF002:0:0", says="1048576"),
    case("nothing at all", CLIENT, "", "GF011:1:1", says="empty"),
    case("only a comment", CLIENT, "# kind: Client\n", "GF011:1:1", says="empty"),
)

CHARACTERS = (
    case(
        "a right-to-left override in a value",
        CLIENT,
        _CLIENT + "issuer: work\u202eforce\n",
        "GF003:3:13",
        says="U+202E",
    ),
    case("a right-to-left isolate in a comment", CLIENT, _CLIENT + "# \u2067 suspended\n", "GF003:3:3", says="U+2067"),
    case("a zero-width space in a name", SCOPES, _SCOPES.replace("orders:read", "orders:\u200bread"), "GF003:3:10"),
    case("a zero-width joiner", CLIENT, "kind: Client\ndescription: a\u200db\n", "GF003:2:15"),
    case("a soft hyphen", CLIENT, "kind: Client\ndescription: a\u00adb\n", "GF003:2:15"),
    case("a no-break space", CLIENT, "kind:\u00a0Client\n", "GF003:1:6"),
    case(
        "a word joiner, and a tag character", CLIENT, "kind: Client\n# \u2060\n# \U000e0041\n", "GF003:2:3", "GF003:3:3"
    ),
    case("a Hangul filler as a name", CLIENT, _CLIENT + "\u3164: x\n", "GF003:3:1"),
    case("a variation selector", CLIENT, "kind: Client\ndescription: a\ufe0f\n", "GF003:2:15"),
    case("a line separator", CLIENT, "kind: Client\ndescription: a\u2028state: active\n", "GF003:2:15"),
    case("a next-line character", CLIENT, "kind: Client\ndescription: a\u0085state: active\n", "GF003:2:15"),
    case("a bare carriage return", CLIENT, "kind: Client\ndescription: a\rstate: active\n", "GF003:2:15"),
    case("an escape character", CLIENT, "kind: Client\n# \x1b[2K\n", "GF003:2:3"),
    case("a NUL", CLIENT, "kind: Client\n\x00\n", "GF003:2:1"),
    case("a DEL", CLIENT, "kind: Client\ndescription: a\x7fb\n", "GF003:2:15"),
    case("a private-use character", CLIENT, "kind: Client\ndescription: \ue000\n", "GF003:2:14"),
    case(
        "an override written as an escape",
        CLIENT,
        'kind: Client\ndescription: "a\\u202eb"\n',
        "GF003:2:14",
        says="U+202E",
    ),
    case("a bell written as an escape", CLIENT, 'kind: Client\ndescription: "\\a"\n', "GF003:2:14"),
)

SYNTAX = (
    case("a colon in a plain value", CLIENT, "kind: Client\ndescription: a: b\n", "GF004:2:15", says="needs quotes"),
    case("a tab as indentation", SCOPES, "kind: Scopes\nscopes:\n\torders:read: {}\n", "GF004:3:1"),
    case("a name without a colon", CLIENT, "kind: Client\ndescription\nstate: active\n", "GF004:2:1"),
    case("an indentation that fits nothing", CLIENT, "kind: Client\n  description: a\n", "GF004:2:14"),
    case("a brace that is never closed", CLIENT, _CLIENT + "scopes: {orders:read: {}\n", "GF004:4:1"),
    case("a quote that is never closed", CLIENT, 'kind: Client\ndescription: "a\n', "GF004:2:14", says="never closed"),
    case("a reserved character", CLIENT, "kind: Client\ndescription: @shop\n", "GF004:2:14"),
    case("an unknown escape", CLIENT, 'kind: Client\ndescription: "\\q"\n', "GF004:2:15"),
    case("a merge conflict", CLIENT, _CLIENT + "<<<<<<< HEAD\nstate: active\n", "GF004:3:1", says="merge conflict"),
    case("a list where the mapping belongs", CLIENT, "- kind: Client\n", "GF011:1:1", says="no mapping"),
    case("text where the mapping belongs", CLIENT, "Client\n", "GF011:1:1"),
)

STRICTNESS = (
    case("a name twice", CLIENT, _CLIENT + "description: Another.\n", "GF005:3:1", says="first on line 2"),
    case(
        "a scope twice, once in quotes",
        CLIENT,
        _CLIENT + 'scopes:\n  orders:read: {until: 2027-01-01T00:00:00Z}\n  "orders:read": {}\n',
        "GF005:5:3",
    ),
    case(
        "names twice in two places",
        CLIENT,
        _CLIENT + "state: a\nstate: b\ndenied:\n- {jti: a, jti: b}\n",
        "GF005:4:1",
        "GF005:6:12",
    ),
    case("an anchor", CLIENT, _CLIENT + "issuer: &i workforce\n", "GF006:3:9", says="`&i`"),
    case("an alias", CLIENT, _CLIENT + "scopes:\n  a: &g {}\n  b: *g\n", "GF006:4:6", "GF006:5:6"),
    case("a merge key", CLIENT, _CLIENT + "<<: {state: active}\n", "GF006:3:1", says="merge key"),
    case(
        "aliases that multiply",
        CLIENT,
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "GF006:1:4",
        "GF006:2:4",
        "GF006:2:8",
        "GF006:2:12",
        "GF006:3:5",
        "GF006:3:9",
    ),
    case("a tag of YAML", CLIENT, "kind: Client\ndescription: !!str 12\n", "GF007:2:14"),
    case("a tag that would make a Python object", CLIENT, "kind: !!python/object/apply:os.system [id]\n", "GF007:1:7"),
    case("the non-specific tag", CLIENT, "kind: ! Client\n", "GF007:1:7"),
    case("a local tag on a mapping", CLIENT, "!client\nkind: Client\n", "GF007:1:1"),
    case("a second document", CLIENT, _CLIENT + "---\n" + _CLIENT, "GF008:3:1", says="second document"),
    case("a directive", CLIENT, "%YAML 1.1\n---\n" + _CLIENT, "GF008:1:1", says="directive"),
    case("nested too deeply in brackets", CLIENT, "kind: " + "[" * 40 + "]" * 40 + "\n", "GF009:1:37"),
    case("nested too deeply by lines", CLIENT, "".join(f"{' ' * n}a:\n" for n in range(40)), "GF009:32:32"),
    case("a million open brackets", CLIENT, "[" * ((1 << 20) - 1), "GF009:1:32"),
    case("a list as a name", CLIENT, _CLIENT + "? [a, b]\n: c\n", "GF010:3:3"),
    case("a mapping as a name", CLIENT, _CLIENT + "? {a: b}\n: c\n", "GF010:3:3"),
)

MEMBERS = (
    case("another kind", CLIENT, "kind: Team\ndescription: x\n", "GF012:1:1", says="`Team`"),
    case("a kind in another case", CLIENT, "kind: client\ndescription: x\n", "GF012:1:1"),
    case("no kind", CLIENT, "description: x\n", "GF012:1:1", says="missing"),
    case("a kind of another type", CLIENT, "kind: [Client]\n", "GF012:1:1"),
    case(
        "an unknown member with a near one",
        CLIENT,
        _CLIENT + "isuer: workforce\n",
        "GF020:3:1",
        says="did you mean `issuer`?",
    ),
    case(
        "an unknown member with none near", CLIENT, _CLIENT + "colour: red\n", "GF020:3:1", says="known are addresses"
    ),
    case(
        "an unknown member further in",
        GATEWAY,
        _ROUTES + "  GET /a:\n    scope: [a]\n",
        "GF020:10:5",
        says="did you mean `scopes`?",
    ),
    case("a nameless member", CLIENT, _CLIENT + '"": x\n', "GF020:3:1", says="no name"),
    case("names of a JavaScript prototype", CLIENT, _CLIENT + "__proto__: {}\n", "GF020:3:1"),
    case("a missing member", CLIENT, "kind: Client\n", "GF021:1:1", says="no `description`"),
    case(
        "missing members further in",
        SCOPES,
        "kind: Scopes\nscopes:\n  a: {risk: low}\n",
        "GF021:3:3",
        "GF021:3:3",
        says="`scopes.a` has no `description`",
    ),
    case("nothing where a list belongs", CLIENT, _CLIENT + "environments:\n", "GF022:3:1", says="is empty"),
    case(
        "text where a list belongs",
        CLIENT,
        _CLIENT + "environments: production\n",
        "GF022:3:1",
        says="text, not a list",
    ),
    case(
        "a list where a mapping belongs",
        CLIENT,
        _CLIENT + "scopes: [orders:read]\n",
        "GF022:3:1",
        says="a list, not a mapping",
    ),
    case("nothing where a grant belongs", CLIENT, _CLIENT + "scopes:\n  orders:read:\n", "GF022:4:3", says="is empty"),
    case("an octal number", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 010\n", "GF022:7:1", says="`010`"),
    case("a number in hexadecimal", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 0x10\n", "GF022:7:1"),
    case("a number with a fraction", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 1.0\n", "GF022:7:1"),
    case("a number with separators", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 1_000\n", "GF022:7:1"),
    case("a number in base sixty", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 1:30\n", "GF022:7:1"),
    case("a number in other digits", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: \u0661\u0660\n", "GF022:7:1"),
    case("a huge number", ENVIRONMENT, _ENVIRONMENT + f"revocation_slo: {'9' * 400}\n", "GF022:7:1"),
    case("a duration with its unit", ENVIRONMENT, _ENVIRONMENT + "revocation_slo: 10s\n", "GF022:7:1"),
    case(
        "yes where true belongs", GATEWAY, _ROUTES + "  GET /a: {public: yes}\n", "GF022:9:12", says="`yes`, not `true`"
    ),
    case("TRUE where true belongs", GATEWAY, _ROUTES + "  GET /a: {public: TRUE}\n", "GF022:9:12"),
    case(
        "false where only true can be",
        GATEWAY,
        _ROUTES + "  GET /a: {public: false}\n",
        "GF024:9:12",
        says="write `true`",
    ),
    case(
        "a mapping where an audience belongs",
        GATEWAY,
        _ROUTES.replace("https://api.example.com/orders", "{a: b}") + "  GET /a: {public: true}\n",
        "GF022:5:1",
    ),
)

VALUES = (
    case("an empty description", CLIENT, 'kind: Client\ndescription: ""\n', "GF023:2:1", says="is empty"),
    case("a name with an underscore", CLIENT, _CLIENT + "issuer: work_force\n", "GF023:3:1", says="lowercase letters"),
    case(
        "a Cyrillic letter in a scope",
        CLIENT,
        _CLIENT + "scopes:\n  \u043erders:read: {}\n",
        "GF023:4:3",
        says="\\u043erders",
    ),
    case("a scope with a space", CLIENT, _CLIENT + "scopes:\n  orders read: {}\n", "GF023:4:3"),
    case("a trailing line break in a name", CLIENT, _CLIENT + "issuer: |\n  workforce\n", "GF023:3:1"),
    case(
        "a local time",
        CLIENT,
        _CLIENT + "tokens_not_before: 2026-10-01T00:00:00+02:00\n",
        "GF023:3:1",
        says="2026-12-31T00:00:00Z",
    ),
    case("a date without a time", CLIENT, _CLIENT + "scopes:\n  a: {until: 2027-03-31}\n", "GF023:4:7"),
    case("a month that does not exist", CLIENT, _CLIENT + "tokens_not_before: 2026-13-01T00:00:00Z\n", "GF023:3:1"),
    case("a leap second", CLIENT, _CLIENT + "tokens_not_before: 2026-12-31T23:59:60Z\n", "GF023:3:1"),
    case(
        "a route key in lowercase",
        GATEWAY,
        _ROUTES + "  get /a: {public: true}\n",
        "GF023:9:3",
        says="method in capitals",
    ),
    case("a route key without a slash", GATEWAY, _ROUTES + "  GET a: {public: true}\n", "GF023:9:3"),
    case(
        "an account id in eleven digits",
        TEAM,
        _TEAM + "accounts:\n  staging: {account: 11112222333, region: eu-west-1}\n",
        "GF023:7:13",
        says="12 digits",
    ),
    case(
        "an API key in place of its digest",
        CLIENT,
        _CLIENT + "api_keys:\n  k1: {sha256: k1.s3cr3t, expires: 2027-01-01T00:00:00Z}\n",
        "GF023:4:8",
        says="never the key itself",
        never="s3cr3t",
    ),
    case(
        "an API key in place of its id",
        CLIENT,
        _CLIENT + "api_keys:\n  k1.s3cr3t: {sha256: ab, expires: 2027-01-01T00:00:00Z}\n",
        "GF023:4:3",
        "GF023:4:15",
        never="s3cr3t",
    ),
    case(
        "a certificate by its SHA-1",
        CLIENT,
        _CLIENT + "certificates:\n  oQ3Wq1F2hJ8n4m6Yz0aB1cD2eF3: {}\n",
        "GF023:4:3",
        says="x5t#S256",
    ),
    case(
        "a trust document outside of the repository",
        ENVIRONMENT,
        _ENVIRONMENT.replace("policies/environments/", "../") + "revocation_slo: 10\n",
        "GF023:5:1",
    ),
    case("an unknown risk", SCOPES, _SCOPES + "    risk: hihg\n", "GF024:6:5", says="did you mean `high`?"),
    case(
        "a symmetric algorithm",
        ISSUER,
        _ISSUER + f"keys:\n  a: {{alg: HS256, state: active, jwk: {{{_POINT}}}}}\n",
        "GF024:6:7",
        says="HS256",
    ),
    case(
        "no algorithm",
        ISSUER,
        _ISSUER + f"keys:\n  a: {{alg: none, state: active, jwk: {{{_POINT}}}}}\n",
        "GF024:6:7",
    ),
    case(
        "an unknown reason",
        TESTS,
        _TESTS + "- {gateway: orders, client: a, route: GET /a, expect: insuficient_scope}\n",
        "GF024:4:47",
        says="did you mean `insufficient_scope`?",
    ),
    case(
        "a field that would log a token",
        CONVENTIONS,
        "kind: Conventions\nlog_fields: [token]\n",
        *["GF021:1:1"] * 8,
        "GF024:2:14",
    ),
    case(
        "a clock skew above a minute",
        ISSUER,
        _ISSUER + f"clock_skew: 61\nkeys:\n  a: {{alg: ES256, state: active, jwk: {{{_POINT}}}}}\n",
        "GF025:5:1",
        says="from 0 to 60",
    ),
    case("a negative duration", GATEWAY, _GATEWAY + "result_ttl: -1\nroutes:\n  GET /a: {public: true}\n", "GF025:8:1"),
    case("no route at all", GATEWAY, _GATEWAY + "routes: {}\n", "GF025:8:1", says="holds nothing"),
    case("no owner at all", TEAM, _TEAM.replace("[orders-leads]", "[]") + "accounts: {}\n", "GF025:3:1"),
    case(
        "more than 1,000 denied tokens",
        CLIENT,
        _CLIENT + "denied:\n" + "".join(f"- {{jti: a{n}, until: 2027-01-01T00:00:00Z}}\n" for n in range(1001)),
        "GF025:3:1",
        says="more than 1000",
    ),
    case(
        "a description of a thousand characters",
        CLIENT,
        f"kind: Client\ndescription: {'a' * 1000}\n",
        "GF025:2:1",
        says="longer than 500",
    ),
    case(
        "a scope asked for twice",
        GATEWAY,
        _ROUTES + "  GET /a: {scopes: [a, b, a]}\n",
        "GF026:9:27",
        says="first as number 1",
    ),
    case(
        "a claim that looks like a number",
        GATEWAY,
        _ROUTES + "  GET /a: {scopes: [a], claims: {tier: 3}}\n",
        "GF023:9:34",
        says="{integer: 3}",
    ),
    case(
        "a claim that looks like a boolean",
        GATEWAY,
        _ROUTES + "  GET /a: {scopes: [a], claims: {mfa: true}}\n",
        "GF023:9:34",
    ),
    case(
        "a claim of two types",
        GATEWAY,
        _ROUTES + "  GET /a: {scopes: [a], claims: {tier: {text: a, integer: 3}}}\n",
        "GF025:9:34",
    ),
    case(
        "an integer claim that is none",
        GATEWAY,
        _ROUTES + "  GET /a: {scopes: [a], claims: {tier: {integer: three}}}\n",
        "GF022:9:41",
    ),
    case(
        "a private key",
        ISSUER,
        _ISSUER + f"keys:\n  a:\n    alg: ES256\n    state: active\n    jwk: {{{_POINT}, d: c2VjcmV0LWQ}}\n",
        "GF031:9:128",
        says="private or secret",
        never="c2VjcmV0LWQ",
    ),
    case(
        "a symmetric key",
        ISSUER,
        _ISSUER + "keys:\n  a: {alg: ES256, state: active, jwk: {kty: oct, k: c2VjcmV0LWs}}\n",
        "GF024:6:40",
        "GF031:6:50",
        never="c2VjcmV0LWs",
    ),
    case(
        "a private key as PEM text",
        ISSUER,
        _ISSUER + "keys:\n  a: {alg: ES256, state: active, jwk: c2VjcmV0LXBlbQ}\n",
        "GF022:6:34",
        never="c2VjcmV0LXBlbQ",
    ),
)

CASES = BYTES + CHARACTERS + SYNTAX + STRICTNESS + MEMBERS + VALUES
