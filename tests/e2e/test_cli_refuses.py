"""What people and pipelines get wrong: they are told where, what, and what to do next, and nothing is changed."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.support.command import COMMAND, Company, Ran, gatefleet, in_process


def may_write_everywhere() -> bool:
    """Whether rights on folders do not concern this user, as they do not concern the superuser."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o500)
        return os.access(folder, os.W_OK)


def refused(ran: Ran, *codes: str, exit_code: int = 1) -> None:
    """It ended with this exit code and these problems, each with a next step, said no result and shows no Python."""
    assert "Traceback" not in ran.err
    assert "GF699" not in ran.err
    assert (ran.codes, ran.code) == (list(codes), exit_code), ran.err
    assert ran.out == ""
    assert sum(line.startswith("    ") for line in ran.err.splitlines()) >= len(codes), ran.err


# --- usage: exit code 64 ----------------------------------------------------------------------------------------------

USAGE = {
    "nothing": ([], "Usage: gatefleet [OPTIONS] COMMAND"),
    "a group alone": (["log"], "Usage: gatefleet log [OPTIONS] COMMAND"),
    "an unknown command": (["pubish"], "Did you mean 'publish'?"),
    "an unknown command of a group": (["log", "shw"], "Did you mean 'show'?"),
    "an unknown option": (["--verison"], "--version"),
    "an unknown option of a command": (["validate", "--from", "x"], "No such option: --from"),
    "an option without its value": (["plan", "--commit"], "--commit"),
    "a missing option": (["schema", "export"], "Missing option '--out'"),
    "a missing argument": (["can", "shop", "-g", "a/b"], "Missing argument 'ROUTE'"),
    "too many arguments": (["validate", "policies"], "Got unexpected extra argument"),
    "an unknown form": (["plan", "-o", "yaml"], "not one of 'table', 'json'"),
    "an unknown format": (["validate", "--format", "xml"], "not one of"),
    "no number": (["publish", "--snapshot-every", "often"], "--snapshot-every"),
    "a number out of range": (["token", "a", "-g", "a/b", "--key", "k", "--lifetime", "0"], "--lifetime"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE.keys())
def test_what_is_typed_wrong_ends_with_64_and_says_what_is_right(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = in_process(*arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


# --- named wrongly: nothing has to be prepared ------------------------------------------------------------------------

ON_LOG = [*Company.log]
PUBLISH = ["publish", *Company.log, *Company.archive]
RENDER = ["render", "--out", "../fleet", *Company.log, *Company.key]
CAN = ["can", "web-shop", "GET /orders", "--gateway", "orders/orders", "--environment", "production"]
TOKEN = ["token", "web-shop", "--gateway", "orders/orders", "--key", "../keys/issuer.key.pem"]


def with_option(arguments: list[str], option: str, value: str) -> list[str]:
    """The same command line, an option with another value."""
    at = arguments.index(option)
    return [*arguments[: at + 1], value, *arguments[at + 2 :]]


NAMED_WRONGLY = {
    # (command line, code, place, part of what is said)
    "no key": (PUBLISH, "GF651", "--key", "`gatefleet keys new` makes one"),
    "a key file that is not there": (
        [*PUBLISH, "--key", "../keys/none.pem"],
        "GF610",
        "../keys/none.pem",
        "No such file",
    ),
    "a folder for a key": ([*PUBLISH, "--key", "../keys"], "GF610", "../keys", "Is a directory"),
    "a file that is no key": ([*PUBLISH, "--key", "policies/rollout.yaml"], "GF611", "policies/rollout.yaml", "PKCS#8"),
    "the root key": ([*PUBLISH, "--key", "../keys/root.key.pem"], "GF513", "development", "may not publish"),
    "an issuer's key": ([*PUBLISH, "--key", "../keys/issuer.key.pem"], "GF513", "development", "may not publish"),
    "no archive": (["publish", *ON_LOG, *Company.key], "GF652", "--archive", "GATEFLEET_ARCHIVE"),
    "a file for an archive": (
        [*with_option(PUBLISH, "--archive", "../keys/root.key.pem"), *Company.key],
        "GF420",
        "../keys/root.key.pem",
        "Not a directory",
    ),
    "another folder for an archive": (
        [*with_option(PUBLISH, "--archive", "policies"), *Company.key],
        "GF422",
        "policies/conventions.yaml",
        "move it elsewhere",
    ),
    "a commit that git does not know": (
        ["plan", *ON_LOG, "--commit", "nope"],
        "GF041",
        ".",
        "git knows no commit `nope`",
    ),
    "no commit": (["plan", *ON_LOG, "--commit", ""], "GF041", ".", "name a branch, tag or commit id"),
    "an option for a commit": (["plan", *ON_LOG, "--commit=--all"], "GF041", ".", "git knows no commit `--all`"),
    "a tree for a commit": (["plan", *ON_LOG, "--commit", "HEAD:policies"], "GF041", ".", "git knows no commit"),
    "a folder that is no repository": (["plan", *ON_LOG, "--repo", ".."], "GF040", "..", "not a git repository"),
    "a folder that is not there": (["plan", *ON_LOG, "--repo", "../none"], "GF040", "../none", "not a git repository"),
    "a work tree that is not there": (["validate", "--repo", "../none"], "GF040", "../none", "no such folder"),
    "a file for a repository": (["validate", "--repo", "../policy.log"], "GF040", "../policy.log", "no such folder"),
    "a folder inside the repository": (["validate", "--repo", "teams/orders"], "GF656", "teams/orders", "--repo ."),
    "a commit from inside the repository": (["plan", *ON_LOG, "--repo", "teams"], "GF656", "teams", "--repo ."),
    "a folder without policies": (
        ["validate", "--repo", "../keys"],
        "GF656",
        "../keys",
        "top of the policy repository",
    ),
    "an unknown environment": (
        with_option(["plan", *ON_LOG], "--environment", "developmnt"),
        "GF101",
        "--environment",
        "did you mean development?",
    ),
    "no environment though there are several": (["plan"], "GF640", "--environment", "development, production, staging"),
    "an environment without Kafka": (
        ["plan", "--environment", "development"],
        "GF641",
        "policies/environments/development.yaml",
        "--log file:PATH",
    ),
    "a Kafka user that is not set": (["plan", "-e", "production"], "GF631", "--log", "set GATEFLEET_KAFKA_USERNAME"),
    "an address of no form": (
        with_option(["plan", *ON_LOG], "--log", "policy.log"),
        "GF630",
        "--log",
        "write file:PATH",
    ),
    "an address without a path": (
        with_option(["plan", *ON_LOG], "--log", "file:"),
        "GF630",
        "--log",
        "write file:PATH",
    ),
    "a Kafka address without a topic": (
        with_option(["plan", *ON_LOG], "--log", "kafka:localhost:9092"),
        "GF631",
        "--log",
        "write kafka:HOST:PORT",
    ),
    "a Kafka address without a port": (
        with_option(["plan", *ON_LOG], "--log", "kafka:localhost/topic"),
        "GF631",
        "--log",
        "`localhost` is not HOST:PORT",
    ),
    "a password in an address": (
        with_option(["plan", *ON_LOG], "--log", "kafka:localhost:1/t?password=secret"),
        "GF631",
        "--log",
        "set GATEFLEET_KAFKA_PASSWORD instead",
    ),
    "a log in a folder that is not there": (
        with_option(["plan", *ON_LOG], "--log", "file:../none/policy.log"),
        "GF450",
        "file:../none/policy.log",
        "no such folder",
    ),
    "a folder for a log": (with_option(["plan", *ON_LOG], "--log", "file:.."), "GF450", "file:..", "Is a directory"),
    "a log to publish to in a folder that is not there": (
        [*with_option(PUBLISH, "--log", "file:../none/policy.log"), *Company.key],
        "GF520",
        "development log",
        "no such folder",
    ),
    "nowhere to render to": (["render", *Company.log, *Company.key], "GF649", "render", "add --out DIR, or --push"),
    "floors of an empty log": (
        [*with_option(RENDER, "--log", "file:../empty.log"), "--floors"],
        "GF650",
        "file:../empty.log",
        "gatefleet publish",
    ),
    "floors into a file": (
        [*with_option(RENDER, "--out", "../policy.log"), "--floors"],
        "GF653",
        "../policy.log/terraform/teams/catalog/development/catalog/floor.json",
        "Not a directory",
    ),
    "floors where nothing can be made": (
        [*with_option(RENDER, "--out", "/proc/none"), "--floors"],
        "GF653",
        "/proc/none/terraform/teams/catalog/development/catalog/floor.json",
        "nothing was changed",
    ),
    "a gateway that is not there": (
        with_option(CAN, "--gateway", "orders/order"),
        "GF643",
        "--gateway",
        "did you mean orders/orders?",
    ),
    "a gateway without its team": (
        with_option(CAN, "--gateway", "profile"),
        "GF643",
        "--gateway",
        "did you mean customers/profile?",
    ),
    "a route without its method": ([*CAN[:2], "/orders", *CAN[3:]], "GF645", "ROUTE", "did you mean GET /orders?"),
    "a gateway of no environment": (
        ["can", "web-shop", "GET /x", "-g", "payments/settlements", "-e", "staging"],
        "GF643",
        "--gateway",
        "there is no 'payments/settlements'",
    ),
    "a client that is not there": ([CAN[0], "webshop", *CAN[2:]], "GF644", "CLIENT", "did you mean web-shop?"),
    "a route that is not there": ([*CAN[:2], "GET /order", *CAN[3:]], "GF645", "ROUTE", "did you mean GET /orders?"),
    "a token for a client that is not there": (
        ["token", "nobody", *TOKEN[2:]],
        "GF644",
        "CLIENT",
        "there are acquirer-bank,",
    ),
    "a token with a scope that is not there": (
        [*TOKEN, "-s", "order:read"],
        "GF658",
        "--scope",
        "did you mean orders:read?",
    ),
    "a claim without a value": ([*TOKEN, "--claim", "department"], "GF648", "--claim", "--claim department=support"),
    "a token signed with another key": (
        with_option(TOKEN, "--key", "../keys/publish.key.pem"),
        "GF621",
        "../keys/publish.key.pem",
        "no unencrypted P-256 private key",
    ),
    "keys inside the repository": (
        ["keys", "new", "-e", "development", "--out", "keys"],
        "GF655",
        "keys",
        "--out ../keys",
    ),
    "keys over keys": (
        ["keys", "new", "-e", "development", "--out", "../keys"],
        "GF614",
        "../keys/root.key.pem",
        "choose another folder",
    ),
    "keys into a file": (
        ["keys", "new", "-e", "development", "--out", "../policy.log/keys"],
        "GF654",
        "../policy.log/keys",
        "choose another folder",
    ),
    "keys for an unknown environment": (
        ["keys", "new", "-e", "live", "--out", "../k"],
        "GF101",
        "--environment",
        "there are",
    ),
    "schemas into a file": (
        ["schema", "export", "--out", "../policy.log"],
        "GF654",
        "../policy.log",
        "choose another folder",
    ),
    "an unknown code": (["explain", "GF999"], "GF642", "CODE", "`gatefleet explain` without one lists all"),
}


@pytest.fixture(scope="module")
def still(published: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company that no test here changes, which is what they show."""
    return published.copy(tmp_path_factory.mktemp("still") / "company")


@pytest.mark.parametrize(("arguments", "code", "place", "said"), NAMED_WRONGLY.values(), ids=NAMED_WRONGLY.keys())
def test_what_is_named_wrongly_is_refused_with_place_rule_and_next_step_and_changes_nothing(
    still: Company, arguments: list[str], code: str, place: str, said: str
) -> None:
    before, status = still.everything(), still.git("status", "--porcelain")
    ran = in_process(*arguments, cwd=still.repo)
    refused(ran, code)
    assert place in ran.problems[0][1]
    assert said in ran.err
    assert "secret" not in ran.err
    assert (still.everything(), still.git("status", "--porcelain")) == (before, status)


# --- keys -------------------------------------------------------------------------------------------------------------


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


KEYS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an encrypted key": ("GF612", lambda: pem(ec.generate_private_key(ec.SECP256R1()), b"x")),
    "an RSA key": ("GF613", lambda: pem(rsa.generate_private_key(65537, 2048))),
    "a key on another curve": ("GF613", lambda: pem(ec.generate_private_key(ec.SECP384R1()))),
    "a public key": (
        "GF611",
        lambda: (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        ),
    ),
    "a torn key": ("GF611", lambda: pem(ec.generate_private_key(ec.SECP256R1()))[:120]),
    "an empty file": ("GF611", lambda: b""),
    "a large file": ("GF611", lambda: b"x" * 100_000),
}


@pytest.mark.parametrize(("code", "content"), KEYS.values(), ids=KEYS.keys())
def test_a_file_that_is_no_signing_key_is_refused_without_showing_any_of_it(
    company: Company, code: str, content: Callable[[], bytes]
) -> None:
    (company.folder / "wrong.pem").write_bytes(content())
    (company.folder / "wrong.pem").chmod(0o600)
    before = company.everything()
    ran = company.run(*PUBLISH, "--key", "../wrong.pem")
    refused(ran, code)
    assert ran.problems[0][1] == "../wrong.pem"
    assert company.everything() == before


def test_a_key_that_others_can_read_is_a_warning_and_signs(company: Company) -> None:
    (company.folder / "keys/publish.key.pem").chmod(0o644)
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    ran = company.publish()
    assert (ran.code, ran.codes) == (0, ["GF615"])
    assert "    chmod 600 ../keys/publish.key.pem" in ran.err


def test_a_token_cannot_be_minted_with_the_key_of_another_clone(company: Company, unpublished: Company) -> None:
    ran = company.run(*with_option(TOKEN, "--key", str(unpublished.folder / "keys/issuer.key.pem")))
    refused(ran, "GF647")


def test_a_token_cannot_be_minted_where_there_is_no_development(company: Company) -> None:
    for file in ("environments/development.yaml", "environments/development.trust.json", "issuers/development.yaml"):
        (company.repo / "policies" / file).unlink()
    refused(company.run(*TOKEN), "GF646")


# --- the sources ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["plan", *ON_LOG], [*PUBLISH, *Company.key], ["render", "--floors", *RENDER[1:]]])
def test_a_commit_with_errors_is_neither_planned_nor_published_nor_rendered(
    company: Company, command: list[str]
) -> None:
    company.commit("policies/scopes/catalog.yaml", "risk: low", "risk: little")
    before = company.everything()
    ran = company.run(*command)
    assert (ran.code, ran.codes, ran.out) == (3, ["GF024"], "")
    assert ran.problems[0][1].startswith("policies/scopes/catalog.yaml:7:")
    assert company.everything() == before


def test_a_repository_without_a_commit_is_told_from_one_without_policies(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    refused(gatefleet("plan", cwd=tmp_path), "GF041")
    subprocess.run(["git", "-C", tmp_path, *_WHO, "commit", "--quiet", "--allow-empty", "-m", "x"], check=True)
    refused(gatefleet("plan", cwd=tmp_path), "GF656")
    (tmp_path / "policies").mkdir()
    ran = gatefleet("plan", cwd=tmp_path)
    refused(ran, "GF656")
    assert "git add policies teams" in ran.err


_WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def test_a_bare_repository_can_be_planned_and_has_no_work_tree_to_validate(company: Company, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", "--bare", company.repo, tmp_path / "bare.git"], check=True)
    bare = ("--repo", str(tmp_path / "bare.git"))
    assert company.run("plan", *ON_LOG, *bare).out.startswith("No changes.")
    refused(company.run("validate", *bare), "GF656")
    assert company.run("validate", *bare, "--commit", "HEAD").code == 0


def test_a_clone_whose_history_is_cut_off_cannot_tell_what_is_older(company: Company, tmp_path: Path) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{company.repo}", tmp_path / "s"], check=True)
    ran = company.run(*PUBLISH, *Company.key, "--repo", str(tmp_path / "s"))
    assert (ran.code, ran.codes[-1]) == (1, "GF047")
    assert "fetch" in ran.err
    assert len(company.lines()) == 2


def test_without_git_on_the_path_it_says_so(company: Company) -> None:
    refused(company.run("plan", *ON_LOG, PATH=str(COMMAND.parent)), "GF042")


def test_a_commit_of_another_line_is_refused(company: Company) -> None:
    company.git("checkout", "--quiet", "-b", "other", "HEAD~1")
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    before = company.everything()
    ran = company.publish()
    assert (ran.code, ran.codes) == (1, ["GF511"])
    assert company.everything() == before


# --- trust ------------------------------------------------------------------------------------------------------------

TRUST = "policies/environments/development.trust.json"


def remove(trust: Path) -> None:
    trust.unlink()


def tamper(trust: Path) -> None:
    text = trust.read_text()
    at = text.index('"payload":"') + 40
    trust.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


def resign(trust: Path) -> None:
    text = trust.read_text()
    at = text.index('"sig":"') + 20
    trust.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


def take_another(trust: Path) -> None:
    trust.write_bytes(trust.with_name("staging.trust.json").read_bytes())


def overwrite(trust: Path) -> None:
    trust.write_text("kind: Trust\n")


def link(trust: Path) -> None:
    trust.unlink()
    trust.symlink_to("staging.trust.json")


TRUSTS = {
    "none": (remove, "GF412"),
    "one whose payload was changed": (tamper, "GF410"),
    "one whose signature was changed": (resign, "GF411"),
    "another environment's": (take_another, "GF413"),
    "no document": (overwrite, "GF410"),
}


@pytest.mark.parametrize(("change", "code"), TRUSTS.values(), ids=TRUSTS.keys())
@pytest.mark.parametrize("committed", [True, False], ids=["in the commit", "in the work tree"])
def test_without_a_sound_trust_document_nothing_is_read_or_written(
    company: Company, change: Callable[[Path], None], code: str, committed: bool
) -> None:
    change(company.repo / TRUST)
    before = company.everything()
    if committed:
        company.git("commit", "--quiet", "--all", "--message", "Change trust")
        ran = company.publish()
    else:
        ran = company.run("log", "verify", *ON_LOG)
    found = [one for one in ran.codes if one in {"GF410", "GF411", "GF412", "GF413"}]
    assert (ran.code, len(found), ran.out) == (1, 1, "")
    assert found == [code] or code == "GF410"  # what a changed payload breaks first depends on where it was changed
    assert ran.problems[0][1] == TRUST
    assert company.everything() == before


def test_a_link_in_place_of_the_trust_document_of_a_commit_is_not_followed(company: Company) -> None:
    link(company.repo / TRUST)
    company.git("commit", "--quiet", "--all", "--message", "Link")
    ran = company.publish()
    assert ran.code != 0
    assert len(company.lines()) == 2


# --- the log ----------------------------------------------------------------------------------------------------------


def flip(lines: list[bytes]) -> list[bytes]:
    """One character of the second envelope's payload becomes another."""
    line = lines[1]
    at = line.index(b'"payload":"') + 200
    return [lines[0], line[:at] + (b"A" if line[at : at + 1] != b"A" else b"B") + line[at + 1 :], *lines[2:]]


TAMPERED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], list[tuple[int, str]]]] = {
    # (what is done to the three lines, the findings: which line, which reason)
    "a changed record": (flip, [(1, "bad_signature"), (2, "broken_chain")]),
    "a dropped record": (lambda lines: [lines[0], lines[2]], [(1, "broken_chain")]),
    "a replaced record": (lambda lines: [lines[0], b"{}\n", lines[2]], [(1, "malformed"), (2, "broken_chain")]),
    "a lost beginning": (lambda lines: lines[1:], [(0, "broken_chain"), (1, "broken_chain")]),
    "an inserted record": (lambda lines: [lines[0], b"nonsense\n", *lines[1:]], [(1, "malformed")]),
}


@pytest.mark.parametrize(("tamper_with", "findings"), TAMPERED.values(), ids=TAMPERED.keys())
def test_log_verify_names_each_record_that_does_not_count_and_ends_with_3(
    company: Company, tamper_with: Callable[[list[bytes]], list[bytes]], findings: list[tuple[int, str]]
) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    assert company.publish().code == 0
    company.log_file.write_bytes(b"".join(tamper_with(company.lines())))
    lines, before = company.lines(), company.everything()
    ran = company.run("log", "verify", *ON_LOG)
    assert ran.code == 3
    places = [f"file:../policy.log@{len(b''.join(lines[:line]))}" for line, _ in findings]
    assert [place for _, place, _ in ran.problems] == places
    assert all(f"{reason}: " in what for (_, reason), (_, _, what) in zip(findings, ran.problems, strict=True))
    assert ran.out == f"not verified: {len(findings)} finding{'s' if len(findings) > 1 else ''}\n"
    document = company.run("log", "verify", *ON_LOG, "-o", "json")
    assert (document.code, document.json["verified"], len(document.json["findings"])) == (3, False, len(findings))
    assert company.everything() == before


def test_swapped_records_are_named_where_they_stand(company: Company) -> None:
    first, second = company.lines()
    company.log_file.write_bytes(second + first)
    ran = company.run("log", "verify", *ON_LOG)
    assert (ran.code, [place for _, place, _ in ran.problems]) == (3, ["file:../policy.log@0"])


def test_a_head_of_another_commit_is_a_finding_about_the_head(company: Company) -> None:
    ran = company.run("log", "verify", *ON_LOG, "--commit", "HEAD~1")
    assert (ran.code, set(ran.codes), ran.problems[0][1]) == (3, {"GF434"}, "file:../policy.log")


def test_an_archive_with_a_gap_restores_nothing(company: Company) -> None:
    (company.folder / "archive/1/1.revision").unlink()
    company.log_file.unlink()
    ran = company.run("log", "restore", *ON_LOG, *Company.archive)
    refused(ran, "GF423")
    assert not company.log_file.exists()


def test_an_archive_entry_that_was_changed_restores_nothing(company: Company) -> None:
    entry = company.folder / "archive/1/2.revision"
    (changed,) = flip([b"", entry.read_bytes()])[1:]
    entry.write_bytes(changed)
    company.log_file.unlink()
    ran = company.run("log", "restore", *ON_LOG, *Company.archive)
    refused(ran, "GF421")
    assert ran.problems[0][1] == "../archive/1/2.revision"
    assert not company.log_file.exists()


def test_somebody_elses_archive_is_refused(company: Company, unpublished: Company, tmp_path: Path) -> None:
    other = unpublished.copy(tmp_path / "other")
    assert other.publish().code == 0
    before = company.everything()
    for command in ("archive", "restore"):
        ran = company.run("log", command, *ON_LOG, "--archive", str(other.folder / "archive"))
        assert (ran.code, ran.codes) == (1, ["GF421"])
    assert company.everything() == before


def test_a_broker_that_nobody_answers_at_is_unreachable_and_says_where(unpublished: Company) -> None:
    ran = unpublished.run("plan", *with_option(ON_LOG, "--log", "kafka:127.0.0.1:1/topic"))
    refused(ran, "GF450")
    assert ran.problems[0][1] == "kafka:127.0.0.1:1/topic"
    assert ran.err.startswith("waiting for kafka:127.0.0.1:1/topic, 10 s at most …\n")
    assert "Connection refused" in ran.err


# --- files that cannot be written -------------------------------------------------------------------------------------


def test_where_one_floor_cannot_be_written_none_is(company: Company) -> None:
    render = ("render", "--floors", *RENDER[1:])
    company.ok(*render)
    company.commit(
        "policies/clients/shipping/parcel-carrier.yaml", "kind: Client\n", "kind: Client\nstate: suspended\n"
    )
    assert company.publish().code == 0
    stone = company.folder / "fleet/terraform/teams/shipping/development/shipping/.floor.json.new"
    stone.mkdir()
    before = company.everything()
    refused(company.run(*render), "GF653")
    assert company.everything() == before
    stone.rmdir()
    assert company.ok(*render).out.startswith("3 files rendered, 6 kept;")


def test_a_floor_that_is_no_floor_is_rendered_anew(company: Company) -> None:
    render = ("render", "--floors", *RENDER[1:])
    company.ok(*render)
    floor = company.folder / "fleet/terraform/teams/orders/development/orders/floor.json"
    floor.write_text("{}")
    ran = company.ok(*render)
    assert ran.out.startswith("1 file rendered, 8 kept;")
    assert "floor.json: the previous one is refused (malformed)" in ran.err


@pytest.mark.skipif(may_write_everywhere(), reason="this user may write everywhere")
@pytest.mark.parametrize(
    ("folder", "command", "code"),
    [
        (".", [*PUBLISH, *Company.key], "GF520"),
        ("archive/1", [*PUBLISH, *Company.key], "GF420"),
        (".", ["render", "--floors", *RENDER[1:]], "GF653"),
        (".", ["keys", "new", "-e", "development", "--out", "../more"], "GF654"),
    ],
)
def test_a_folder_that_may_not_be_written_is_named(
    company: Company, folder: str, command: list[str], code: str
) -> None:
    company.commit("policies/clients/payments/checkout.yaml", "  payments:refund: {}\n", "")
    if code == "GF520":  # a log that is there could still be appended to
        company.log_file.unlink()
    before = company.everything()
    (company.folder / folder).chmod(0o500)
    ran = company.run(*command)
    (company.folder / folder).chmod(0o700)
    assert (ran.code, code in ran.codes) == (1, True)
    assert company.everything() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_result_that_cannot_be_written_is_an_error_and_no_defect(unpublished: Company) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "plan", *ON_LOG],
            cwd=unpublished.repo,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "gatefleet: GF659 No space left on device")
    assert "check the room on the disk" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(unpublished: Company) -> None:
    piped = f"{COMMAND} plan {' '.join(ON_LOG)} | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", piped], cwd=unpublished.repo, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("development: commit ")


