"""What is missing is named with the command that installs it: run as printed, it makes grok work."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from server import answer

from grokcli.client import extras

ROOT = Path(__file__).parents[2]
ABSENT = ("askgrok", "xllamacpp", "socks", "PySocks", "pysocks")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")


def shell_command(err: str) -> str:
    found = re.search(r"^hint: install it: (.+)$", err, re.MULTILINE)
    assert found, err
    return found[1]


@pytest.fixture
def environment(environ, tmp_path):
    """Make a venv at a path with a space that has grok and what it needs, but no extras, at no cost: by links."""

    def make(place: str, *, marker: str = "", pip: bool) -> Path:
        venv = tmp_path / "some tools" / place
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        if marker:
            (venv / marker).touch()
        links = tmp_path / "links"
        links.mkdir(exist_ok=True)
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            is_left_out = path.name.startswith(ABSENT) or path.suffix == ".pth" or (path.name == "pip" and not pip)
            if not is_left_out:
                (links / path.name).symlink_to(path)
        packages = next(venv.glob("lib/python*/site-packages"))
        (packages / "ours.pth").write_text(f"{ROOT}\n{links}\n")
        return venv / "bin" / "python"

    return make


@pytest.fixture
def ask(environ, tmp_path):
    """Ask with the grok of an environment."""

    def run(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "grokcli", "ask", *words, "hi"],
            env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip

    environ["GROK_LOCAL_MODEL"] = str(tmp_path / "any.gguf")
    (tmp_path / "any.gguf").touch()
    return run


PIP = ["{python}", "-m", "pip", "install"]
UV = ["uv", "pip", "install", "--python", "{python}"]


@pytest.mark.parametrize(
    ("place", "marker", "pip", "command"),
    [
        ("venv", "", True, PIP),
        ("uv venv", "", False, UV),
        ("uv/tools/askgrok", "uv-receipt.toml", False, UV),
        ("uv/tools/askgrok", "uv-receipt.toml", True, UV),
        ("pipx/venvs/askgrok", "pipx_metadata.json", True, ["pipx", "inject", "askgrok"]),
        ("pipx/venvs/askgrok@2", "pipx_metadata.json", False, ["pipx", "inject", "askgrok@2"]),
        ("pipx/.cache/0123", "pipx_metadata.json", True, PIP),
    ],
)
def test_the_command_fits_the_way_grok_was_installed(environment, ask, environ, place, marker, pip, command):
    python = environment(place, marker=marker, pip=pip)
    command = [word.format(python=python) for word in command]
    done = ask(python, "-m", "local")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the local model needs xllamacpp, which is not installed\nhint: ")
    assert shlex.split(shell_command(done.stderr)) == [*command, extras.LOCAL]
    environ["XAI_BASE_URL"] = "https://api.example/v1"
    done = ask(python, "--proxy", "socks5://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert shlex.split(shell_command(done.stderr)) == [*command, extras.SOCKS]


@pytest.mark.parametrize("way", ["pip", "uv"])
def test_the_command_run_as_printed_makes_it_work(environment, ask, environ, server, tmp_path, way):
    """With an index on this disk, and an engine in it that leaves the answer to the scripted server."""
    if way == "pip":
        pytest.importorskip("pip", reason="this environment has no pip")
    elif shutil.which("uv") is None:
        pytest.skip("there is no uv")
    add_engine(tmp_path)
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    environ |= {
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }
    environ["ENGINE"] = server.url.removesuffix("/v1")
    server.reply(answer("Hello"))
    python = environment("venv", pip=way == "pip")
    line = shell_command(ask(python, "-m", "local").stderr)
    done = subprocess.run(line, shell=True, env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = ask(python, "-m", "local")
    assert (done.returncode, done.stdout) == (0, "Hello\n"), done.stderr


def add_engine(index: Path) -> None:
    """Put a package into `index` that has the name of the engine."""
    about = "xllamacpp-2026.9.dist-info"
    code = (
        "import os\nfrom unittest.mock import MagicMock as CommonParams\n"
        "class Server:\n    def __init__(self, params): self.listening_address = os.environ['ENGINE']\n"
    )
    with zipfile.ZipFile(index / "xllamacpp-2026.9-py3-none-any.whl", "w") as wheel:
        wheel.writestr("xllamacpp.py", code)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: xllamacpp\nVersion: 2026.9\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def test_what_is_named_is_what_the_extras_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["optional-dependencies"]["local"] == [extras.LOCAL]
    assert project["optional-dependencies"]["socks"] == [extras.SOCKS]
    assert project["optional-dependencies"]["documents"] == [extras.PDF, extras.WORD, extras.EXCEL]


def test_nothing_tells_anyone_to_install_us_from_an_index():
    """No index has us, and what is there under our package's name is somebody else's."""
    for path in [*(ROOT / "grokcli").rglob("*.py"), ROOT / "CONTRIBUTING.md"]:
        text = path.read_text("utf-8")
        assert not re.search(r"\b(install|inject|--with)\b[^\n]*\b(grokcli|askgrok)\[", text), path
        assert not re.search(r"\b(pip|pipx|tool) install (-\S+ )*['\"]?(grokcli|askgrok)\b", text), path


@pytest.mark.installs
@pytest.mark.parametrize("way", ["pip", "pipx", "uv tool", "uv venv"])
def test_the_command_makes_a_real_installation_work(way, tmp_path, tmp_path_factory):
    program = way.split()[0]
    if program != "pip" and shutil.which(program) is None:
        pytest.skip(f"there is no {program}")
    tools = tmp_path / "some tools"
    environ = {name: value for name, value in os.environ.items() if name != "XAI_API_KEY"} | {
        "GROKCLI_HOME": str(tmp_path_factory.getbasetemp() / "home"),
        "PIPX_HOME": str(tools / "pipx"), "PIPX_BIN_DIR": str(tools / "bin"),
        "UV_TOOL_DIR": str(tools / "uv"), "UV_TOOL_BIN_DIR": str(tools / "bin"),
    }  # fmt: skip
    python = str(tools / "bin" / "python")
    steps = {
        "pip": [[sys.executable, "-m", "venv", str(tools)], [python, "-m", "pip", "install", str(ROOT)]],
        "pipx": [["pipx", "install", str(ROOT)]],
        "uv tool": [["uv", "tool", "install", str(ROOT)]],
        "uv venv": [["uv", "venv", str(tools)], ["uv", "pip", "install", "--python", python, str(ROOT)]],
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    for step in steps[way]:
        done = run(*step)
        assert done.returncode == 0, done.stderr
    assert list(tools.rglob("share/man/man1/grok.1"))
    grok = str(tools / "bin" / "grok")
    line = shell_command(run(grok, "ask", "-m", "local", "hi").stderr)
    done = run("sh", "-c", line)
    assert done.returncode == 0, done.stderr
    done = run(grok, "ask", "-m", "local", "What is the capital of France?")
    assert done.returncode == 0, done.stderr
    assert "Paris" in done.stdout
    # The other extra, the same way.
    environ |= {"XAI_API_KEY": "xai-0123456789", "XAI_BASE_URL": "https://api.example/v1", "GROK_RETRY_DELAY": "0"}
    proxied = [grok, "ask", "--proxy", "socks5://127.0.0.1:9", "hi"]
    line = shell_command(run(*proxied).stderr)
    assert run("sh", "-c", line).returncode == 0
    assert run(*proxied).returncode == 5  # there is no proxy
