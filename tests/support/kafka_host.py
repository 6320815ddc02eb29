"""Holds the one broker of a test run: `python -m tests.support.kafka_host FOLDER`.

Says `ready` on stdout once FOLDER/access.json is there, and stops the broker when nobody holds a lock on FOLDER/users
any more. The kernel lets go of a lock when its holder ends, however it ends, so no run leaves a broker behind.
"""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

from gatefleet.local.broker import Broker
from gatefleet.problems import GatefleetError


def main(folder: Path) -> int:
    access = folder / "access.json"
    try:
        with Broker() as broker, (folder / "users").open("a") as users:
            half = folder / "access.json.half"
            half.touch(mode=0o600)
            half.write_text(broker.access.to_json())
            half.rename(access)
            print("ready", flush=True)
            fcntl.flock(users, fcntl.LOCK_EX)
            # Whoever comes now waits for this lock, finds no broker and starts another host.
            access.unlink()
    except GatefleetError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
