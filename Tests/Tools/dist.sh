#!/bin/sh
# One stripped binary with Swift's runtime, SQLite, zlib and libstdc++ in it (and of ICU's data only English), and the
# files it reads beside it.
#
#     Tests/Tools/dist.sh OBJECTS FOLDER
#
# OBJECTS is the folder of a release build (`make build`): only the last step, the link, is done again.
set -eu
objects=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
mkdir -p "$2/agentcore-local/bin" "$2/archives"
folder=$(realpath "$2")
# The linker takes what it finds first: here there are archives only.
for name in libsqlite3.a libz.a libstdc++.a; do
    archive=$(cc -print-file-name=$name)
    [ -e "$archive" ] || { echo "$name is missing: install libsqlite3-dev, zlib1g-dev and libstdc++-dev" >&2; exit 1; }
    ln -sf "$archive" "$folder/archives/$name"
done
python3 "$root/Tests/Tools/icu.py" "$folder/archives/icu.o"
# Nobody loads this program as a library: what is not exported and not used is left out.
echo '{ local: *; };' >"$folder/archives/nothing.map"
swiftc -lstdc++ -L "$folder/archives" -L "$objects" -o "$folder/agentcore-local/bin/agentcore-local" \
    -module-name agentcore_local -static-stdlib -emit-executable -use-ld=lld \
    -Xlinker --gc-sections -Xlinker --icf=all -Xlinker -s \
    -Xlinker --version-script="$folder/archives/nothing.map" -Xlinker -no-pie \
    -Xlinker --defsym -Xlinker main=Command_main "@$objects/agentcore-local.product/Objects.LinkFileList" \
    "$folder/archives/icu.o" -lm -lz -g
rm -rf "$folder/archives" "$folder/agentcore-local/mocks" "$folder/agentcore-local/scenarios"
cp -R "$root/mocks" "$root/scenarios" "$root/LICENSE" "$root/README.md" "$folder/agentcore-local/"
# Two folders up from the objects is where this build fetched its packages to.
python3 "$root/Tests/Tools/licences.py" "$objects/../../checkouts" "$folder/agentcore-local/THIRD-PARTY.txt"
# What a shell and man(1) want to know of it.
program=$folder/agentcore-local/bin/agentcore-local share=$folder/agentcore-local/share
rm -rf "$share"
mkdir -p "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
"$program" --generate-completion-script bash >"$share/bash-completion/completions/agentcore-local"
"$program" --generate-completion-script zsh >"$share/zsh/site-functions/_agentcore-local"
"$program" --generate-completion-script fish >"$share/fish/vendor_completions.d/agentcore-local.fish"
python3 "$root/Tests/Tools/docs" "$program" "$share/man/man1/agentcore-local.1" --man
size=$(wc -c <"$program")
echo "$program $((size / 1000000)).$((size / 100000 % 10)) MB"
