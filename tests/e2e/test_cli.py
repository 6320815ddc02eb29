"""The command line as people and pipelines use it, in real git repositories. `test_cli_refuses.py`: what goes wrong."""

from __future__ import annotations

import base64
import json
import os
import pty
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.support.command import COMMAND, ROOT, Company, a_published_company, gatefleet

ORDERS = "teams/orders/gateways/orders.yaml"
BREAK = (ORDERS, "  GET /orders:\n    scopes:\n      - orders:read", "  GET /orders:\n    scopes:\n      - orders:reed")


# --- validate ---------------------------------------------------------------------------------------------------------


def test_validate_says_what_it_found_sound(unpublished: Company) -> None:
    ran = unpublished.ok("validate")
    assert ran.out.splitlines() == [
        "valid: 44 files, 0 errors, 0 warnings",
        "    3 environments, 3 issuers, 15 scopes, 8 clients, 6 teams, 9 gateways",
    ]
    assert ran.err == ""


def test_validate_names_place_rule_and_next_step_and_ends_with_3(fresh: Company) -> None:
    fresh.edit(*BREAK)
    ran = fresh.run("validate")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines() == [
        f"{ORDERS}:30:9: GF104 scope `orders:reed` is not declared",
        "    Nobody could ever hold it: the route would deny everybody, the grant would give nothing.",
        "    did you mean `orders:read`?",
        "1 error, 0 warnings in 44 files",
    ]


def test_validate_reads_a_commit_without_looking_at_the_work_tree(fresh: Company) -> None:
    fresh.edit(*BREAK)
    assert fresh.run("validate", "--commit", "HEAD").code == 0


def test_validate_tells_machines_the_same(fresh: Company) -> None:
    fresh.edit(*BREAK)
    ran = fresh.run("validate", "--format", "json")
    (problem,) = ran.json["problems"]
    assert (ran.code, ran.json["format_version"], ran.json["valid"]) == (3, 1, False)
    assert {name: problem[name] for name in ("code", "severity", "path", "line", "column")} == {
        "code": "GF104",
        "severity": "error",
        "path": ORDERS,
        "line": 30,
        "column": 9,
    }
    assert problem["fix"] == "did you mean `orders:read`?"


def test_validate_annotates_pull_requests_on_github(fresh: Company) -> None:
    fresh.edit(*BREAK)
    (fresh.repo / "policies/conventions.yaml").unlink()
    ran = fresh.run("validate", "--format", "github")
    assert ran.code == 3
    assert f"::error file={ORDERS},line=30,col=9,title=GF104::scope `orders:reed` is not declared;" in ran.out
    assert "::error file=policies/conventions.yaml,title=GF046::the file is missing;" in ran.out


