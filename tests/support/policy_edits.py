"""A policy repository that grows and breaks: random edits of every kind of file, each small, some of them wrong.

Files are data here, written as JSON, which is YAML; a text stands for itself (a README, something malformed).
"""

from __future__ import annotations

import copy
import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.policies import ORDERS, POLICIES, SHOP, THUMBPRINT

from gatefleet.source.strict_yaml import read_yaml

Files = dict[str, Any]

_TEAMS = ("orders", "payments", "stock")
_SCOPES = (
    "orders:read",
    "orders:write",
    "orders:cancel",
    "payments:read",
    "payments:refund",
    "stock:count",
    "stock:gone",
)
_ENVIRONMENTS = ("staging", "production")
_PAST, _FUTURE, _FAR = "2025-01-31T00:00:00Z", "2026-12-01T00:00:00Z", "2029-01-31T00:00:00Z"


def beginning() -> Files:
    """The small repository, with a third team and more clients, so that most edits touch a part of it."""
    files: Files = {}
    for path, text in POLICIES.items():
        data, problems = read_yaml(path, text.encode())
        assert data is not None, problems
        files[path] = data
    files["teams/stock/team.yaml"] = files["teams/orders/team.yaml"] | {"description": "Stock."}
    files["policies/scopes/stock.yaml"] = {
        "kind": "Scopes",
        "scopes": {name: {"description": "Stock.", "owner": "stock", "risk": "low"} for name in ("stock:count",)},
    }
    for team in _TEAMS:
        for number in range(4):
            files[f"policies/clients/{team}/{team}-{number}.yaml"] = _client(team, number)
    files["policies/clients/stock/stock-3.yaml"]["scopes"] = {"stock:count": {"until": _FUTURE}}
    return files


def edit(files: Files, randomness: random.Random) -> Files:
    """The files after one edit, whatever it makes of them."""
    changed = copy.deepcopy(files)
    kinds, weights = zip(*_EDITS, strict=True)
    for _ in range(randomness.choice((1, 1, 1, 2, 3))):
        randomness.choices(kinds, weights)[0](changed, randomness)
    return changed


def text_of(data: Any) -> str:
    """The text of a file."""
    return data if isinstance(data, str) else json.dumps(data, indent=1)


