# grok: the keys that turn the words on the line into a command, and explain the command on the line.
# Nothing here runs a command: the line is changed, and Enter is yours. In config.fish: PROGRAM shell fish | source

if status is-interactive

    # After Ctrl-C, which ends PROGRAM and these functions, show the line again.
    function __PROGRAM_interrupted --on-signal INT
        commandline -f repaint
    end

    # Put the command that the words on the line describe onto the line. Undo (Ctrl+Z) brings the words back.
    function __PROGRAM_write
        set -l words (commandline | string collect)
        if test -n (string trim -- "$words" | string collect)
            echo >&2
            set -l line (GROK_SHELL=fish command PROGRAM cmd --no-stdin -- $words)
            if test $status -eq 0 -a (count $line) -eq 1; and not string match -qr '[[:cntrl:]]' -- $line
                commandline -r -- $line
            end
        end
        commandline -f repaint
    end

    # Explain the command on the line, below it.
    function __PROGRAM_explain
        set -l words (commandline | string collect)
        if test -n (string trim -- "$words" | string collect)
            echo >&2
            GROK_SHELL=fish command PROGRAM cmd --explain --no-stdin -- $words
        end
        commandline -f repaint
    end

    # After each command: keep the exit code, and the line if it failed, unless it begins with a space.
    function __PROGRAM_postexec --on-event fish_postexec
        set -g __PROGRAM_status $status
        if test $__PROGRAM_status -ne 0; and not string match -q ' *' -- $argv[1]
            set -g __PROGRAM_failed (string sub -l 4000 -- $argv[1] | string collect)
            set -g __PROGRAM_failed_status $__PROGRAM_status
        end
    end

    # What was kept is for `PROGRAM cmd` alone: as a variable of the shell, no other program sees it.
    function PROGRAM --wraps PROGRAM
        if test "$argv[1]" = cmd
            GROK_SHELL=fish GROK_LAST_STATUS="$__PROGRAM_status" GROK_FAILED_COMMAND="$__PROGRAM_failed" \
                GROK_FAILED_STATUS="$__PROGRAM_failed_status" command PROGRAM $argv
        else
            command PROGRAM $argv
        end
    end

    for mode in default insert
        bind -M $mode WRITE_KEY __PROGRAM_write
        bind -M $mode EXPLAIN_KEY __PROGRAM_explain
    end
end