def test_validate_writes_sarif_with_the_rules_that_were_broken(fresh: Company) -> None:
    fresh.edit(*BREAK)
    ran = fresh.run("validate", "--format", "sarif")
    (run,) = ran.json["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    (result,) = run["results"]
    assert (ran.code, ran.json["version"], run["tool"]["driver"]["name"]) == (3, "2.1.0", "gatefleet")
    assert (rule["id"], rule["defaultConfiguration"]["level"]) == ("GF104", "error")
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("GF104", 0, "error")
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == ORDERS
    assert physical["region"] == {"startLine": 30, "startColumn": 9}


def test_validate_writes_junit_with_a_case_for_each_file(fresh: Company) -> None:
    fresh.edit(*BREAK)
    ran = fresh.run("validate", "--format", "junit")
    suites = ET.fromstring(ran.out)
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert (ran.code, suites.get("tests"), suites.get("failures"), len(cases)) == (3, "44", "1", 44)
    failure = cases[ORDERS].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("GF104", "GF104 scope `orders:reed` is not declared")
    assert sum(case.find("failure") is not None for case in cases.values()) == 1


# --- plan, publish, revert --------------------------------------------------------------------------------------------


def test_plan_of_an_empty_log_adds_everything_and_writes_nothing(unpublished: Company) -> None:
    ran = unpublished.ok("plan", *unpublished.log)
    assert ran.out.startswith(f"development: commit {unpublished.git('rev-parse', 'HEAD')[:12]} against an empty log\n")
    assert "\n+ gateway/orders/orders  (widens)\n" in ran.out
    assert ran.out.endswith("32 to add, 0 to change, 0 to remove; narrows 0, widens 30\n")
    assert not unpublished.log_file.exists()


def test_plan_ends_with_2_for_changes_and_0_for_none_when_asked_for_detail(company: Company) -> None:
    assert company.run("plan", *company.log, "--detailed-exitcode").code == 0
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    assert company.run("plan", *company.log).code == 0
    ran = company.run("plan", *company.log, "--detailed-exitcode")
    assert (ran.code, ran.err) == (2, "")
    assert '- scopes["payments:refund"]' in ran.out
    document = company.run("plan", *company.log, "--detailed-exitcode", "-o", "json")
    assert (document.code, document.json["format_version"]) == (2, 1)
    assert document.json["summary"] == {"add": 0, "change": 1, "remove": 0, "narrows": 1, "widens": 0}


def test_plan_warns_of_what_is_changed_and_not_committed(company: Company) -> None:
    company.edit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    (company.repo / "teams/orders/tests/new.yaml").write_text("")
    ran = company.ok("plan", *company.log)
    assert ran.out.startswith("No changes.")
    assert ran.problems == [
        (
            "GF657",
            "policies/clients/payments/checkout.yaml",
            "changed, and 1 more, but not committed: it is no part of HEAD",
        )
    ]
    assert company.ok("plan", *company.log, "--commit", "main").err == ""


def test_the_first_publish_begins_the_log_and_the_archive_with_the_same_bytes(fresh: Company) -> None:
    ran = fresh.publish()
    head = fresh.git("rev-parse", "HEAD")
    assert ran.code == 0
    assert ran.out.endswith(f"\ndevelopment is at revision 1/1, commit {head[:12]}\n")
    assert [line.split(": ")[0] for line in ran.err.splitlines()] == [
        "read",
        "planned",
        "archived",
        "appended",
        "read",
        "read back",
    ]
    assert fresh.lines() == [(fresh.folder / "archive/1/1.revision").read_bytes() + b"\n"]


def test_publishing_the_same_commit_again_changes_nothing(company: Company) -> None:
    before = company.everything()
    ran = company.publish()
    assert (ran.code, ran.out.startswith("No changes. development is at revision 1/2")) == (0, True)
    document = company.publish("-o", "json").json
    assert (document["format_version"], document["published"]) == (1, False)
    assert document["head"] == {"epoch": 1, "revision": 2}
    assert company.everything() == before


def test_an_older_commit_is_refused_and_the_way_back_is_a_revert(company: Company) -> None:
    before = company.everything()
    ran = company.publish("--commit", "HEAD~1")
    assert (ran.code, ran.codes) == (1, ["GF510"])
    assert "git revert" in ran.err
    assert company.everything() == before
    company.git("revert", "--no-edit", "HEAD")
    ran = company.publish()
    assert (ran.code, "~ when_stale: deny -> check" in ran.out) == (0, True)
    assert company.ok("log", "verify", *company.log, "--commit", "HEAD").out.startswith("verified: 3 revisions")
    assert company.run("log", "verify", *company.log, "--commit", "HEAD~2").codes == ["GF434"]


def test_a_commit_that_changes_no_policy_is_recorded_as_an_empty_revision(company: Company) -> None:
    (company.repo / "README.md").write_text("nothing that counts\n")
    company.git("add", ".")
    company.git("commit", "--quiet", "--message", "Say something")
    ran = company.publish("-o", "json")
    assert (ran.code, ran.json["published"], ran.json["changes"]) == (0, True, [])
    assert ran.json["head"] == {"epoch": 1, "revision": 3}


def test_publish_writes_a_snapshot_as_often_as_it_is_told(company: Company) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    ran = company.publish("--snapshot-every", "3")
    assert "snapshot appended: 1/3.snapshot" in ran.err
    assert (company.folder / "archive/1/3.snapshot").is_file()


def test_the_archive_may_be_named_by_the_environment(fresh: Company) -> None:
    ran = fresh.run("publish", *fresh.log, *fresh.key, GATEFLEET_ARCHIVE="../archives")
    assert ran.code == 0
    assert (fresh.folder / "archives/development/1/1.revision").is_file()


# --- render -----------------------------------------------------------------------------------------------------------


def floors(company: Company) -> dict[str, bytes]:
    root = company.folder / "fleet/terraform/teams"
    return {f"{file.parts[-4]}/{file.parts[-2]}": file.read_bytes() for file in sorted(root.rglob("floor.json"))}


def test_floors_are_kept_byte_for_byte_and_only_those_concerned_move(company: Company) -> None:
    render = ("render", "--floors", "--out", "../fleet", *company.log, *company.key)
    assert company.ok(*render).out == "9 files rendered, 0 kept; development at revision 1/2\n"
    first = floors(company)
    assert len(first) == 9
    assert company.ok(*render).out == "No changes; development at revision 1/2\n"
    assert floors(company) == first

    company.commit(
        "policies/clients/shipping/parcel-carrier.yaml", "kind: Client\n", "kind: Client\nstate: suspended\n"
    )
    assert company.publish().code == 0
    ran = company.ok(*render, "-o", "json")
    moved = [f"{(part := one['path'].split('/'))[2]}/{part[4]}" for one in ran.json["changed"]]
    # The client holds a scope of shipping's routes; the other two have a route that any client may call.
    assert moved == ["customers/profile", "partners/partner-api", "shipping/shipping"]
    assert (ran.json["format_version"], ran.json["head"]) == (1, {"epoch": 1, "revision": 3})
    again = floors(company)
    assert {name for name, content in again.items() if content != first[name]} == set(moved)


# --- log --------------------------------------------------------------------------------------------------------------


def test_log_show_lists_the_revisions_and_what_does_not_count(company: Company) -> None:
    with company.log_file.open("ab") as log:
        log.write(b"nonsense\n")
    ran = company.ok("log", "show", *company.log)
    lines = ran.out.splitlines()
    assert lines[0].split() == ["revision", "commit", "issued", "entities", "access", "digest"]
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["1/1", company.git("rev-parse", "HEAD~1")[:12]],
        ["1/2", company.git("rev-parse", "HEAD")[:12]],
    ]
    assert lines[3].startswith(f"refused at offset {len(b''.join(company.lines()[:2]))}: malformed, ")
    assert lines[4].startswith("2 revisions, 1 refused record; 32 entities, state ")
    document = company.ok("log", "show", *company.log, "-o", "json").json
    assert (document["format_version"], document["head"]["revision"], len(document["refused"])) == (1, 2, 1)


