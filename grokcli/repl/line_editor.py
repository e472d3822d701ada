"""Reading the lines of a chat: with a line editor on a terminal, as plain lines elsewhere.

The editor is prompt_toolkit, which takes 60 ms to import and so is imported only on a terminal.
"""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Protocol, TextIO

from grokcli.errors import UsageError
from grokcli.files import PRIVATE, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from prompt_toolkit import PromptSession
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent

PROMPT = "> "
BLOCK = '"""'
MAX_ROW_DIGITS = 5


class LineReader(Protocol):
    """Reads the user's messages; `is_typed` says whether they are typed at a terminal."""

    is_typed: bool

    def read(self, draft: str = "") -> str:
        """Return the next message, which may have several lines.

        `draft` is the initial text if it can be edited. Raises EOFError at the end of the input, KeyboardInterrupt if
        the user discarded the line.
        """


def unblock(text: str) -> str:
    """Return the text between triple quotes, or the unchanged text if it has none."""
    stripped = text.strip()
    if len(stripped) >= 2 * len(BLOCK) and stripped.startswith(BLOCK) and stripped.endswith(BLOCK):
        return stripped[len(BLOCK) : -len(BLOCK)].strip("\n")
    return text


def is_open(text: str) -> bool:
    """Return whether `text` starts a triple-quoted block without ending it."""
    stripped = text.strip()
    return stripped.startswith(BLOCK) and not (len(stripped) >= 2 * len(BLOCK) and stripped.endswith(BLOCK))


class PlainLineReader:
    """Reads one message per line, for scripts and tests."""

    is_typed = False

    def __init__(self, stdin: IO[bytes] | None) -> None:
        """Read from `stdin`; None counts as empty."""
        self._stdin = stdin

    def read(self, draft: str = "") -> str:
        """Return the next line or triple-quoted block."""
        text = self._line()
        while is_open(text):
            try:
                text += "\n" + self._line()
            except EOFError:
                break
        return unblock(text)

    def _line(self) -> str:
        line = self._stdin.readline() if self._stdin is not None else b""
        if not line:
            raise EOFError
        return line.decode("utf-8", "replace").rstrip("\r\n")


class TypedLineReader(PlainLineReader):
    """Reads one message per line from the keyboard; only the terminal edits it. For screen readers."""

    is_typed = True

    def __init__(self, keyboard: IO[bytes], out: TextIO) -> None:
        """Read from `keyboard` and prompt on `out`."""
        super().__init__(keyboard)
        self._out = out

    def _line(self) -> str:
        self._out.write(PROMPT)
        self._out.flush()
        try:
            return super()._line()
        except (EOFError, KeyboardInterrupt):
            self._out.write("\n")  # Ctrl-D and Ctrl-C leave the cursor on the line of the prompt
            self._out.flush()
            raise


class LineEditor:
    """A line editor: Enter sends, Alt+Enter and Ctrl+J break the line, Ctrl+G opens the editor; pastes stay whole."""

    is_typed = True

    def __init__(
        self,
        history: Path,
        complete: Callable[[str], Iterable[tuple[str, int]]],
        edit: Callable[[str], str],
        *,
        keep: bool,
        vi: bool,
    ) -> None:
        """Use the history in the file `history`, and add to it if `keep`.

        `complete` is called when Tab is pressed, with the text before the cursor; it returns completions, each with the
        number of characters it replaces. `edit` returns a text as edited in the user's editor.
        """
        from prompt_toolkit import PromptSession
        from prompt_toolkit.input import create_input
        from prompt_toolkit.layout.processors import TabsProcessor

        self.multiline = False
        self._session: PromptSession[str] = PromptSession(
            history=_history(history, keep=keep),
            completer=_completer(complete),
            complete_while_typing=False,
            enable_suspend=True,
            multiline=True,
            key_bindings=_editor_keys(_report_keys(_keys(self._is_unfinished)), edit),
            vi_mode=vi,
            # Pasted text may contain tabs, which would be shown as ^I.
            input_processors=[TabsProcessor(char1=" ", char2=" ")],
            prompt_continuation="  ",
            # If stdin is a pipe that has been read, use the terminal of stdout.
            input=create_input(always_prefer_tty=True),
        )

    def read(self, draft: str = "") -> str:
        """Return the text that the user sends, starting from `draft`."""
        return unblock(self._session.prompt([("bold", PROMPT)], default=draft))

    def _is_unfinished(self, text: str) -> bool:
        return self.multiline or is_open(text)


