# usage: zsh -f complete.zsh FOLDER LINE…: types each line, <TAB> for the key, at an interactive shell
# with the completions in FOLDER, and prints the arguments that reglue would get, | between them.
zmodload zsh/zpty
export TERM=vt100
zpty shell zsh -f -i
zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D
zstyle ':completion:*' insert-tab false
reglue() { print -r -- \"GOT:\${(j:|:)@}:\" }
PS1=at''prompt"
shift
tab=$'\t'
for line in "$@"; do
	# the line editor must be there before anything is typed, else the tab is text
	zpty -r -m shell out '*atprompt*'
	zpty -w -n shell "${line//<TAB>/$tab}"$'\n'
	zpty -r -m shell out '*GOT:*:*'
	print -r -- "${${out##*GOT:}%%:*}"
done
zpty -d shell