def test_log_show_works_while_a_file_elsewhere_is_broken(company: Company) -> None:
    company.edit(*BREAK)
    assert company.run("log", "show", *company.log).code == 0


def test_log_verify_proves_the_chain_and_that_its_head_is_a_commit(company: Company) -> None:
    head = company.git("rev-parse", "HEAD")
    ran = company.ok("log", "verify", *company.log, "--commit", "HEAD")
    assert ran.out == f"verified: 2 revisions from genesis to 1/2, which is commit {head[:12]}\n"
    document = company.ok("log", "verify", *company.log, "-o", "json").json
    assert (document["format_version"], document["verified"], document["findings"]) == (1, True, [])


def test_log_archive_copies_what_is_missing_and_restore_brings_a_deleted_log_back(company: Company) -> None:
    log, archived = company.log_file.read_bytes(), company.folder / "archive"
    shutil.rmtree(archived)
    ran = company.ok("log", "archive", *company.log, *company.archive)
    assert ran.out == "2 envelopes archived; the archive holds the log to revision 1/2\n"
    again = company.ok("log", "archive", *company.log, *company.archive, "-o", "json").json
    assert (again["format_version"], again["archived"], again["head"]["revision"]) == (1, 0, 2)
    company.log_file.unlink()
    ran = company.ok("log", "restore", *company.log, *company.archive)
    assert ran.out == "2 envelopes restored; the log is at revision 1/2\n"
    assert company.log_file.read_bytes() == log
    assert company.ok("log", "restore", *company.log, *company.archive, "-o", "json").json["restored"] == 0


