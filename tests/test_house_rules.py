"""The rules of the house: which way imports point, what start-up may load, how large things get, and the gates."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from language import command

from grokcli.cli import COMMANDS
from grokcli.config.settings import SETTINGS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "grokcli"
README = (ROOT / "README.md").read_text("utf-8")

# From the ground up. A module imports from lower floors, or from its own package.
FLOORS = [
    {"grokcli", "errors", "events", "files", "models"},
    {"tools", "config"},
    {"chat"},
    {"client"},
    {"terminal"},
    {"env"},
    {"input", "render", "store"},
    {"turn"},
    {"repl"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
HEAVY = {"requests", "urllib3", "rich", "pydantic", "prompt_toolkit", "sqlite3", "tomlkit", "xllamacpp", "markdown_it"}
# Outgrown on purpose, with the reason.
LARGE: dict[str, str] = {}


def floor(module: str) -> int:
    name = module.removeprefix("grokcli.").split(".")[0]
    return next(number for number, names in enumerate(FLOORS) if name in names)


def imports(path: Path):
    """Yield every module of ours that the file imports, save for type checkers only."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and isinstance(branch.test, ast.Name) and branch.test.id == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in for_types and (node.module or "").startswith("grokcli"):
            yield node.module if node.module != "grokcli" else "grokcli.grokcli"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    own = "grokcli" if parts[0] == "__init__" else parts[0]
    for module in imports(path):
        imported = module.removeprefix("grokcli.").split(".")[0]
        assert imported == own or floor(imported) < floor(own), module


def test_every_module_has_its_floor():
    names = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if path.suffix in ("", ".py")}
    placed = set().union(*FLOORS) - {"grokcli"}
    assert names - {"__init__", "__pycache__"} == placed


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text("utf-8")
    if str(path.relative_to(PACKAGE)) not in LARGE:
        assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body_lines = node.end_lineno - node.body[0].lineno + 1
            assert body_lines <= 40, node.name


def loaded_by(environ, *words):
    """Return the modules that a run of grok loads."""
    code = (
        "import sys, json\nfrom grokcli.cli import run\n"
        "try: run()\nexcept SystemExit as exit: print(json.dumps([exit.code, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "code"), [(["--version"], 0), (["ask", "hi"], 3), (["config", "path"], 0), (["ask"], 2)]
)
def test_what_needs_no_network_loads_nothing_heavy(environ, words, code):
    del environ["XAI_API_KEY"]
    exit_code, modules = loaded_by(environ, *words)
    assert exit_code == code
    assert HEAVY & set(modules) == set()


def test_asking_loads_no_more_than_it_must(environ, server):
    from server import answer

    server.reply(answer("ok"))
    exit_code, modules = loaded_by(environ, "ask", "hi")
    assert exit_code == 0
    assert (HEAVY | {"charset_normalizer", "tomllib", "jsonschema"}) & set(modules) == {
        "requests",
        "urllib3",
        "sqlite3",
    }
    unused = {"client.wire.responses", "client.images", "render.extract", "terminal.confirm"}
    unused |= {"turn.response_format", "turn.json_schema", "turn.toolset", "tools.tool", "tools.server_tools"}
    assert {f"grokcli.{name}" for name in unused} & set(modules) == set()


def test_help_is_plain_and_complete(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert all(f"  {name} " in out for name in COMMANDS)
    assert run().out == out
    assert run("ask", "--help").out.isascii()


def test_version(grok):
    code, out, err = grok("--version")
    assert (code, err) == (0, "")
    assert out.startswith("grok ")


def test_the_readme_knows_every_command_setting_and_exit_code():
    for name in COMMANDS:
        assert f"grok {name}" in README
    for setting in SETTINGS.values():
        assert f"`{setting.name}`" in README
        assert f"`{setting.environment}`" in README
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 130, 141, 143):
        assert f"| {code} |" in README


def test_ci_runs_the_readmes_test_command():
    line = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert line in README
    assert "pytest" in line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completions_are_current(grok, shell):
    suffix = {"powershell": "ps1"}.get(shell, shell)
    assert grok("completion", shell).out == (ROOT / "completions" / f"grok.{suffix}").read_text("utf-8")


def test_a_shell_completes_subcommands_and_options(environ):
    for typed, expected in [("grok a", "ask"), ("grok ask --no-st", "--no-stream"), ("grok config s", "set")]:
        asked = {"_GROK_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
        done = subprocess.run(command(), capture_output=True, text=True, env=environ | asked, check=True)
        assert expected in done.stdout.split()


@pytest.mark.parametrize(
    "gate", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=["lint", "format", "types"]
)
def test_gates(gate):
    done = subprocess.run([sys.executable, "-m", *gate], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
