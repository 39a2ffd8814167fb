"""The public face: what `import tierwise` promises."""

from __future__ import annotations

import subprocess
import sys

import tierwise


def test_every_public_name_can_be_had():
    """Each name of __all__ is an object of ours."""
    for name in tierwise.__all__:
        assert getattr(tierwise, name).__module__.startswith("tierwise.")


def test_the_list_and_the_homes_agree():
    """A name is listed exactly when it has a home."""
    assert sorted(tierwise._HOME_OF) == sorted(tierwise.__all__)
    assert dir(tierwise) == sorted(tierwise.__all__)


def test_importing_costs_nothing():
    """`import tierwise` loads no engine and no data frame library."""
    code = (
        "import sys, tierwise; print([m for m in ('ibis','duckdb','pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_no_engine():
    """`tierwise --help` waits for no engine: the commands bring it when they run."""
    code = (
        "import sys; sys.argv = ['tierwise', 'value', '--help']\n"
        "from tierwise.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('ibis', 'duckdb', 'pyarrow', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_questions_without_a_model_load_none():
    """SciPy takes two seconds to import; where customers stand needs none of it."""
    code = (
        "import sys, tierwise.workflows.value, tierwise.cli.main\n"
        "print([m for m in ('scipy', 'numba', 'pandas', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