def test_a_truncated_log_is_completed_by_the_next_publish(company: Company) -> None:
    log = company.log_file.read_bytes()
    company.log_file.write_bytes(log[: len(company.lines()[0]) + 100])
    ran = company.publish()
    assert (ran.code, "restored: 1 of 1 envelopes" in ran.err) == (0, True)
    assert company.log_file.read_bytes() == log


def test_a_log_that_lost_its_beginning_is_not_archived_and_its_archive_completes_it(company: Company) -> None:
    whole = company.lines()
    company.log_file.write_bytes(whole[1])
    ran = company.run("log", "archive", *company.log, "--archive", "../another")
    assert (ran.code, ran.codes, ran.out) == (1, ["GF526"], "")
    assert "log restore" in ran.err
    ran = company.run("log", "restore", *company.log, "--archive", "../another")
    assert (ran.code, ran.codes) == (1, ["GF526"])
    assert company.lines() == whole[1:]
    assert company.ok("log", "restore", *company.log, *company.archive).out.startswith("2 envelopes restored;")
    assert company.ok("log", "verify", *company.log).code == 0


def test_a_log_that_others_sign_is_not_restored_upon(company: Company, tmp_path: Path) -> None:
    other = a_published_company(tmp_path / "other")
    company.log_file.write_bytes(other.log_file.read_bytes())
    ran = company.run("log", "restore", *company.log, *company.archive)
    assert (ran.code, ran.codes) == (1, ["GF525"])
    assert company.log_file.read_bytes() == other.log_file.read_bytes()


def test_an_empty_log_is_shown_verified_archived_and_restored_as_such(unpublished: Company) -> None:
    log = unpublished.log
    assert unpublished.ok("log", "show", *log).out.endswith("0 revisions, 0 refused records; an empty log\n")
    assert unpublished.ok("log", "verify", *log).out == "verified: the log is empty\n"
    archive = ("--archive", "../none")
    assert unpublished.ok("log", "archive", *log, *archive).out.startswith("0 envelopes archived;")
    assert unpublished.ok("log", "restore", *log, *archive).out.startswith("0 envelopes restored;")


# --- can, token -------------------------------------------------------------------------------------------------------


def test_can_tells_who_may_and_what_is_lacking(unpublished: Company) -> None:
    on_orders = ("--gateway", "orders/orders", "--environment", "production")
    ran = unpublished.ok("can", "checkout", "GET /orders", *on_orders)
    assert ran.out.splitlines() == [
        "yes: checkout can call GET /orders on orders/orders in production",
        "    with jwt",
        "    scopes orders:read",
        "    audience https://api.example.com/orders",
    ]
    ran = unpublished.run("can", "checkout", "DELETE /orders/{order_id}", *on_orders)
    assert ran.code == 3
    assert ran.out.splitlines() == [
        "no: checkout cannot call DELETE /orders/{order_id} on orders/orders in production",
        "    insufficient_scope: it lacks orders:cancel, or orders:write",
    ]
    document = unpublished.run("can", "checkout", "DELETE /orders/{order_id}", *on_orders, "-o", "json").json
    assert (document["format_version"], document["allowed"], document["reason"]) == (1, False, "insufficient_scope")


