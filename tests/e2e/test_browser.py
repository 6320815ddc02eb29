"""A real browser, on a page of another origin, calls gateways of both kinds: preflight, answer, error, refusal."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.adapters import tool
from tests.support.gateways import Told, an_api

from gatefleet.contract.entities import ApiKind
from gatefleet.local.gateways import Gateways
from gatefleet.local.runtime_api import Answer
from gatefleet.model.types import Cors

PAGE = """<!doctype html><pre id=out>waiting</pre><script>
const ask = async (path, method, token) => {
  try {
    const headers = token ? {authorization: `Bearer ${token}`} : {};
    const got = await fetch(ADDRESS + path, {method, headers});
    return [got.status, await got.text()];
  } catch (error) {
    return ["refused", ""];
  }
};
(async () => {
  const said = {
    allowed: await ask("/orders", "GET", "good"),
    denied: await ask("/orders", "GET", "bad"),
    missing: await ask("/orders", "GET", ""),
    method: await ask("/orders", "DELETE", "good"),
  };
  document.getElementById("out").textContent = JSON.stringify(said);
})();
</script>"""


def answer(event: Any) -> Answer:
    headers = {name.lower(): value for name, value in event["headers"].items()}
    allowed = headers.get("authorization") == "Bearer good"
    statement = {"Effect": "Allow" if allowed else "Deny", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = {"principalId": "shop", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    context = {} if allowed else {"reason": "insufficient_scope"}
    return Answer("r", json.dumps({"isAuthorized": allowed, **policy, "context": context}).encode(), 0.0)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder of pages, and the origin they come from."""
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def shown(folder: Path, origin: str, address: str) -> dict[str, tuple[Any, str]]:
    """What the page says once it is done."""
    (folder / "page.html").write_text(PAGE.replace("ADDRESS", json.dumps(address)))
    chromium = tool("chromium", "install Chromium (Debian: chromium)")
    done = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=60000", "--dump-dom", f"{origin}/page.html",
        ],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    found = re.search(r"<pre id=\"out\">(.*?)</pre>", done.stdout, re.DOTALL)
    assert found is not None, done.stderr[-2000:]
    said = json.loads(unescape(found[1]))
    return {name: (status, body) for name, (status, body) in said.items()}


@pytest.mark.parametrize("kind", ApiKind)
@pytest.mark.parametrize("mine", [True, False], ids=["of an origin that may call", "of another origin"])
def test_a_page_gets_what_its_origin_may_have(pages: tuple[Path, str], kind: ApiKind, mine: bool) -> None:
    folder, origin = pages
    cors = Cors((origin if mine else "https://shop.example.com",), ("GET",), ("authorization",), 60)
    api = an_api(
        kind,
        "GET /orders",
        "DELETE /orders",
        cors=cors,
        identity=("$request.header.Authorization" if kind is ApiKind.HTTP else "method.request.header.Authorization",),
    )
    gateways = Gateways({api.gateway: api}, {api.gateway: Told(answer)})
    gateways.start()
    try:
        said = shown(folder, origin, gateways.addresses[api.gateway])
    finally:
        gateways.stop()
    statuses = {name: status for name, (status, _) in said.items()}
    if not mine:
        assert set(statuses.values()) == {"refused"}
        return
    # Answers that API Gateway makes itself can be read only where it is a REST API; a REST back end says CORS itself.
    rest = kind is ApiKind.REST
    assert statuses == {
        "allowed": "refused" if rest else 200,
        "denied": 403 if rest else "refused",
        "missing": 401 if rest else "refused",
        "method": "refused",
    }
    if rest:
        assert json.loads(said["denied"][1])["reason"] == "insufficient_scope"
    else:
        assert json.loads(said["allowed"][1])["route"] == "GET /orders"