def test_a_publish_whose_progress_nobody_reads_is_finished(fresh: Company) -> None:
    command = f"{COMMAND} {' '.join(PUBLISH)} {' '.join(Company.key)} 2> >(true)"
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo $?"], cwd=fresh.repo, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("\n0\n")
    assert len(fresh.lines()) == 1


def test_a_terminal_that_cannot_write_every_character_gets_what_it_can(unpublished: Company) -> None:
    ran = unpublished.run("plan", *ON_LOG, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (ran.code, ran.err) == (0, "")
    assert "sha256: 4bfb4b3e\\u2026" in ran.out


def test_closed_streams_are_no_defect(unpublished: Company) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        command = f"{COMMAND} validate {closed}; echo ended with $?"
        done = subprocess.run(
            ["bash", "-c", command], cwd=unpublished.repo, capture_output=True, text=True, check=False
        )
        assert done.stdout.splitlines()[-1] == "ended with 0"
        assert done.stderr == ""


def test_an_interrupt_ends_with_130_and_says_so(unpublished: Company) -> None:
    command = [COMMAND, "plan", *with_option(ON_LOG, "--log", "kafka:127.0.0.1:1/topic")]
    # A shell's background jobs, this test perhaps among them, and their children are told to ignore an interrupt.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = subprocess.Popen(
            command, cwd=unpublished.repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, heard)
    with ran:
        assert ran.stderr is not None
        assert ran.stderr.readline().startswith("waiting for kafka:")
        ran.send_signal(signal.SIGINT)
        out, err = ran.communicate()
    assert (ran.returncode, out, err) == (130, "", "interrupted\n")


def test_a_folder_that_is_gone_is_named_as_such(tmp_path: Path) -> None:
    command = f"mkdir gone && cd gone && rmdir ../gone && {COMMAND} validate"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "gatefleet: GF659 No such file or directory")