def commit_all(folder: Path, versions: list[Files]) -> list[str]:
    """A git repository with one commit for each version, in order; returns the commits' ids."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    marks = folder / ".git" / "marks"
    command = ["git", "-C", str(folder), "fast-import", "--quiet", f"--export-marks={marks}"]
    subprocess.run(command, input=b"".join(_imported(versions)), check=True)
    ids = dict(line.split() for line in marks.read_text().splitlines())
    return [ids[f":{number}"] for number, _ in enumerate(versions, 1)]


def _imported(versions: list[Files]) -> Iterator[bytes]:
    for number, files in enumerate(versions, 1):
        yield f"commit refs/heads/main\nmark :{number}\ncommitter a <a@example.com> {number} +0000\ndata 0\n".encode()
        yield b"deleteall\n"
        for path, data in files.items():
            content = text_of(data).encode()
            mode = "120000" if path.endswith("link.yaml") else "100644"
            yield f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


# --- edits ------------------------------------------------------------------------------------------------------------


def _client(team: str, number: int) -> dict[str, Any]:
    return {
        "kind": "Client",
        "description": f"Number {number}.",
        "issuer": "workforce",
        "scopes": {f"{team}:{'count' if team == 'stock' else 'read'}": {}},
        "api_keys": {f"{team}-{number}-a": {"sha256": f"{_TEAMS.index(team)}{number}" * 32, "expires": _FAR}},
    }


def _one(files: Files, randomness: random.Random, folder: str, kind: str = "") -> Any:
    """A file of that folder; a new empty one where none is left, which is a problem of its own."""
    paths = sorted(p for p in files if p.startswith(folder) and kind in p and isinstance(files[p], dict))
    return files[randomness.choice(paths)] if paths else {}


def _edit_client(files: Files, randomness: random.Random) -> None:
    client = _one(files, randomness, "policies/clients/")
    scopes = client.setdefault("scopes", {})
    match randomness.choice((*range(12), 6, 7)):
        case 0:
            client["state"] = randomness.choice(("active", "suspended"))
        case 1 | 2:
            scopes[randomness.choice(_SCOPES)] = {}
        case 3 if len(scopes) > 1:
            scopes.popitem()
        case 4:
            scopes["orders:read"] = {"until": randomness.choice((_PAST, _FUTURE, _FAR, _FAR))}
        case 5:
            client["issuer"] = randomness.choice(("workforce", "workforce", "partners", "nobody"))
        case 6:
            key = randomness.choice(("key-1", "orders-1-a", "stock-2-a", "carrier-1"))
            client.setdefault("api_keys", {})[key] = {"sha256": f"{randomness.randrange(16, 40)}" * 32, "expires": _FAR}
        case 7:
            client.setdefault("certificates", {})[randomness.choice((THUMBPRINT, "A" * 43, "B" * 42 + "A"))] = {}
        case 8:
            client["tokens_not_before"] = randomness.choice((_PAST, _PAST, _FUTURE))
        case 9:
            client["environments"] = randomness.choice(
                (["staging"], ["production"], ["staging", "production"], ["moon"])
            )
        case 10:
            client["addresses"] = randomness.choice((["192.0.2.0/24"], ["0.0.0.0/0"], ["192.0.2.1/24"]))
        case 11:
            for member in ("api_keys", "certificates", "tokens_not_before", "environments"):
                client.pop(member, None)


def _add_client(files: Files, randomness: random.Random) -> None:
    team, number = randomness.choice((*_TEAMS, "ghosts")), randomness.randrange(9)
    name = f"{randomness.choice(_TEAMS)}-{number}"
    data = _client("orders", number)
    data["api_keys"] = {f"{name}-{team}": {"sha256": f"{number:x}{team[0].encode().hex()[1]}" * 32, "expires": _FAR}}
    files[f"policies/clients/{team}/{name}.yaml"] = data


def _edit_scopes(files: Files, randomness: random.Random) -> None:
    scopes = _one(files, randomness, "policies/scopes/").setdefault("scopes", {})
    name = randomness.choice(_SCOPES)
    match randomness.randrange(6):
        case 0:
            scopes.pop(name, None)
        case 1 | 2:
            scopes.setdefault(name, {"description": "A scope.", "owner": randomness.choice(_TEAMS), "risk": "low"})
        case _ if scopes:
            one = scopes[randomness.choice(sorted(scopes))]
            member, words = randomness.choice(
                (("state", ("active", "revoked")), ("risk", ("low", "high")), ("owner", (*_TEAMS, "ghosts")))
            )
            one[member] = randomness.choice(words)


def _edit_team(files: Files, randomness: random.Random) -> None:
    accounts = _one(files, randomness, "teams/", "team.yaml").setdefault("accounts", {})
    environment = randomness.choice((*_ENVIRONMENTS, "moon"))
    if environment in accounts and len(accounts) > 1:
        del accounts[environment]
    else:
        accounts[environment] = {"account": "011122223333", "region": "eu-west-1"}


def _edit_gateway(files: Files, randomness: random.Random) -> None:
    gateway = _one(files, randomness, "teams/", "/gateways/")
    routes, overlays = gateway.setdefault("routes", {}), gateway.setdefault("environments", {})
    match randomness.randrange(10):
        case 0 | 1:
            scopes = randomness.sample(_SCOPES, randomness.choice((1, 1, 2)))
            backend = sorted(gateway.get("backends", {"orders": {}}))[0]
            routes[f"GET /made/{randomness.randrange(5)}"] = {"scopes": scopes, "backend": backend}
        case 2 if len(routes) > 1:
            routes.popitem()
        case 3:
            gateway["domain"] = randomness.choice(("orders.example.com", "payments.example.com", "x.example.com"))
        case 4:
            gateway["audience"] = f"https://api.example.com/{randomness.choice(('orders', 'payments', 'other'))}"
        case 5:
            overlays[randomness.choice((*_ENVIRONMENTS, "moon"))] = {
                "audience": f"https://api.example.com/{randomness.choice(('orders', 'payments', 'other', 'more'))}",
                "domain": f"{randomness.randrange(3)}.example.com",
            }
        case 6:
            gateway["policy"] = randomness.choice(("follow", "floor_only"))
        case 7:
            gateway["result_ttl"] = randomness.choice((0, 5, 8, 50))
        case 8:
            overlays.setdefault("production", {})["enabled"] = randomness.choice((True, False))
        case 9:
            overlays.clear()


def _add_gateway(files: Files, randomness: random.Random) -> None:
    team, name = randomness.choice((*_TEAMS, "ghosts")), f"made-{randomness.randrange(3)}"
    files[f"teams/{team}/gateways/{name}.yaml"] = {
        "kind": "Gateway",
        "description": "Made.",
        "api": "http",
        "variant": "rust",
        "audience": f"https://api.example.com/{team}/{name}",
        "backends": {"one": {"lambda": "one"}},
        "routes": {"GET /one": {"scopes": [f"{team}:read" if team in ("orders", "payments") else "stock:count"]}},
        "environments": {"staging": {"audience": f"https://staging.example.com/{team}/{name}"}},
    }


def _edit_tests(files: Files, randomness: random.Random) -> None:
    team = randomness.choice(_TEAMS)
    tests = files.setdefault(
        f"teams/{team}/tests/made.yaml", {"kind": "PolicyTests", "clock": "2026-11-01T12:00:00Z", "cases": []}
    )
    if isinstance(tests, dict):
        tests.setdefault("cases", []).append(
            {
                "gateway": randomness.choice(("orders", "payments", "made-0")),
                "client": randomness.choice(("shop", "orders-1", "stock-2", "bank", "nobody")),
                "route": randomness.choice(("GET /orders", "GET /one", "GET /nowhere")),
                "expect": "allow",
            }
        )


def _edit_rollout(files: Files, randomness: random.Random) -> None:
    wave = {"gateways": [randomness.choice(("orders/orders", "payments/payments", "stock/made-0"))]}
    files["policies/rollout.yaml"]["waves"][0].update(wave)


def _edit_frame(files: Files, randomness: random.Random) -> None:
    match randomness.randrange(4):
        case 0:
            files["policies/conventions.yaml"]["deny_after"] = randomness.choice((30, 60, 90))
        case 1:
            files["policies/conventions.yaml"]["blast_limit"]["client"] = randomness.choice((20, 101, 200))
        case 2:
            files["policies/environments/staging.yaml"]["issuers"] = randomness.choice(
                (["workforce"], ["partners", "workforce"])
            )
        case 3:
            files["policies/issuers/partners.yaml"]["max_lifetime"] = randomness.choice((600, 900))


def _remove(files: Files, randomness: random.Random) -> None:
    files.pop(randomness.choice(sorted(files)))
    for needed in ("policies/conventions.yaml", "policies/rollout.yaml", "policies/environments/staging.yaml"):
        files.setdefault(needed, _BEGINNING[needed])
    files.setdefault("policies/issuers/partners.yaml", _BEGINNING["policies/issuers/partners.yaml"])


def _remove_named(files: Files, randomness: random.Random) -> None:
    """Remove what tests and the rollout name."""
    files.pop(randomness.choice((SHOP, ORDERS)), None)


def _rename(files: Files, randomness: random.Random) -> None:
    path = randomness.choice(sorted(p for p in files if "/clients/" in p or "/gateways/" in p) or sorted(files))
    other = path.replace(".yaml", "-b.yaml") if randomness.random() < 0.6 else path.replace("/orders/", "/stock/", 1)
    files[other] = files.pop(path)


def _stray(files: Files, randomness: random.Random) -> None:
    path, text = randomness.choice(
        (
            ("teams/README.md", f"{randomness.random()}"),
            ("policies/clients/orders/notes.txt", "nothing"),
            ("policies/clients/stray.yaml", "kind: Client\n"),
            ("teams/orders/link.yaml", "team.yaml"),
            ("policies/clients/orders/broken.yaml", "kind: [\n"),
            ("policies/clients/orders/orders-1.yaml", "kind: Client\ncolour: red\n"),
        )
    )
    files[path] = text


def _mend(files: Files, _randomness: random.Random) -> None:
    """Back to the beginning, as a revert would."""
    files.clear()
    files.update(copy.deepcopy(_BEGINNING))


_BEGINNING = beginning()
_EDITS: list[tuple[Callable[[Files, random.Random], None], float]] = [
    (_edit_client, 10),
    (_add_client, 3),
    (_edit_scopes, 4),
    (_edit_team, 2),
    (_edit_gateway, 6),
    (_add_gateway, 2),
    (_edit_tests, 3),
    (_edit_rollout, 1),
    (_edit_frame, 1),
    (_remove, 1.5),
    (_remove_named, 2),
    (_rename, 1.5),
    (_stray, 1),
    (_mend, 1),
]
