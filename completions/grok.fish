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
