#!/bin/sh
# Starts the Go kernel (GoNB) on the checkout that this file lies in, so that a cell
# imports the library as it is on disk, wherever the notebook lies.
#
#   $1               the connection file, from Jupyter
#   VRKIT_TOOLS      folder of gonb and goimports; set by `go run ./notebooks`
#   VRKIT_GO         folder of the go command, looked at when it is not on the PATH
#   GONB_FLAGS       more flags for gonb, e.g. -raw_error for errors as plain text
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../../../.." && pwd -P)

PATH="${VRKIT_TOOLS:+$VRKIT_TOOLS:}$PATH"
command -v go >/dev/null 2>&1 || PATH="$PATH${VRKIT_GO:+:$VRKIT_GO}"
export PATH
for tool in go gonb goimports; do
	command -v "$tool" >/dev/null 2>&1 || {
		echo "$tool is not on the PATH: run 'go run ./notebooks -install' in $root" >&2
		exit 1
	}
done
VRKIT_GO_COMMAND=$(command -v go)
export VRKIT_GO_COMMAND
PATH="$here/bin:$PATH" # see bin/go
case $root in *,*) # gonb splits -go_work at commas
	echo "the path of the checkout has a comma in it, which gonb cannot take: move $root" >&2
	exit 1 ;;
esac

# The cells are a workspace of two modules: neither a workspace around us nor -mod may rule it.
# Every cell is linked again, in half the time without a debugger's symbols; panics keep their lines.
unset GOWORK
flags="-mod=readonly -ldflags=-s"
for flag in ${GOFLAGS:-}; do
	case $flag in -mod=* | --mod=* | -modfile=* | --modfile=*) ;; *) flags="$flags $flag" ;; esac
done
export GOFLAGS="$flags"

# shellcheck disable=SC2086 # GONB_FLAGS is a list
exec gonb -kernel "$1" -go_work "$root" -logtostderr=true ${GONB_FLAGS:-}