def test_a_token_carries_the_granted_scopes_or_those_asked_for_and_further_claims(unpublished: Company) -> None:
    asked = ("token", "checkout", "-g", "orders/orders", "--key", "../keys/issuer.key.pem")
    assert claims(unpublished.ok(*asked).out)["scope"] == "orders:read payments:capture payments:read payments:refund"
    ran = unpublished.ok(
        *asked, "-s", "orders:read", "--claim", "tenant=acme", "--claim", "level=3", "--claim", "admin=true", "--claim",
        "text=1.5", "--lifetime", "60",
    )  # fmt: skip
    found = claims(ran.out)
    assert (found["client_id"], found["aud"], found["scope"]) == (
        "checkout",
        "https://api.example.com/orders",
        "orders:read",
    )
    assert (found["tenant"], found["level"], found["admin"], found["text"]) == ("acme", 3, True, "1.5")
    assert found["exp"] - found["iat"] == 60


def claims(token: str) -> dict[str, object]:
    text = token.strip().split(".")[1]
    document: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return document


# --- keys, schema, explain --------------------------------------------------------------------------------------------


def test_new_keys_and_their_trust_document_publish(fresh: Company) -> None:
    ran = fresh.ok("keys", "new", "--out", "../new", "--environment", "development")
    assert {file.name: file.stat().st_mode & 0o777 for file in (fresh.folder / "new").glob("*.pem")} == {
        "publish.key.pem": 0o600,
        "root.key.pem": 0o600,
    }
    assert "keep it offline" in ran.out
    shutil.copy(fresh.folder / "new/development.trust.json", fresh.repo / "policies/environments")
    fresh.git("commit", "--quiet", "--all", "--message", "New keys")
    ran = fresh.run("publish", *fresh.log, "--key", "../new/publish.key.pem", *fresh.archive)
    assert (ran.code, ran.codes) == (0, [])


def test_the_schemas_are_exported_as_they_are_in_the_contract(tmp_path: Path) -> None:
    ran = gatefleet("schema", "export", "--out", "schemas", cwd=tmp_path)
    exported = {file.name: file.read_bytes() for file in (tmp_path / "schemas").iterdir()}
    assert exported == {file.name: file.read_bytes() for file in (ROOT / "contract/schemas").glob("*.schema.json")}
    assert ran.out.splitlines() == [f"schemas/{name}" for name in sorted(exported)]


def test_explain_tells_what_a_code_stands_for_and_lists_all(tmp_path: Path) -> None:
    wanted = [
        "GF510 A commit that is older than the published one (error)",
        "    It would undo what was merged since, without review.",
        "    What to do: `git revert`, and publish the revert",
    ]
    for spelling in ("GF510", "gf510", "510"):
        assert gatefleet("explain", spelling, cwd=tmp_path).out.splitlines() == wanted
    listed = gatefleet("explain", cwd=tmp_path).out
    assert "\nGF001  A file that is not UTF-8\n" in listed
    assert "\nGF104  A scope that is not declared\n" in listed


# --- how it is said ---------------------------------------------------------------------------------------------------


def test_version_and_help_are_results_and_end_with_0(tmp_path: Path) -> None:
    assert gatefleet("--version", cwd=tmp_path).out.startswith("gatefleet ")
    ran = gatefleet("--help", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_what_is_not_for_a_terminal_has_no_colour(company: Company) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    assert "\x1b" not in company.ok("plan", *company.log).out


def test_on_a_terminal_there_is_colour_unless_no_color_is_set(company: Company) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    assert "\x1b[33m~ client/checkout  (narrows)\x1b[0m" in on_a_terminal(company, "plan", *company.log)
    assert "\x1b" not in on_a_terminal(company, "plan", *company.log, NO_COLOR="1")


def test_on_a_terminal_advice_is_wrapped_to_its_width(fresh: Company) -> None:
    fresh.edit(*BREAK)
    shown = on_a_terminal(fresh, "validate", NO_COLOR="1", COLUMNS="60")
    advice = [line for line in shown.splitlines() if line.startswith("    ")]
    assert len(advice) == 3
    assert all(len(line) <= 60 for line in advice)


def on_a_terminal(company: Company, *arguments: str, **environ: str) -> str:
    """What the command writes to a terminal, standard output and error together."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen([COMMAND, *arguments], cwd=company.repo, env=kept | environ, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # so a terminal ends when nobody holds its other side any more
            pass
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")
