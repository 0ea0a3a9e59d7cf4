# bash completion for app-preflight: asks the program itself (System.CommandLine's [suggest] directive)
_app_preflight()
{
    local suggestions
    suggestions=$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null) || return 0
    mapfile -t COMPREPLY < <(compgen -W "${suggestions}" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -F _app_preflight app-preflight
