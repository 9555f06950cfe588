"""Who a database server runs as: database servers refuse to be root."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path
from typing import Any

from attrs import frozen


@frozen
class Account:
    """A user of this machine."""

    uid: int
    gid: int

    @classmethod
    def of_servers(cls) -> Account:
        """Ourselves; `nobody` when we are root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def popen(self) -> dict[str, Any]:
        """What `subprocess` must be told so that a program runs as this user."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def make_folder(self, prefix: str) -> Path:
        """A new temporary folder that belongs to this user alone."""
        folder = Path(tempfile.mkdtemp(prefix=f"marketpay-{prefix}-"))
        os.chown(folder, self.uid, self.gid)
        return folder
