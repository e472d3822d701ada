# grok: the keys that turn the words on the line into a command, and explain the command on the line.
# Nothing here runs a command: the line is changed, and Enter is yours. In ~/.bashrc: eval "$(PROGRAM shell bash)"

if [[ $- == *i* && -n ${BASH_VERSINFO-} ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then

# Put the command that the words on the line describe onto the line. Undo (Ctrl+_) brings the words back.
__PROGRAM_write() {
    [[ $READLINE_LINE == *[![:space:]]* ]] || return 0
    local line trap
    trap=$(trap -p INT)
    trap : INT # Ctrl-C ends PROGRAM alone, and leaves the words where they are
    line=$(GROK_SHELL=bash command PROGRAM cmd --no-stdin -- "$READLINE_LINE") || line=
    eval "${trap:-trap - INT}"
    [[ -n $line && $line != *[[:cntrl:]]* ]] || return 0
    READLINE_LINE=$line
    READLINE_POINT=${#line}
}

# Explain the command on the line, below it.
__PROGRAM_explain() {
    [[ $READLINE_LINE == *[![:space:]]* ]] || return 0
    local trap
    trap=$(trap -p INT)
    trap : INT
    printf '%s\n' "$READLINE_LINE"
    GROK_SHELL=bash command PROGRAM cmd --explain --no-stdin -- "$READLINE_LINE"
    eval "${trap:-trap - INT}"
}

# Before each prompt: keep the exit code, and the line if it failed, unless it begins with a space. The line is taken from
# the history, which has a new number then: what is kept out of the history is kept out of here, too.
__PROGRAM_prompt() {
    local status=$? number='\!' line
    number=$HISTCMD:${number@P} # the first of them counts from an empty history too, the second in every version
    if ((status)) && [[ -n ${__PROGRAM_number-} && $number != "$__PROGRAM_number" ]]; then
        line=$(HISTTIMEFORMAT='' builtin history 1)
        if [[ $line =~ ^\ *[0-9]+.\ ([^ ].*)$ ]]; then
            __PROGRAM_failed=${BASH_REMATCH[1]:0:4000}
            __PROGRAM_failed_status=$status
        fi
    fi
    __PROGRAM_number=$number
    __PROGRAM_status=$status
    return "$status"
}

# What was kept is for `PROGRAM cmd` alone: as a variable of the shell, no other program sees it.
function PROGRAM {
    if [[ ${1-} == cmd ]]; then
        GROK_SHELL=bash GROK_LAST_STATUS=${__PROGRAM_status-} GROK_FAILED_COMMAND=${__PROGRAM_failed-} \
            GROK_FAILED_STATUS=${__PROGRAM_failed_status-} command PROGRAM "$@"
    else
        command PROGRAM "$@"
    fi
}

if [[ ${PROMPT_COMMAND-} != *__PROGRAM_prompt* ]]; then
    PROMPT_COMMAND="__PROGRAM_prompt${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
for __PROGRAM_keymap in emacs-standard vi-insert; do
    bind -m "$__PROGRAM_keymap" -x '"WRITE_KEY": __PROGRAM_write'
    bind -m "$__PROGRAM_keymap" -x '"EXPLAIN_KEY": __PROGRAM_explain'
done
unset __PROGRAM_keymap

elif [[ $- == *i* ]]; then
    echo 'PROGRAM shell bash: bash 4.4 or later is needed' >&2
fi
