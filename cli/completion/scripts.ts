/**
 * What makes a shell ask `signalbox complete` at each tab, by the shell's name. Where that has no answer, the shells
 * offer files.
 */
export const completionScripts: Record<string, string> = {
  bash: `_signalbox() {
  local candidate
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    COMPREPLY+=("$(printf %q "$candidate")")
  done < <(signalbox complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _signalbox signalbox`,
  zsh: `#compdef signalbox
_signalbox() {
  local candidate summary
  local -a candidates
  while IFS=$'\\t' read -r candidate summary; do
    candidates+=("\${candidate//:/\\\\:}\${summary:+:$summary}")
  done < <(signalbox complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( $#candidates )); then _describe signalbox candidates; else _files; fi
}
compdef _signalbox signalbox`,
  fish: `function __signalbox
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates (signalbox complete -- $words[2..-1] 2>/dev/null)
  if set -q candidates[1]
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c signalbox -f -a '(__signalbox)'`,
};
