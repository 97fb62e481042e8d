#!/usr/bin/env bash
# The story of docs/guides/gate.md, executed by a test: closed gate, rehearsal, two approvers with keys of their own,
# READY, apply, gate consumed, second apply refused, audit, and a check that needs neither oneroof nor PostgreSQL.
#
#   gate.sh PACKAGE TARGET DBA
#
# Run it in the folder of oneroof.toml. DBA is the connection of somebody who may create roles and schemas there.
# `oneroof` is taken from $ONEROOF, else from PATH.
set -euo pipefail

package=$1 target=$2 dba=$3
oneroof=${ONEROOF:-oneroof}
say() { printf '\n== %s\n' "$*"; }
# Runs a command that must end with this exit code.
ends_with() {
  local wanted=$1 seen=0
  shift
  "$@" || seen=$?
  [ "$seen" = "$wanted" ] || { echo "expected exit $wanted, saw $seen: $*" >&2; exit 1; }
}

say "people and a runner, each with a key that never leaves them"
for name in ada bob runner; do
  [ -e "keys/$name" ] || { mkdir -p keys; ssh-keygen -q -t ed25519 -N '' -C "$name" -f "keys/$name"; }
done
key() { cut -d' ' -f1,2 "keys/$1.pub"; }

say "the policy: a DBA reads it, and installs it in the target"
cat >policy.toml <<POLICY
format = 1

[[rule]]
packages = ["$package"]
quorum = { L4 = 1, L2 = 1 }

[[approver]]
name = "ada"
level = "L4"
keys = ["$(key ada)"]

[[approver]]
name = "bob"
level = "L2"
keys = ["$(key bob)"]

[[runner]]
name = "runner"
key = "$(key runner)"
POLICY
"$oneroof" policy check policy.toml
"$oneroof" adopt "$target" --policy policy.toml --execute --dba "$dba"

say "the gate is closed, and says why; acting is refused"
ends_with 10 "$oneroof" gate "$package" --target "$target"
ends_with 3 "$oneroof" apply "$package" --target "$target" --execute

say "a rehearsal on a fresh clone, its evidence signed by the runner"
"$oneroof" rehearse "$package" --from "$target" --proposer eve
evidence=$(ls -d evidence/*/ | tail -1)
[ -e "$evidence/SHA256SUMS.sig" ] || "$oneroof" evidence sign "$evidence" --key keys/runner
"$oneroof" evidence verify "$evidence"

say "one yes is not enough, the second opens the gate"
"$oneroof" approve "$package" --target "$target" --decision approve --reason "reviewed" --key keys/ada
ends_with 10 "$oneroof" gate "$package" --target "$target" --quiet
"$oneroof" approve "$package" --target "$target" --decision approve --reason "reviewed too" --key keys/bob
"$oneroof" gate "$package" --target "$target"
"$oneroof" status "$package" --target "$target"

say "what would be done, and then exactly that"
"$oneroof" apply "$package" --target "$target"
"$oneroof" apply "$package" --target "$target" --execute
"$oneroof" verify "$package" --target "$target"
"$oneroof" status "$package" --target "$target"

say "the approvals are used up, and a second apply is refused"
ends_with 10 "$oneroof" gate "$package" --target "$target"
ends_with 3 "$oneroof" apply "$package" --target "$target" --execute

say "who did what by whose leave"
"$oneroof" audit "$target" --format csv

say "the same without oneroof and without PostgreSQL"
"$oneroof" policy export "$target" >allowed_signers
(cd "$evidence" && sha256sum --quiet --check SHA256SUMS)
ssh-keygen -Y verify -f allowed_signers -I runner -n oneroof-evidence -s "$evidence/SHA256SUMS.sig" <"$evidence/SHA256SUMS"
for file in approvals/*.json; do
  who=$(sed -n 's/^  "approver": "\(.*\)",$/\1/p' "$file")
  ssh-keygen -Y verify -f allowed_signers -I "$who" -n oneroof-approval -s "$file.sig" <"$file"
done
say "done"
