#compdef grok

_grok_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _GROK_COMPLETE=complete_zsh grok)
}

compdef _grok_completion grok
