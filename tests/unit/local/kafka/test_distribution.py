"""Java and Maven stand here as scripts: that they are missing, old or broken cannot be had otherwise."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from gatefleet.local.kafka.distribution import Distribution, cache_folder, kafka_distribution
from gatefleet.problems import GatefleetError

JAVA = """\
#!/bin/sh
echo 'openjdk version "{version}" 2026-01-20' >&2
"""
# Slow enough that a second process comes while the first copies.
MAVEN = """\
#!/bin/sh
echo run >> "$COUNT"
sleep 0.3
for last; do true; done
libs="${last#-DoutputDirectory=}"
mkdir -p "$libs"
touch "$libs/kafka.jar" "$libs/a.jar"
"""
BROKEN_MAVEN = """\
#!/bin/sh
echo "[INFO] Downloading"
echo "[ERROR] Could not transfer artifact from/to mirror (https://mirror.example.com/maven2): timed out"
exit 1
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH beside the system's own tools, with a good Java and a good Maven."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    for tool in ("mkdir", "touch", "sleep"):
        (folder / tool).symlink_to(f"/bin/{tool}")
    _script(folder / "java", JAVA.format(version="21.0.9"))
    _script(folder / "mvn", MAVEN)
    return folder


def test_the_jars_are_copied_once_and_then_found(tools: Path, tmp_path: Path) -> None:
    first = kafka_distribution(tmp_path / "cache")
    assert kafka_distribution(tmp_path / "cache") == first
    assert (tmp_path / "count").read_text() == "run\n"
    assert first.java == str(tools / "java")
    assert first.java_version == "21.0.9"
    assert sorted(path.name for path in (first.home / "libs").iterdir()) == ["a.jar", "kafka.jar"]


def test_two_processes_at_once_copy_once(tools: Path, tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        found: list[Distribution] = list(pool.map(kafka_distribution, [tmp_path / "cache"] * 2))
    assert found[0] == found[1]
    assert (tmp_path / "count").read_text() == "run\n"


def test_the_class_path_is_in_an_order_that_does_not_change(tools: Path, tmp_path: Path) -> None:
    found = kafka_distribution(tmp_path / "cache")
    command = found.command("kafka.Kafka", "server.properties", jvm=("-Xmx192m",))
    libs = found.home / "libs"
    assert command[-4:] == ["-cp", f"{libs / 'a.jar'}:{libs / 'kafka.jar'}", "kafka.Kafka", "server.properties"]
    assert "-Xmx192m" in command


def test_java_home_comes_before_the_path(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "jdk" / "bin" / "java"
    other.parent.mkdir(parents=True)
    _script(other, JAVA.format(version="17.0.1"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert kafka_distribution(tmp_path / "cache").java == str(other)


def test_without_java_it_is_said_what_to_install(tools: Path, tmp_path: Path) -> None:
    (tools / "java").unlink()
    _refused(tmp_path, r"GF661 Java is not installed.*apt-get install openjdk-17-jre-headless.*JAVA_HOME")


def test_an_old_java_is_refused(tools: Path, tmp_path: Path) -> None:
    _script(tools / "java", JAVA.format(version="1.8.0_402"))
    _refused(tmp_path, r"GF661 Java 1\.8\.0_402 is too old; Apache Kafka 4 needs 17 or newer")


def test_without_maven_it_is_said_what_to_install(tools: Path, tmp_path: Path) -> None:
    (tools / "mvn").unlink()
    _refused(tmp_path, r"GF662 Maven is not installed.*apt-get install maven")


def test_a_failed_copy_is_explained_without_addresses_and_leaves_nothing_behind(tools: Path, tmp_path: Path) -> None:
    _script(tools / "mvn", BROKEN_MAVEN)
    _refused(tmp_path, r"GF663 .*Could not transfer artifact from/to mirror \(the repository")
    _script(tools / "mvn", MAVEN)
    assert (kafka_distribution(tmp_path / "cache").home / "libs").is_dir()


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache_folder({"GATEFLEET_CACHE": "/var/cache/gf"}) == Path("/var/cache/gf")


def _refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(GatefleetError, match=said):
        kafka_distribution(tmp_path / "cache")


def _script(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)
