"""What makes a shell command dangerous: it deletes, overwrites, runs code that is not shown, or looks like another.

A table of patterns is no sandbox. It decides which commands need a word typed instead of a key, so it marks a harmless
command rather than miss a harmful one. It looks through the usual disguises of a program's name: quotes, backslashes,
braces and `$IFS`; what is computed is marked as such.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHELL = r"(?:(?:ba|z|da|k|mk|c|tc|fi|a|pw|rba)?sh|fish|powershell|cmd|nu|xonsh|elvish)"
_LANGUAGE = r"(?:python[\d.]*|pypy\d?|perl|ruby|node|nodejs|deno|bun|php|lua[\w.]*|tclsh|osascript|rscript)"
_MANAGERS = (
    "docker podman nerdctl kubectl oc helm terraform tofu pulumi aws gcloud gsutil az heroku fly gh glab vagrant virsh "
    "lxc apt apt-get yum dnf brew port snap flatpak pip[\\d.]* npm yarn pnpm gem cargo conda choco winget scoop ip "
    "nmcli redis-cli mysqladmin rclone s3cmd restic borg btrfs tmutil net schtasks"
)
_RUNNER = r"(?:sudo|doas|env|exec|command|builtin|nohup|nice|time|timeout|busybox|stdbuf|setsid|parallel|xargs)"
# What may stand between a runner and the program that it runs: options, numbers, variables that are set.
_OPTIONS = r"(?:(?:-\S+|\w+=\S*|\d\w*|\{\})\s+)*"
_RUN_BY = rf"(?:\w+=\S*\s+)*(?:{_RUNNER}\s+{_OPTIONS})*"
_START = rf"(?:^|(?:[;&|`]|(?<!\()\((?!\()|[{{!)]\s|\b(?:do|then|else|elif|if|while|until)\s)\s*){_RUN_BY}"
_PIPED_TO = rf"\|&?\s*{_RUN_BY}(?:\S*/)?"
_REST = r"[^;&|]*?\s"  # of the same command, up to one of its words


def _program(names: str, then: str = "") -> str:
    """Return the pattern of a program with one of these names; `then` is the pattern of one of the words behind it."""
    found = rf"(?<![\w.-])(?:{names.replace(' ', '|')})(?:\.exe)?(?![\w-])"
    return rf"{found}{_REST}(?:{then})" if then else found


def _git(then: str) -> str:
    """Return the pattern of a subcommand of git and more; options of git itself may stand before it."""
    return _program("git") + rf"\s+(?:-.*?\s)?(?:{then})"


# By what a command does that one of the patterns is found in.
TABLE = {
    "deletes files": (
        _program("rm unlink shred srm rimraf del remove-item clear-content"),
        _program("rd rmdir", r"/s"),
        _program("mv", r"\S*/dev/null"),
        r"\s-delete\b",
        r"\s--(?:delete|remove|purge|prune|erase|wipe|destroy)[\w-]*",
    ),
    "deletes or changes data": (
        _program(
            _MANAGERS, r"(?:\S*delete|destroy|prune|purge|\S*remove|erase|wipe|drop|rmi|rb|sync|terminate)(?![\w.=:/])"
        ),
        _program(_MANAGERS, r"(?:uninstall|unregister|deregister|terminate-\w+|delete-\w+|flush\w*|reset|rollback)\b"),
        _program("pacman", r"-R\w*"),
        r"\b(?:drop|truncate|alter)\s+(?:table|database|schema|user|index|view)\b",
        r"\b(?:delete\s+from|update\s+\S+\s+set)\b",
        _program("dropdb dropuser"),
        _program("history", r"-\w*[cdw]"),
    ),
    "writes to a disk or a device": (
        _program(r"dd mkfs[\w.]* mke2fs mkswap wipefs [scg]?fdisk sgdisk parte[d] blkdiscard hdparm cryptsetup mdadm"),
        _program(r"(?:lv|vg|pv)(?:remove|create|reduce) zpool zfs diskutil format-volume clear-disk"),
        _program("format", r"\w:"),
        r">\|?\s*/dev/(?!null|std|tty|fd/|full)",
    ),
    "rewrites or deletes history": (
        _git(rf"push\b{_REST}(?:-\w*[fd]|--\S*force\S*|--mirror|\+\S|:\S)"),
        _git(r"(?:filter-\w+|replace|rebase|reflog|update-ref)\b"),
    ),
    "discards changes or branches": (
        _git(r"(?:clean|restore|gc)\b"),
        _git(rf"reset\b{_REST}--(?:hard|merge|keep)"),
        _git(rf"(?:checkout|switch)\b{_REST}(?:-\w*f|--\s|--(?:force|discard)|\.(?!\w))"),
        _git(rf"(?:branch|tag|stash|worktree|remote)\b{_REST}(?:-\w*[df]|drop|clear|remove|rm)\b"),
    ),
    "overwrites files": (
        _program("truncate fallocate sponge set-content out-file"),
        _program("sed perl ruby gawk", r"-\w*i|--in-place"),
        _program("mv cp ln install unzip", r"-\w*[fo]\w*(?!\S)"),
        r"\s--(?:force|hard|overwrite|no-preserve-root)(?!\w)",
    ),
    "runs as another user": (_program("sudo doas su pkexec runas gsudo run0"),),
    "changes permissions widely": (
        _program("chmod chown chgrp setfacl chattr icacls", r"(?:-\w*r|--recursive|0?[0-7]?777|0+)(?!\w)"),
        _program("chmod", r"\S*\+\w*s"),
    ),
    "runs what another program prints": (
        _PIPED_TO + _program(_SHELL),
        _PIPED_TO + _program(_LANGUAGE) + r"(?!\s+-(?:m\s+json\.tool\b|\w*[cenp]))",
        _program(f"{_SHELL} {_LANGUAGE} source") + r"[^;&|]*[<`$]",
        r"(?:^|[;&|]\s*)\.\s[^;&|]*[<`$]",
        rf"[<>]\(\s*{_SHELL}(?!\w)",
        r"\s/dev/stdin\b",
    ),
    "runs text as code": (
        _program("eval invoke-expression iex"),
        _program(_SHELL, r"-\w*c\b"),
        r"\s-enc(?:odedcommand)?\b",
        r"\bsystem\s*\(",
        _program(_LANGUAGE, r"-\w*[cenpr]\b.*\b(?:exec\w*|popen|spawn\w*|eval|require|__import__|socket|kill)\b"),
        _program(_LANGUAGE, r"-\w*[cenpr]\b.*\b(?:os|fs|shutil|open|write\w*|rename|remove\w*|unlink\w*|delete\w*)\b"),
        _program("sed") + r".*[/|,#:!@][gpim\d]*e[gpim\d]*['\"]?(?:\s|$)",
        _program("sed") + r".*[/;'\"\s}]w\s+\S",
        _program("vim? ex ed emacs", r"['\"]?(?:-\w*[cse]\b|\+)"),
    ),
    "runs a program through an option": (
        r"--(?:checkpoint-action|to-command|use-compress-program|rsh|rsync-path)\b",
        r"proxycommand",
        _git(r"(?<=-c\s)\S+="),
        _git(r"config\b.*(?:!|core\.|alias|hook|pager|editor)"),
    ),
    "runs what it downloads": (
        _program("curl wget fetch aria2c scp")
        + rf".*(?:;|&&|\|\|).*(?:{_program(f'{_SHELL} {_LANGUAGE} chmod source')}|\s\./)",
    ),
    "sends data to another machine": (
        _program("curl wget https?", r"\S*@\S|-T|--upload\S*|--post-file|--body-file|<"),
        _program("nc ncat netcat socat telnet"),
        r"/dev/(?:tcp|udp)/",
        r"\|\s*(?:curl|wget|ssh)\b",
    ),
    "stops programs or the system": (
        _program("kill killall pkill shutdown reboot halt poweroff telinit init"),
        _program("stop-computer restart-computer stop-process"),
        _program(
            "systemctl service launchctl rc-service", r"(?:stop|disable|mask|kill|restart|reboot|poweroff|unload)\b"
        ),
        _program("docker podman kubectl", r"(?:stop|kill|down|drain|restart)\b"),
    ),
    "changes the system": (
        _program("userdel groupdel deluser usermod passwd chsh visudo crontab iptables nft ufw sysctl"),
        _program("rmmod swapoff setcap umount"),
        _program("set-executionpolicy reg"),
        _program("systemctl launchctl", r"(?:enable|link|load|bootstrap)\b"),
        r"(?:>>?\|?|\btee\s(?:\s*-\S+)*)\s*\S*(?:rc|profile|\.gitconfig|authorized_keys|\.ssh/\S*|/etc/\S*)(?![\w.])",
        r"(?:>>?\|?|\s)\s*\S*(?:\.git/hooks|autostart|launchagents|systemd/user|cron)/",
    ),
    "changes which programs run": (
        r"(?:^|[\s;&|(])(?:LD_\w+|DYLD_\w+|PATH|BASH_ENV|ENV|IFS|PROMPT_COMMAND|ZDOTDIR|GIT_\w+|EDITOR|VISUAL|PAGER)=",
        r"[^\s;&|(){}]+\s*\(\s*\)\s*[{(]",
        r"(?:^|[;&|]\s*)(?:function|alias|trap|abbr)\s",
    ),
}
_COMPUTED = rf"{_START}(?!\[)[\w./~-]*(?:[$`?*\[]|\{{[^\s}}]*[,.])"
_QUOTED = r"\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\""
# Only as they are written: quotes make a difference to them.
LITERAL = {
    "runs a program whose name is computed": r"\$'[^']*\\[xu0-7]",
    "has a ! that the history of a shell replaces": r"^\^|^(?:[^'\\]|\\.|'[^']*')*?![\w!$^*?#-]",
    "has a long run of spaces": r" {17}",
}

_WORD = r"(?:\"[^\"]*\"|'[^']*'|\\.|[^\s;&|<>()'\"\\])+"
_TARGETS = (
    rf"(?<![<>=-])>(?:[|!]|&(?![\d-])|(?![>(&]))\s*({_WORD})",
    rf"(?:^|\s)(?:-[a-z]*o|-fprint\w*|-fls|--output(?:-document)?)[ =]?({_WORD})",
    rf"(?<![\w.-])(?:cp|mv|ln|install|rsync|scp)\s(?:[^;&|]*\s)?({_WORD})\s*(?=$|[;&|])",
    rf"(?<![\w.-])tee(?!\s+(?:-\w*a|--append))((?:\s+{_WORD})+)",
)
_LONGEST_NAME = 40  # of a file, as it is shown: what is wrapped could begin a line of its own
_NO_FILES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "-")
_MOVES = r"(?<![\w.-])(?:cd|pushd|popd|chdir|z|env\s+-C|make\s+-C)(?![\w-])"

_ALPHABETS = ("CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU", "GEORGIAN")
_STYLES = (
    "FULLWIDTH",
    "MATHEMATICAL",
    "LATIN LETTER SMALL CAPITAL",
    "LATIN SMALL LETTER SCRIPT",
    "SCRIPT",
    "DOUBLE-STRUCK",
)
# Letters of those alphabets that are drawn like Latin ones.
_DRAWN_ALIKE = frozenset("аеорсухіјѕԁһԛԝкмтнвьгпАВЕКМНОРСТУХІЈЅοανρτυικεχγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧսոօհց")


def dangers_of(command: str) -> list[str]:
    """Return what is dangerous about a command, in words that continue "this command"; [] if nothing is known to be.

    Files that it could overwrite are looked for in the current folder.
    """
    plain = re.sub(r"[\\'\"^]", "", re.sub(r"\$\{?IFS\}?", " ", command))
    spellings = list(dict.fromkeys((command, plain, re.sub(r"[{},]", " ", plain))))
    found = [
        what
        for what, patterns in TABLE.items()
        if any(re.search(pattern, one, re.IGNORECASE) for pattern in patterns for one in spellings)
    ]
    found += [what for what, pattern in LITERAL.items() if re.search(pattern, command)]
    if re.search(_COMPUTED, re.sub(_QUOTED, _unquoted, command), re.IGNORECASE):
        found.append("runs a program whose name is computed")
    found += [f"overwrites {name}" for name in dict.fromkeys(_overwritten(command))]
    if alike := lookalikes(command):
        found.append(f"has characters that look like others: {', '.join(alike)}")
    return list(dict.fromkeys(found))


def _unquoted(match: re.Match[str]) -> str:
    """Return what stands for a quoted text: no command begins in it, unless its output is inserted."""
    text = match[0].strip('"')
    return text if "$(" in text or "`" in text else "$q" if text.startswith("$") else "q"


def _overwritten(command: str) -> Iterator[str]:
    """Yield the targets that are there already, or cannot be looked up because they depend on what the command does."""
    for pattern in _TARGETS:
        for name in _names(match[1] for match in re.finditer(pattern, command)):
            if name in _NO_FILES or name.startswith("/dev/fd/"):
                continue
            if re.search(r"[$`*?\[{]", name) or re.search(_MOVES, command):
                yield "a file that may exist"
            elif _is_file(name):
                yield name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _names(found: Iterable[str]) -> Iterator[str]:
    """Yield the words in what was found, without their quotes."""
    for words in found:
        yield from (re.sub(r"[\\'\"]", "", word) for word in re.findall(_WORD, words))


def _is_file(name: str) -> bool:
    try:
        path = Path(name).expanduser()
        return path.exists() and not path.is_dir()
    except (OSError, RuntimeError, ValueError):  # too long a name, no such user, a NUL
        return True


def lookalikes(command: str) -> list[str]:
    """Return the characters of a command that look like ASCII and are not, each with its code point."""
    if command.isascii():
        return []
    found = [one for one in command if _is_sign(one)]
    for run in re.findall(r"[^\W\d_]+", command):
        foreign = [one for one in run if _has_name(one, _ALPHABETS)]
        # A word in another alphabet is one, unless all of it can be read as Latin.
        if len(foreign) < len(run) or _DRAWN_ALIKE.issuperset(foreign):
            found += foreign
    return [f"{one} (U+{ord(one):04X})" for one in dict.fromkeys(found)]


def _is_sign(one: str) -> bool:
    """Return whether a character is a sign or a digit outside ASCII, such as a dash, or a styled Latin letter."""
    from unicodedata import category

    kind = category(one)
    is_sign = kind[0] == "P" or kind in ("Lm", "Nd", "Nl", "No", "Sc", "Sk", "Sm")
    return not one.isascii() and (is_sign or _has_name(one, _STYLES))


def _has_name(one: str, beginnings: tuple[str, ...]) -> bool:
    from unicodedata import name

    return name(one, "").startswith(beginnings)
