"""`grok completion`: the script that a shell needs to complete grok's words; `grokcli.commands.tab` answers it.

Each script is for `grok` and for `grokcli`, and runs the one whose words are completed. The command line goes through
the environment and not through arguments: another program of that name would act on those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokcli.commands.grouping import new_app

if TYPE_CHECKING:
    from grokcli.env import Env

app = new_app()

BASH = """\
# In ~/.bashrc: eval "$(grok completion bash)"
_grok() {
    local line kind= program=$1
    [[ $program == "~/"* ]] && program=$HOME/${program#"~/"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
    done < <(_GROK_COMPLETE=bash _GROK_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" _GROK_COMPLETE_TYPE="$COMP_TYPE" \\
        _GROK_COMPLETE_BREAKS="$COMP_WORDBREAKS" "$program" 2>/dev/null </dev/null)
    # Without compopt, which bash 3 does not have, files are offered where nothing else is.
    case ${kind%=} in
        words) compopt +o default 2>/dev/null ;;
        nospace) compopt +o default -o nospace 2>/dev/null ;;
    esac
}
complete -o default -o nosort -F _grok grok grokcli 2>/dev/null || complete -o default -F _grok grok grokcli
"""

# The hook waits for the first prompt: by then compinit has run, or never will, and forgets nothing of ours any more.
ZSH = """\
#compdef grok grokcli
# In ~/.zshrc: source <(grok completion zsh)
_grok() {
    local line kind value program=${(Q)words[1]} after=$SUFFIX$QISUFFIX
    local -a lines values shown extra
    local -i width=0 described=0
    program=${program/#\\~\\//$HOME/}
    (( $+commands[$program] )) || [[ -x $program ]] || program=$service
    lines=("${(@f)$(_GROK_COMPLETE=zsh \\
        _GROK_COMPLETE_LINE="${(j: :)words[1,CURRENT-1]} ${words[CURRENT]%$after}" \\
        "$program" 2>/dev/null </dev/null)}")
    kind=$lines[1]
    shift lines
    [[ $kind == *= ]] && compset -P 1 '*='
    [[ ${kind%=} == files ]] && { _files; return; }
    [[ ${kind%=} == nospace ]] && extra=(-S '')
    for line in $lines; do
        value=${line%%$'\\t'*}
        values+=("$value")
        (( $#value > width )) && width=$#value
        [[ $line == *$'\\t'?* ]] && described=1
    done
    if (( described )); then
        for line in $lines; do
            shown+=("${(r:width:)${line%%$'\\t'*}}  ${line#*$'\\t'}")
        done
        extra+=(-l -d shown)
    fi
    compadd -V grok -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' "${(@)extra}" -a values
}
_grok_register() {
    add-zsh-hook -d precmd _grok_register
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
    compdef _grok grok grokcli
}
if [[ $funcstack[1] == _grok ]]; then
    _grok "$@"
else
    autoload -Uz add-zsh-hook && add-zsh-hook precmd _grok_register
fi
"""

FISH = """\
# In ~/.config/fish/config.fish: grok completion fish | source
function __grok_offers
    set -g __grok_offered
    command -sq $argv[1]; or return 1
    set -lx _GROK_COMPLETE fish
    set -lx _GROK_COMPLETE_LINE (commandline -cp)
    set -l lines (command $argv[1] 2>/dev/null </dev/null)
    test (count $lines) -gt 0; or return 1
    contains -- $lines[1] files 'files='; and return 1
    set -g __grok_offered $lines[2..-1]
    return 0
end
complete -c grok -e
complete -c grokcli -e
complete -c grok -n '__grok_offers grok' -k -f -a '$__grok_offered'
complete -c grokcli -n '__grok_offers grokcli' -k -f -a '$__grok_offered'
"""

POWERSHELL = """\
# In $PROFILE: grok completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName grok, grokcli -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $Env:_GROK_COMPLETE = "powershell"
    $Env:_GROK_COMPLETE_LINE = $commandAst.ToString().PadRight($length).Substring(0, $length)
    $lines = @(& $commandAst.GetCommandName() 2>$null)
    Remove-Item Env:_GROK_COMPLETE, Env:_GROK_COMPLETE_LINE
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $value, $help = $_ -Split "`t", 2
        $shown = if ($help) { $help } else { $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $shown)
    }
}
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}

EXAMPLES = """
eval "$(grok completion bash)"
source <(grok completion zsh)
grok completion fish | source
grok completion powershell | Out-String | Invoke-Expression
"""


@app.command(examples=EXAMPLES)
def completion(
    ctx: typer.Context,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="SHELL", help="Shell to print the script for"),
    ],
) -> None:
    """Print the completion script for a shell."""
    env: Env = ctx.obj
    env.console.stdout.write(SCRIPTS[shell])
