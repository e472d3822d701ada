# grok: the keys that turn the words on the line into a command, and explain the command on the line.
# Nothing here runs a command: the line is changed, and Enter is yours. In ~/.zshrc: eval "$(PROGRAM shell zsh)"

if [[ -o interactive ]]; then

# Put the command that the words on the line describe onto the line. Undo (Ctrl+_) brings the words back.
function __PROGRAM_write {
    emulate -L zsh -o localtraps
    [[ $BUFFER == *[^[:space:]]* ]] || return 0
    local line
    trap '' INT # Ctrl-C ends PROGRAM alone, and leaves the words where they are
    zle -I
    line=$(trap - INT; GROK_SHELL=zsh command PROGRAM cmd --no-stdin -- "$BUFFER") || return 0
    [[ -n $line && $line != *[[:cntrl:]]* ]] || return 0
    BUFFER=$line
    CURSOR=$#BUFFER
}

# Explain the command on the line, below it.
function __PROGRAM_explain {
    emulate -L zsh -o localtraps
    [[ $BUFFER == *[^[:space:]]* ]] || return 0
    trap '' INT
    zle -I
    (trap - INT; GROK_SHELL=zsh command PROGRAM cmd --explain --no-stdin -- "$BUFFER")
    return 0
}

# Before each command: keep its line, unless it begins with a space. After it: keep the exit code, and the line if it failed.
function __PROGRAM_preexec {
    typeset -g __PROGRAM_line=${1[1,4000]}
    [[ $1 != ' '* ]] || __PROGRAM_line=
}
function __PROGRAM_precmd {
    typeset -g __PROGRAM_status=$?
    if (( __PROGRAM_status )) && [[ -n ${__PROGRAM_line-} ]]; then
        typeset -g __PROGRAM_failed=$__PROGRAM_line __PROGRAM_failed_status=$__PROGRAM_status
    fi
    __PROGRAM_line=
    return $__PROGRAM_status
}

# What was kept is for `PROGRAM cmd` alone: as a variable of the shell, no other program sees it.
function PROGRAM {
    if [[ ${1-} == cmd ]]; then
        GROK_SHELL=zsh GROK_LAST_STATUS=${__PROGRAM_status-} GROK_FAILED_COMMAND=${__PROGRAM_failed-} \
            GROK_FAILED_STATUS=${__PROGRAM_failed_status-} command PROGRAM "$@"
    else
        command PROGRAM "$@"
    fi
}

preexec_functions=(${preexec_functions:#__PROGRAM_preexec} __PROGRAM_preexec)
# First, because the other functions may change the exit code.
precmd_functions=(__PROGRAM_precmd ${precmd_functions:#__PROGRAM_precmd})
zle -N __PROGRAM_write
zle -N __PROGRAM_explain
for __PROGRAM_keymap in emacs viins; do
    bindkey -M $__PROGRAM_keymap 'WRITE_KEY' __PROGRAM_write
    bindkey -M $__PROGRAM_keymap 'EXPLAIN_KEY' __PROGRAM_explain
done
unset __PROGRAM_keymap

fi
