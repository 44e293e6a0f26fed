"""Every folder of code is a package."""

import pytest

from deploy.local.state import CHECKOUT


@pytest.mark.parametrize("root", ["shared", "services", "deploy", "cli", "tests"])
def test_every_folder_of_code_is_a_package(root: str) -> None:
    """One without `__init__.py` runs all the same, but neither the import contracts nor the built package see it."""
    folders = {file.parent for file in (CHECKOUT / root).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
