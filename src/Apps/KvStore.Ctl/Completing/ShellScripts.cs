namespace KvStore.Ctl.Completing;

/// <summary>What a shell reads to complete kvctl's commands and flags. Each asks the program itself (<see cref="Completer"/>).</summary>
internal static class ShellScripts
{
    public const string Bash = """
        # bash completion for kvctl
        _kvctl() {
            local line IFS=$'\n'
            COMPREPLY=()
            for line in $("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
                COMPREPLY+=("${line%%$'\t'*}")
            done
        }
        complete -o default -F _kvctl kvctl

        """;

    public const string Zsh = """
        #compdef kvctl
        # zsh completion for kvctl
        _kvctl() {
            local line
            local -a candidates
            for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
                [[ -n "$line" ]] || continue
                candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
            done
            if (( ${#candidates} )); then
                _describe kvctl candidates
            else
                _files
            fi
        }
        if [[ "${funcstack[1]}" = "_kvctl" ]]; then
            _kvctl "$@"
        else
            compdef _kvctl kvctl
        fi

        """;

    public const string Fish = """
        # fish completion for kvctl
        function __kvctl_complete
            set -l words (commandline -opc)
            set -e words[1]
            set -l current (commandline -ct)
            kvctl __complete $words "$current" 2>/dev/null
        end
        complete -c kvctl -a '(__kvctl_complete)'

        """;

    public const string PowerShell = """
        # PowerShell completion for kvctl
        Register-ArgumentCompleter -Native -CommandName kvctl -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
            if ($wordToComplete -eq '') { $words += '' }
            kvctl __complete @words 2>$null | ForEach-Object {
                $candidate, $description = $_ -split "`t", 2
                if (-not $description) { $description = $candidate }
                [System.Management.Automation.CompletionResult]::new($candidate, $candidate, 'ParameterValue', $description)
            }
        }

        """;
}
