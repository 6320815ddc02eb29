"""Step 4: paths that a lenient reader takes for another route."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import (
    bearer,
    claims,
    token,
)

ADMIN = f"Bearer {token(body=claims(client_id='admin', scope='orders:admin orders:read'))}"


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_every_path, _catch_all_paths, _shadows, _fitting):
        yield from group()


def _every_path() -> Iterator[Case]:
    group, route = "paths", "GET /orders/{id}"
    spec = {"decision": "4 path", "rfc3986": "5.2.4"}
    ok = partial(allowed, route=route, group=group, spec=spec)
    for name, comment, path in (
        ("parameter", "a plain parameter fits its template", "/orders/5"),
        ("parameter-encoded-slash", "a parameter may hold an encoded slash", "/orders/a%2Fb"),
        ("parameter-semicolon", "a parameter may hold a semicolon", "/orders/a;b"),
        ("parameter-dots", "a parameter may begin or end with dots", "/orders/..a"),
        ("parameter-three-dots", "three dots are a name", "/orders/..."),
        ("parameter-unicode", "a parameter may hold letters outside ASCII, encoded or not", "/orders/%C3%A9\u00e9"),
        ("parameter-percent", "a percent sign that encodes nothing is a percent sign", "/orders/100%"),
        ("parameter-trailing-slash", "one trailing slash fits the template", "/orders/5/"),
    ):
        yield ok(name, comment, http_event(route, authorization=bearer(), path=path))
    no = partial(
        denied, step="path", reason="path_not_allowed", route=route, neighbour="parameter", group=group, spec=spec
    )
    for name, comment, path in (
        ("dot-dot", "a parameter of two dots leads to another route", "/orders/.."),
        ("dot", "a parameter of one dot leads to another route", "/orders/."),
        ("encoded-dot-dot", "encoded dots are dots", "/orders/%2e%2E"),
        ("half-encoded-dot-dot", "one encoded dot and one plain one", "/orders/.%2e"),
        (
            "dot-dot-behind-encoded-slash",
            "an encoded slash and dots climb out of a parameter",
            "/orders/x%2f..%2fadmin",
        ),
        ("dot-dot-behind-backslash", "some readers take a backslash for a slash", "/orders/x\\..\\admin"),
        ("dot-dot-behind-encoded-backslash", "an encoded backslash and dots", "/orders/x%5C..%5Cadmin"),
        ("dot-dot-semicolon", "path parameters behind dots are cut by some servers", "/orders/..;x"),
        ("nul", "an encoded NUL ends the path in some readers", "/orders/5%00"),
        ("plain-nul", "a decoded NUL ends the path in some readers", "/orders/5\0"),
        ("line-feed", "an encoded line feed", "/orders/5%0a"),
        ("delete-character", "an encoded DEL is a control character", "/orders/5%7F"),
        ("next-line", "a control character of ISO 8859", "/orders/5%C2%85"),
        ("bad-utf8", "bytes that are no UTF-8 are read in several ways", "/orders/%ff"),
        ("overlong-slash", "an overlong slash is no UTF-8", "/orders/x%c0%af..%c0%afadmin"),
        ("overlong-dots", "overlong dots are no UTF-8", "/orders/%c0%ae%c0%ae"),
        ("encoded-surrogate", "an encoded surrogate is no UTF-8", "/orders/%ed%a0%80"),
    ):
        yield no(name, comment, http_event(route, authorization=bearer(), path=path))
    yield no(
        "parameter-value-dots",
        "a path parameter's value is looked at like the path",
        http_event(route, authorization=bearer(), path="/orders/5", parameters={"id": "x/../admin"}),
    )
    yield denied(
        "rest-dot-dot",
        "a REST API shows the path as sent",
        rest_event(authorization=bearer(), path="/orders/%2e%2e"),
        "path",
        "path_not_allowed",
        route=route,
        neighbour="rest-event",
        group=group,
        spec=spec,
        view="rest",
    )


def _catch_all_paths() -> Iterator[Case]:
    group, route = "catch-all-paths", "ANY /files/{proxy+}"
    spec = {"decision": "4 path", "rfc3986": "2.4"}
    ok = partial(allowed, route=route, group=group, spec=spec)
    for name, comment, path in (
        ("greedy", "a plain path below a greedy route", "/files/a/b.txt"),
        ("greedy-trailing-slash", "a trailing slash names a folder", "/files/a/"),
        ("greedy-encoded-space", "an encoded space is no danger", "/files/a%20b"),
        ("greedy-unicode", "letters outside ASCII, encoded or not", "/files/%C3%A9\u00e9"),
        ("greedy-hash", "an encoded hash in a name", "/files/c%23/notes"),
        ("greedy-dots-in-name", "dots inside a name climb nowhere", "/files/a..b/.hidden/v1."),
        ("greedy-percent", "a percent sign that encodes nothing", "/files/100%25"),
    ):
        yield ok(name, comment, http_event(route, authorization=bearer(), path=path))
    no = partial(
        denied, step="path", reason="path_not_allowed", route=route, neighbour="greedy", group=group, spec=spec
    )
    for name, comment, path in (
        ("greedy-dot-dot", "dots climb out of a greedy route", "/files/../orders"),
        ("greedy-dot-dot-at-end", "dots at the end climb too", "/files/a/.."),
        ("greedy-encoded-dots", "encoded dots climb too", "/files/%2e%2e/orders"),
        ("greedy-encoded-slash", "an encoded slash is one segment here and two there", "/files/a%2Fb"),
        ("greedy-encoded-slash-lower", "an encoded slash in small letters", "/files/a%2fb"),
        ("greedy-backslash", "a backslash is a slash to some", "/files/a\\b"),
        ("greedy-encoded-backslash", "an encoded backslash is a slash to some", "/files/a%5cb"),
        ("greedy-semicolon", "a semicolon begins path parameters to some", "/files/a;x=1/b"),
        ("greedy-encoded-semicolon", "an encoded semicolon begins path parameters to some", "/files/a%3Bb"),
        ("greedy-double-slash", "a doubled slash is one slash to some", "/files//a"),
        ("greedy-leading-double-slash", "two slashes in front begin a host name to some", "//files/a"),
        ("greedy-double-slash-at-end", "a doubled slash at the end", "/files/a//"),
        ("greedy-encoded-twice", "a slash encoded twice becomes one behind two decoders", "/files/a%252fb"),
        ("greedy-dots-encoded-twice", "dots encoded twice climb behind two decoders", "/files/%252e%252e/orders"),
        ("greedy-nul", "a NUL in a greedy path", "/files/a%00b"),
        ("greedy-tab", "a tab in a greedy path", "/files/a%09b"),
        ("greedy-bad-utf8", "bytes that are no UTF-8", "/files/%80"),
        ("greedy-fullwidth-dots", "fullwidth full stops become dots under NFKC", "/files/\uff0e\uff0e/orders"),
        ("greedy-fullwidth-slash", "a fullwidth slash becomes a slash under NFKC", "/files/a%EF%BC%8Fb"),
        ("greedy-division-slash", "a division slash becomes a slash in Windows code pages", "/files/a\u2215b"),
        ("greedy-two-dot-leader", "a two dot leader becomes two dots under NFKC", "/files/\u2025/orders"),
        ("greedy-greek-question-mark", "a Greek question mark is a semicolon under NFC", "/files/a\u037eb"),
        ("greedy-fullwidth-percent", "a fullwidth percent sign before digits", "/files/a\uff052fb"),
        ("greedy-set-minus", "a set minus becomes a backslash in Windows code pages", "/files/a\u2216b"),
    ):
        yield no(name, comment, http_event(route, authorization=bearer(), path=path))
    for name, comment, value in (
        ("greedy-parameter-dots", "the greedy parameter's value is looked at too", "a/../b"),
        ("greedy-parameter-backslash", "a backslash that only the parameter shows", "a\\b"),
        ("greedy-parameter-encoded", "an encoded slash that only the parameter shows", "a%2Fb"),
    ):
        yield no(name, comment, http_event(route, authorization=bearer(), path="/files/a", parameters={"proxy": value}))
    yield denied(
        "rest-proxy-encoded-slash",
        "a REST API's proxy route with an encoded slash",
        rest_event("GET /{proxy+}", authorization=bearer(), path="/a%2Fb", parameters={"proxy": "a%2Fb"}),
        "path",
        "path_not_allowed",
        route="ANY /{proxy+}",
        neighbour="rest-proxy",
        group=group,
        spec=spec,
        view="rest",
    )
    yield allowed(
        "rest-proxy",
        "a REST API's proxy route with a plain path",
        rest_event("GET /{proxy+}", authorization=bearer(), path="/a/b", parameters={"proxy": "a/b"}),
        route="ANY /{proxy+}",
        group=group,
        spec=spec,
        view="rest",
    )
    admin = partial(http_event, "$default", authorization=ADMIN)
    yield allowed(
        "default-route",
        "the default route with a plain path",
        admin(path="/anything"),
        route="$default",
        client="admin",
        scopes=("orders:admin", "orders:read"),
        group=group,
        spec=spec,
    )
    for name, comment, path in (
        ("default-dot-dot", "dots on the default route", "/a/../orders"),
        ("default-double-slash", "a doubled slash misses its route and falls to the default one", "//orders"),
        ("default-semicolon", "a semicolon misses its route and falls to the default one", "/orders;x"),
    ):
        yield denied(
            name,
            comment,
            admin(path=path),
            "path",
            "path_not_allowed",
            route="$default",
            neighbour="default-route",
            group=group,
            spec=spec,
        )


def _shadows() -> Iterator[Case]:
    group, route = "shadowed-routes", "ANY /files/{proxy+}"
    spec = {"decision": "4 path"}
    no = partial(
        denied, step="path", reason="path_not_allowed", route=route, neighbour="greedy", group=group, spec=spec
    )
    for name, comment, path in (
        ("shadow-other-case", "a stricter route in other letters reaches the greedy one", "/files/Private/a"),
        ("shadow-prefix-case", "also when the greedy route's own segments differ in case", "/FILES/private/a"),
        ("shadow-trailing-slash", "a stricter route with a trailing slash", "/files/private/a/"),
        ("shadow-question-mark", "a stricter route before a decoded question mark", "/files/private/a?x"),
        ("shadow-encoded-question-mark", "a stricter route before an encoded question mark", "/files/private/a%3Fx/y"),
        ("shadow-encoded-letter", "a stricter route with an encoded letter", "/files/%70rivate/a"),
        ("shadow-stage", "a stricter route behind the stage", "/$default/files/private/a/"),
    ):
        yield no(name, comment, http_event(route, authorization=bearer(), path=path))
    yield no(
        "shadow-more-claims",
        "a route that demands a claim besides is a stricter one",
        http_event("ANY /tags/{proxy+}", authorization=bearer(), path="/tags/Secret"),
        route="ANY /tags/{proxy+}",
    )
    ok = partial(allowed, route=route, group=group, spec=spec)
    yield ok(
        "shadow-other-method",
        "a stricter route for another method is no danger",
        http_event(route, authorization=bearer(), method="POST", path="/files/Private/a"),
    )
    yield ok(
        "shadow-same-demand",
        "a route that asks for the same is no danger",
        http_event(route, authorization=bearer(), path="/files/README/"),
    )
    yield ok(
        "shadow-public",
        "a public route asks for less",
        http_event(route, authorization=bearer(), path="/files/Status"),
    )
    yield ok(
        "shadow-longer",
        "a path that goes on after the stricter route is another path",
        http_event(route, authorization=bearer(), path="/files/private/a/b"),
    )
    yield ok(
        "shadow-elsewhere",
        "a stricter route deeper in the path is another path",
        http_event(route, authorization=bearer(), path="/files/x/files/private/a"),
    )
    yield ok(
        "shadow-behind-another-segment",
        "only the stage is a segment that a reader may leave out in front",
        http_event(route, authorization=bearer(), path="/v2/files/private/a"),
    )
    yield allowed(
        "shadow-beside-a-deep-prefix",
        "a route is preferred to a greedy one only below all the segments of that one",
        http_event("ANY /deep/er/{proxy+}", authorization=bearer(), path="/deep/other"),
        route="ANY /deep/er/{proxy+}",
        path="differs",
        group=group,
        spec=spec,
    )
    docs = partial(http_event, "GET /docs/{proxy+}", authorization=bearer())
    yield allowed(
        "shadow-any-beside-method",
        "a stricter route for any other method at the same place is no danger to the one for this method",
        docs(path="/docs/a"),
        route="GET /docs/{proxy+}",
        group=group,
        spec=spec,
    )
    yield allowed(
        "shadow-other-prefix",
        "a route that does not begin with the segments of the greedy one is not preferred to it",
        docs(path="/docs/latest/"),
        route="GET /docs/{proxy+}",
        group=group,
        spec=spec,
    )
    flags = partial(http_event, "ANY /flags/{proxy+}", authorization=bearer(level=1))
    yield allowed(
        "shadow-claims-plain",
        "a path below a greedy route that demands a claim",
        flags(path="/flags/a"),
        route="ANY /flags/{proxy+}",
        group=group,
        spec=spec,
    )
    yield allowed(
        "shadow-same-claims",
        "a route that demands the same claims is no danger",
        flags(path="/flags/Same"),
        route="ANY /flags/{proxy+}",
        group=group,
        spec=spec,
    )
    yield no(
        "shadow-claims",
        "a route that demands true is another one than a route that demands 1",
        flags(path="/flags/Set"),
        route="ANY /flags/{proxy+}",
        neighbour="shadow-claims-plain",
    )
    admin = partial(http_event, "$default", authorization=ADMIN)
    for name, comment, path in (
        ("shadow-default", "the default route gets another route in other letters", "/Orders"),
        ("shadow-default-greedy", "the default route gets a greedy route in other letters", "/Files/a"),
    ):
        yield denied(
            name,
            comment,
            admin(path=path),
            "path",
            "path_not_allowed",
            route="$default",
            neighbour="default-route",
            group=group,
            spec=spec,
        )


def _fitting() -> Iterator[Case]:
    group, spec = "fitting", {"decision": "4 path"}
    ok = partial(allowed, group=group, spec=spec)
    for name, comment, path, fits in (
        ("fits-stage", "a stage before the path fits", "/prod/orders/5", "fits"),
        ("fits-base-path", "a base path of two segments before the path fits", "/v1/shop/orders/5", "fits"),
        ("fits-encoded", "a literal fits when it is equal after decoding", "/%6Frders/5", "fits"),
        ("differs-longer", "a path that goes on does not fit and is counted", "/orders/5/lines", "differs"),
        ("differs-shorter", "a path without its parameter does not fit", "/orders", "differs"),
        ("differs-empty", "an empty parameter does not fit", "/orders//", "differs"),
        ("differs-case", "a literal in other letters does not fit", "/Orders/5", "differs"),
        ("differs-two-slashes", "two trailing slashes do not fit", "/orders/5//", "differs"),
        ("differs-root", "the root does not fit a longer template", "/", "differs"),
    ):
        route = "GET /orders/{id}"
        yield ok(name, comment, http_event(route, authorization=bearer(), path=path), route=route, path=fits)
    for name, route, path in (
        ("no-parameter-at-its-end", "GET /odd}/x", "/other/x"),
        ("no-parameter-at-its-beginning", "GET /{odd/x", "/other/x"),
        ("not-greedy-at-its-end", "GET /odd/a+}", "/odd/a;b"),
        ("not-greedy-at-its-beginning", "GET /odd/{a+", "/odd/a;b"),
    ):
        comment = "a segment with one brace is a literal"
        event = http_event(route, authorization=bearer(), path=path)
        yield ok(name, comment, event, route=route, path="differs")
    yield ok(
        "differs-greedy",
        "a greedy parameter has at least one segment",
        http_event("ANY /files/{proxy+}", authorization=bearer(), path="/files"),
        route="ANY /files/{proxy+}",
        path="differs",
    )
    yield ok(
        "fits-root",
        "the root fits the template of the root",
        rest_event("GET /", authorization=bearer(), path="/"),
        route="ANY /",
        view="rest",
    )
