#compdef grok grokcli
# In ~/.zshrc: source <(grok completion zsh)
_grok() {
    local line kind value program=${(Q)words[1]} after=$SUFFIX$QISUFFIX
    local -a lines values shown extra
    local -i width=0 described=0
    program=${program/#\~\//$HOME/}
    (( $+commands[$program] )) || [[ -x $program ]] || program=$service
    lines=("${(@f)$(_GROK_COMPLETE=zsh \
        _GROK_COMPLETE_LINE="${(j: :)words[1,CURRENT-1]} ${words[CURRENT]%$after}" \
        "$program" 2>/dev/null </dev/null)}")
    kind=$lines[1]
    shift lines
    [[ $kind == *= ]] && compset -P 1 '*='
    [[ ${kind%=} == files ]] && { _files; return; }
    [[ ${kind%=} == nospace ]] && extra=(-S '')
    for line in $lines; do
        value=${line%%$'\t'*}
        values+=("$value")
        (( $#value > width )) && width=$#value
        [[ $line == *$'\t'?* ]] && described=1
    done
    if (( described )); then
        for line in $lines; do
            shown+=("${(r:width:)${line%%$'\t'*}}  ${line#*$'\t'}")
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
