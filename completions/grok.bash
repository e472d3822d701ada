# In ~/.bashrc: eval "$(grok completion bash)"
_grok() {
    local line kind= program=$1
    [[ $program == "~/"* ]] && program=$HOME/${program#"~/"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
    done < <(_GROK_COMPLETE=bash _GROK_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" _GROK_COMPLETE_TYPE="$COMP_TYPE" \
        _GROK_COMPLETE_BREAKS="$COMP_WORDBREAKS" "$program" 2>/dev/null </dev/null)
    # Without compopt, which bash 3 does not have, files are offered where nothing else is.
    case ${kind%=} in
        words) compopt +o default 2>/dev/null ;;
        nospace) compopt +o default -o nospace 2>/dev/null ;;
    esac
}
complete -o default -o nosort -F _grok grok grokcli 2>/dev/null || complete -o default -F _grok grok grokcli
