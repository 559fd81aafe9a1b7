"""The constants agree with the catalog."""

import pathlib
import re
import subprocess
import sys

import pytest

from tidings_client.catalog import share, volume

GENERATE = pathlib.Path(__file__).parent.parent / "generate.py"


def test_the_constants_are_up_to_date():
    done = subprocess.run([sys.executable, str(GENERATE), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_site_can_have_constants_of_its_own(tmp_path):
    (tmp_path / "billing.toml").write_text(
        'prefix = "BILLING"\n[resources]\nBUDGET = { ids = "uuid", text = "budget" }\n'
        '[messages.USED_UP]\nid = "000001"\ntext = "The \\"budget\\" is used up."\n'
    )
    command = [sys.executable, str(GENERATE), "-o", str(tmp_path), str(tmp_path / "billing.toml")]
    checked = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert "out of date: billing.py" in checked.stderr
    subprocess.run(command, check=True)
    written = {}
    exec((tmp_path / "billing.py").read_text(), written)
    assert written["Message"].USED_UP == "BILLING_000001"
    assert written["Resource"].BUDGET == "BUDGET"


def test_the_version_is_that_of_the_server():
    package, server = GENERATE.parent / "pyproject.toml", GENERATE.parent.parent.parent / "Cargo.toml"
    versions = [re.search(r'^version = "(.+)"$', path.read_text(), re.MULTILINE)[1] for path in (package, server)]
    assert versions[0] == versions[1]


@pytest.mark.parametrize("service", [volume, share])
def test_ids_are_unique_and_complete(service):
    for constants in (service.Action, service.Detail):
        named = [value for name, value in vars(constants).items() if name.isupper() and name != "ALL"]
        assert tuple(named) == constants.ALL
        assert len({number for number, _ in named}) == len(named)
    assert set(service.EXCEPTIONS.values()) <= set(service.Detail.ALL)
