"""The lock files fit pyproject.toml, keep the base install small and name no CUDA package."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[2]
with (PROJECT / "pyproject.toml").open("rb") as file:
    METADATA = tomllib.load(file)


def pins(name: str) -> dict[str, Version]:
    """Give the version that a lock file names for each package."""
    lines = (PROJECT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    parts = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in parts}


BASE, DEV = pins("base.txt"), pins("dev.txt")


def unmet(requirements: Iterable[str], locked: dict[str, Version]) -> list[str]:
    """List the requirements that no locked version meets."""
    asked = [Requirement(requirement) for requirement in requirements]
    return [
        str(one)
        for one in asked
        if (found := locked.get(canonicalize_name(one.name))) is None or found not in one.specifier
    ]


def test_the_base_install_has_fewer_than_twenty_packages_with_sertain_itself() -> None:
    assert len(BASE) + 1 < 20


def test_the_base_install_meets_every_dependency() -> None:
    assert not unmet(METADATA["project"]["dependencies"], BASE)


@pytest.mark.parametrize("extra", ["train", "page"])
def test_the_development_install_meets_the_extras_and_the_tools(extra: str) -> None:
    needed = METADATA["project"]["optional-dependencies"][extra]
    assert not unmet([*needed, *METADATA["dependency-groups"]["dev"]], DEV)


def test_both_lock_files_name_the_same_version_of_what_they_share() -> None:
    assert {name: DEV.get(name) for name in BASE} == BASE


def test_torch_is_the_version_that_is_installed_first() -> None:
    assert pins("torch.txt") == {"torch": DEV["torch"]}


@pytest.mark.parametrize(
    "package", ["torch", "lightning", "pandas", "pydantic", "scikit-learn", "gradio"]
)
def test_the_base_install_brings_nothing_that_trains(package: str) -> None:
    assert package not in BASE


def test_no_lock_file_asks_for_cuda() -> None:
    assert not [name for name in DEV if name.startswith(("nvidia", "cuda", "triton"))]


def test_every_extra_is_in_all() -> None:
    extras = METADATA["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert Requirement(everything).extras == set(extras) - {"all"}
