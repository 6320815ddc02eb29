"""Apache Kafka on this machine: its jars, copied once by Maven, and the Java command that runs a class of it.

`kafka/pom.xml` says which version. Everything is kept below `.cache/kafka/<version>-<digest of the pom>`, so a changed
pom is a new folder; a file lock lets two processes ask at once, and nothing half-made stands under its final name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatefleet.problems import GatefleetError, failure

POM = Path(__file__).parent / "pom.xml"
OLDEST_JAVA = 17
_REPOSITORY = Path(__file__).parents[4]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The jars of one Kafka version (in `home/libs`) and the Java that runs them."""

    home: Path
    java: str
    java_version: str

    def command(self, main: str, *arguments: str, jvm: tuple[str, ...] = ()) -> list[str]:
        """The command line of one Kafka class. Small and quick to start: a test broker lives for minutes."""
        quick = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Djava.awt.headless=true")
        # An order of jars that never changes: the class-data archive is valid for exactly one class path.
        classpath = os.pathsep.join(str(jar) for jar in sorted((self.home / "libs").glob("*.jar")))
        return [self.java, *quick, *jvm, "-cp", classpath, main, *arguments]


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where downloads are kept: `GATEFLEET_CACHE`, else `.cache` of the repository, else the user's cache."""
    if named := environ.get("GATEFLEET_CACHE"):
        return Path(named)
    if (_REPOSITORY / "pyproject.toml").is_file():
        return _REPOSITORY / ".cache"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatefleet"


def kafka_distribution(cache: Path | None = None) -> Distribution:
    """Find the Kafka of `pom.xml` in the cache, or copy it there with Maven.

    Raises `GatefleetError`: GF661 no Java of at least 17, GF662 no Maven, GF663 Maven could not copy the jars.
    """
    java, java_version = _java()
    home = (cache or cache_folder()) / "kafka" / _edition(POM.read_bytes())
    if not (home / "libs").is_dir():
        with exclusive(home.parent / f"{home.name}.lock"):
            if not (home / "libs").is_dir():
                _copy_jars(home)
    return Distribution(home, java, java_version)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the file lock `lock`; the kernel lets go of it when this process ends, however it ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _edition(pom: bytes) -> str:
    version = re.search(rb"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([\w.]+)</version>", pom)
    return f"{version[1].decode() if version else 'kafka'}-{hashlib.sha256(pom).hexdigest()[:8]}"


def _copy_jars(home: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise failure(
            "GF662",
            "mvn",
            "Maven is not installed; it copies Apache Kafka's jars once",
            fix="install it: `apt-get install maven` (Debian, Ubuntu), `brew install maven` (macOS)",
        )
    home.mkdir(parents=True, exist_ok=True)
    # Maven writes its `target` folder beside the pom, which may be read-only: it gets a copy.
    with tempfile.TemporaryDirectory(dir=home) as folder:
        pom = shutil.copy(POM, folder)
        libs = Path(folder) / "libs"
        done = subprocess.run(
            [maven, "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={libs}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise _copy_failed(done.stdout + done.stderr)
        libs.rename(home / "libs")


def _copy_failed(output: str) -> GatefleetError:
    errors = [line for line in output.splitlines() if line.startswith("[ERROR]")]
    first = re.sub(r"https?://\S+", "the repository", errors[0] if errors else "no output")
    return failure(
        "GF663",
        "kafka/pom.xml",
        f"Maven could not copy Apache Kafka's jars: {first[:300]}",
        fix="check that Maven reaches its repository (a proxy or mirror stands in ~/.m2/settings.xml) and try again",
    )


def _java() -> tuple[str, str]:
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    java = next((c for c in candidates if os.access(c, os.X_OK)), None) or shutil.which("java")
    if java is None:
        raise _no_java("Java is not installed; Apache Kafka runs on it")
    # `java -version` costs a JVM start of some 50 ms and is the only answer every vendor gives.
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?P<full>(?P<major>\d+)[^"]*)"', said.stderr + said.stdout)
    if version is None:
        raise _no_java(f"`{java}` does not tell its version")
    if int(version["major"]) < OLDEST_JAVA:
        raise _no_java(f"Java {version['full']} is too old; Apache Kafka 4 needs {OLDEST_JAVA} or newer")
    return java, version["full"]


def _no_java(what: str) -> GatefleetError:
    return failure(
        "GF661",
        "java",
        what,
        fix=f"install it: `apt-get install openjdk-{OLDEST_JAVA}-jre-headless` (Debian, Ubuntu), "
        f"`brew install openjdk@{OLDEST_JAVA}` (macOS), or set JAVA_HOME",
    )
