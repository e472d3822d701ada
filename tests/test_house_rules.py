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

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "grokcli"
README = (ROOT / "README.md").read_text("utf-8")

# From the ground up. A module imports from lower floors, or from its own folder.
FLOORS = [
    {"__init__", "errors", "events", "models"},
    {"files"},
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
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_PARAMETERS = 300, 40, 8


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(module: str) -> str:
    """Return what a module of ours lies in, at the top of the package."""
    return module.removeprefix("grokcli").removeprefix(".").split(".")[0] or "__init__"


def floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room(module) in rooms)


def imports(path: Path):
    """Yield every module of ours that the file imports, for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "grokcli":
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (one if (PACKAGE.parent / one.replace(".", "/")).exists() or is_file(one) else node.module
                        for one in modules)  # fmt: skip
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "grokcli")


def is_file(module: str) -> bool:
    return (PACKAGE.parent / (module.replace(".", "/") + ".py")).exists()


def test_imports_point_down():
    for path in MODULES:
        if name_of(path) != "__init__.py":
            own = path.relative_to(PACKAGE).with_suffix("").parts[0]
            for module in imports(path):
                assert room(module) == own or floor(module) < floor(own), f"{name_of(path)} imports {module}"


def test_the_package_itself_imports_nothing_before_it_is_used(environ):
    code = "import grokcli, sys; print([name for name in sys.modules if name.startswith('grokcli.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout == "[]\n"


def test_the_top_of_the_package_is_as_planned():
    names = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in MODULES}
    assert names == set().union(*FLOORS)


def test_no_folder_is_imported_in_a_circle():
    """Within a floor, too: `input`, `render` and `store` know nothing of one another's insides."""
    arrows = {(room(name_of(path).removesuffix(".py").replace("/", ".")), room(module))
              for path in MODULES if name_of(path) != "__init__.py" for module in imports(path)}  # fmt: skip
    assert [(a, b) for a, b in arrows if a != b and (b, a) in arrows] == []
    assert len([(a, b) for a, b in arrows if a != b]) <= 93


def test_the_markdown_library_knows_nothing_of_grok_but_the_sanitizer():
    inside = [path for path in MODULES if name_of(path).startswith("render/markdown/")]
    foreign = {
        module for path in inside for module in imports(path) if not module.startswith("grokcli.render.markdown")
    }
    assert foreign == {"grokcli.terminal.sanitize"}


def test_files_and_functions_stay_small():
    for path in MODULES:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= MOST_LINES, name_of(path)
        for name, node in functions(ast.parse(text)):
            where = f"{name_of(path)}: {name}"
            assert node.end_lineno - node.lineno + 1 <= MOST_LINES_OF_A_FUNCTION, where
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = [one for one in given if one.arg not in ("self", "cls")]
            assert len(parameters) <= MOST_PARAMETERS, where


def functions(node, inside=""):
    """Yield each function with its name, `Class.method` for those of classes."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{inside}{child.name}", child
            yield from functions(child, f"{inside}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{inside}{child.name}.")
        else:
            yield from functions(child, inside)


def loaded_by(environ, *words):
    """Return the modules that a run of grok loads."""
    code = (
        "import sys, json\nfrom grokcli.cli import main\nfrom grokcli.env import Env\nenv = Env.real()\n"
        "print(json.dumps([main(sys.argv[1:], env), sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("words", "code"), [(["--version"], 0), (["ask", "hi"], 3), (["config", "path"], 0), (["ask"], 2)]
)
def test_what_needs_no_network_loads_nothing_heavy(environ, words, code):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
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


def test_version(grok):
    code, out, err = grok("--version")
    assert (code, err) == (0, "")
    assert out.startswith("grok ")


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


def test_every_program_that_is_started_is_given_its_environment():
    """What it would inherit holds the key."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen"):
                where = f"{name_of(path)}: {ast.unparse(node)}"
                assert "env" in {keyword.arg for keyword in node.keywords}, where
            elif isinstance(node, ast.ImportFrom):
                assert node.module != "subprocess", name_of(path)
