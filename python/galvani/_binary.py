"""The place of the binary `galvani`."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Optional, Union

from ._errors import BinaryNotFoundError

#: The variable that names the binary.
VARIABLE = "GALVANI"


def binary(path: Optional[Union[str, "os.PathLike[str]"]] = None) -> str:
    """Returns the path of the binary.

    It is `path` if that is given; else the one that the variable `GALVANI` names; else the one that was installed with
    this package; else the first on the `PATH`.

    Raises:
        BinaryNotFoundError: there is none, or what is named is not a program.
    """
    named = os.fspath(path) if path is not None else os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            source = "the argument `binary`" if path is not None else f"the variable `{VARIABLE}`"
            raise BinaryNotFoundError(f"{source} names `{named}`, which is not a program that can be run")
        return found
    installed = Path(sysconfig.get_path("scripts")) / "galvani"
    if os.access(installed, os.X_OK):
        return str(installed)
    found = shutil.which("galvani")
    if found is None:
        raise BinaryNotFoundError(
            "there is no program `galvani` on the `PATH`",
            f"install it with `cargo install --path .` or `pip install .`, or name it in the variable `{VARIABLE}`",
        )
    return found
