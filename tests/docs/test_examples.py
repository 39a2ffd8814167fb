"""Every example in README.md and docs/ does what it shows.

A document is read from top to bottom in one copy of the repository, as a reader
would, so a later example may use what an earlier one made:

- In a ```console block, lines that start with "$ " are run by bash, one after
  the other (a line that ends with a backslash goes on in the next). Each must
  end with exit code 0, or with N when "# exit N" stands behind the command or
  on the line after it. The lines below it must occur in what it prints, in
  that order; a line "..." stands for anything, and "..." within a line for any
  text.
- A ```python block is executed; one with ">>>" is checked as a doctest.
- Blocks with any other tag (```text, ```toml, ...) are not run.

Not run, though they stand in console blocks: `make run`, `make test` and
`make setup` (they would start the tests within the tests), `git clone` (needs a
network), and what never ends because it serves: `tierwise serve` and
`tierwise demo --serve`.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [
    path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))) if path.exists()
]
NOT_RUN = re.compile(
    r"make (run|test|setup)\b|git clone\b|tierwise serve\b|tierwise demo\b.*--serve\b"
)
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<tag>\w+)[^\n]*\n(?P<body>.*?)^(?P=indent)```\s*$",
    re.MULTILINE | re.DOTALL,
)
EXIT = re.compile(r"\s*#\s*exit (\d+)\s*$")
TIMEOUT_S = 300


@dataclass(frozen=True)
class Block:
    tag: str
    lines: tuple[str, ...]
    first_line: int  # line of the document on which the block's text starts


@dataclass(frozen=True)
class Command:
    text: str
    line: int
    exit_code: int
    shown: tuple[str, ...]


def blocks_of(text: str) -> list[Block]:
    found = []
    for fence in FENCE.finditer(text):
        indent = len(fence["indent"])
        lines = tuple(line[indent:].rstrip() for line in fence["body"].splitlines())
        found.append(Block(fence["tag"], lines, text.count("\n", 0, fence.start("body")) + 1))
    return found


def commands_of(block: Block) -> list[Command]:
    numbered = list(enumerate(block.lines, block.first_line))
    commands = []
    while numbered:
        line, text = numbered.pop(0)
        if not text.startswith("$ "):
            continue
        command = text[2:]
        while command.endswith("\\") and numbered:
            command += "\n" + numbered.pop(0)[1].removeprefix("> ")
        shown = []
        while numbered and not numbered[0][1].startswith("$ "):
            shown.append(numbered.pop(0)[1])
        code = EXIT.search(command)
        if not code and shown and (code := EXIT.fullmatch(shown[0])):
            shown.pop(0)
        commands.append(
            Command(EXIT.sub("", command), line, int(code[1]) if code else 0, tuple(shown))
        )
    return commands


def first_missing(shown: tuple[str, ...], printed: str) -> str | None:
    """The first shown line that does not occur, in order, in what was printed."""
    remaining = iter(printed.splitlines())
    for line in shown:
        if not line.strip(" ."):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        if not any(pattern.fullmatch(candidate.rstrip()) for candidate in remaining):
            return line
    return None


class Reader:
    """Follows one document, keeping folder and Python names from block to block."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__main__"}

    def follow(self, block: Block) -> None:
        if block.tag == "console":
            for command in commands_of(block):
                if not NOT_RUN.match(command.text):
                    self.run(command)
        elif block.tag == "python":
            self.execute(block)

    def run(self, command: Command) -> None:
        where = f"{self.name}:{command.line}: $ {command.text}"
        folder_file = self.folder.parent / f".{os.getpid()}.folder"
        # The folder after the command is where the next one starts.
        script = f"trap 'pwd > {shlex.quote(str(folder_file))}' EXIT\n{command.text}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
        if done.returncode != command.exit_code:
            pytest.fail(f"{where}\nends with exit {done.returncode}\n{done.stdout}", pytrace=False)
        missing = first_missing(command.shown, done.stdout)
        if missing is not None:
            pytest.fail(f"{where}\ndoes not print\n{missing}\nbut\n{done.stdout}", pytrace=False)
        self.folder = Path(folder_file.read_text().strip())
        folder_file.unlink()

    def execute(self, block: Block) -> None:
        os.chdir(self.folder)
        source = "\n".join(block.lines) + "\n"
        if ">>> " in source:
            parser = doctest.DocTestParser()
            example = parser.get_doctest(source, {}, self.name, self.name, block.first_line - 1)
            example.globs = self.names
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            report: list[str] = []
            runner.run(example, out=report.append, clear_globs=False)
            if runner.failures:
                pytest.fail("".join(report), pytrace=False)
        else:
            # The empty lines make a traceback name the document's own line.
            exec(compile("\n" * (block.first_line - 1) + source, self.name, "exec"), self.names)


@pytest.fixture(scope="session")
def tierwise_home(tmp_path_factory):
    """Where demo projects are built, once for all documents."""
    return tmp_path_factory.mktemp("tierwise-home")


@pytest.fixture
def reader(request, tmp_path, tierwise_home, monkeypatch):
    document: Path = request.param
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TIERWISE_HOME", str(tierwise_home))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(tmp_path)
    return Reader(str(document.relative_to(ROOT)), copy_of_repository(tmp_path / "tierwise"))


def copy_of_repository(target: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.mark.slow
@pytest.mark.parametrize(
    "reader", DOCUMENTS, indirect=True, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)
def test_examples_do_what_they_show(reader):
    for block in blocks_of((ROOT / reader.name).read_text(encoding="utf-8")):
        reader.follow(block)


SAMPLE = """
```console
$ mkdir -p shop && cd shop
$ echo one; echo 'two 2.5 s'; echo three
one
two ... s
...
$ false  # exit 1
$ pwd | xargs \\
> basename
shop
$ tierwise serve
```

```python
from pathlib import Path
folder = Path.cwd().name
```

- in a list:

  ```python
  >>> folder
  'shop'
  ```

```toml
not = "run"
```
"""


def test_an_example_runs_where_the_one_before_it_left_off(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copy").mkdir()
    reader = Reader("sample.md", tmp_path / "copy")
    for block in blocks_of(SAMPLE):
        reader.follow(block)
    assert reader.names["folder"] == "shop"


@pytest.mark.parametrize(
    ("example", "complaint"),
    [
        ("$ echo two\none", "sample.md:2: [$] echo two\ndoes not print\none"),
        ("$ echo a; echo b\nb\na", "does not print\na"),
        ("$ exit 3", "sample.md:2: [$] exit 3\nends with exit 3"),
        ("$ true  # exit 1", "sample.md:2"),
        ("$ true\n# exit 1", "sample.md:2"),
    ],
)
def test_an_example_that_lies_is_named(tmp_path, example, complaint):
    reader = Reader("sample.md", tmp_path)
    (block,) = blocks_of(f"```console\n{example}\n```\n")
    with pytest.raises(pytest.fail.Exception, match=complaint):
        reader.follow(block)