def edit_line(text: str, *, vi: bool) -> str:
    """Return `text`, one line, as the user changes it; Ctrl-C and Ctrl-D leave it as it was."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.input import create_input
    from prompt_toolkit.key_binding import KeyBindings

    session: PromptSession[str] = PromptSession(
        vi_mode=vi, key_bindings=_report_keys(KeyBindings()), input=create_input(always_prefer_tty=True)
    )
    try:
        return session.prompt([("bold", PROMPT)], default=text)
    except (EOFError, KeyboardInterrupt):
        return text


def _history(path: Path, *, keep: bool) -> Any:
    """Return the history in `path`, or an empty one for this run only if the file cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class ReadOnlyHistory(FileHistory):
        def store_string(self, string: str) -> None:
            """Do not write to the file."""

    try:
        make_folder(path.parent)
        path.touch(PRIVATE)
        if not path.is_file():  # reading a pipe would block
            return InMemoryHistory()
        with path.open("ab"):
            return FileHistory(str(path)) if keep else ReadOnlyHistory(str(path))
    except OSError:
        return InMemoryHistory()


def _completer(complete: Callable[[str], Iterable[tuple[str, int]]]) -> Any:
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterable[Completion]:
            return (Completion(word, -length) for word, length in complete(document.text_before_cursor))

    return Words()


def _keys(is_unfinished: Callable[[str], bool]) -> KeyBindings:
    from prompt_toolkit.enums import DEFAULT_BUFFER
    from prompt_toolkit.filters import emacs_mode, has_focus, vi_navigation_mode
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.bindings.named_commands import get_by_name

    keys = KeyBindings()
    # Not during a Ctrl+R search, where Enter accepts the match.
    writing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=writing)
    def send(event: KeyPressEvent) -> None:
        buffer: Buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif is_unfinished(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    # In vi mode, Escape is a key of its own: it leaves insert mode, and Enter then sends.
    keys.add("enter", filter=writing & vi_navigation_mode)(get_by_name("accept-line"))

    @keys.add("escape", "enter", filter=writing & emacs_mode)
    def send_or_break(event: KeyPressEvent) -> None:
        buffer: Buffer = event.current_buffer
        if is_unfinished(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    @keys.add("c-j", filter=writing)
    def break_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _report_keys(keys: KeyBindings) -> KeyBindings:
    """Add what a terminal reports by itself: of the mouse and the cursor. Typed or pasted, a report may say anything.

    prompt_toolkit's own bindings raise at `ESC [ 3 1 m`, which they take for a mouse, and that ends the prompt.
    """
    from prompt_toolkit.keys import Keys

    @keys.add(Keys.Vt100MouseEvent, eager=True)
    def ignore(event: KeyPressEvent) -> None:
        """Do nothing: the mouse selects text, and that is up to the terminal."""

    @keys.add(Keys.CPRResponse, eager=True, save_before=lambda _: False)
    def place_cursor(event: KeyPressEvent) -> None:
        row = event.data[2:].partition(";")[0]
        if len(row) <= MAX_ROW_DIGITS:
            event.app.renderer.report_absolute_cursor_row(int(row))

    return keys


def _editor_keys(keys: KeyBindings, edit: Callable[[str], str]) -> KeyBindings:
    """Add the keys that open the editor. With prompt_toolkit's own, the editor would inherit the API key."""
    from prompt_toolkit.application import run_in_terminal
    from prompt_toolkit.document import Document
    from prompt_toolkit.filters import emacs_mode, has_selection, vi_navigation_mode

    async def open_editor(buffer: Buffer, *, send: bool) -> None:
        with suppress(UsageError):  # if the editor fails, the text stays unchanged
            text = await run_in_terminal(lambda: edit(buffer.text), in_executor=True)
            buffer.document = Document(text, len(text))
            if send:
                buffer.validate_and_handle()

    @keys.add("c-g")
    def edit_line(event: KeyPressEvent) -> None:
        event.app.create_background_task(open_editor(event.current_buffer, send=False))

    @keys.add("c-x", "c-e", filter=emacs_mode & ~has_selection)
    @keys.add("v", filter=vi_navigation_mode)
    def edit_and_send(event: KeyPressEvent) -> None:
        event.app.create_background_task(open_editor(event.current_buffer, send=True))

    return keys
