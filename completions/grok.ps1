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
