#!/bin/sh
# Makes the journals of this folder with a program that is given: `sh make.sh target/debug/galvani`. They stay as the version
# 0.1.0 wrote them; what the program reads in them is in `expected/`, which `UPDATE=1 cargo test --test frozen_journals` writes.
set -eu
galvani=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
cd "$work"

# Of a run that ended or was ended: its journal, without the index, which can be made anew from it.
keep() {
    mkdir -p "$here/$1/store"
    cp "runs/$1/store/journal.jsonl" "$here/$1/store/journal.jsonl"
}

begin() {
    for file in "$here/$1/$1".*; do cp "$file" .; done
}

# Runs an experiment and sends it a signal once so many trials were asked for.
stop() {
    "$galvani" run "$1.ron" &
    run=$!
    until [ "$(grep -c '"kind":"asked"' "runs/$1/store/journal.jsonl")" -ge "$2" ]; do sleep 0.01; done
    kill -s "$3" $run
    wait $run || true
}

begin finished
"$galvani" run finished.ron
keep finished

begin killed
stop killed 16 KILL
keep killed

begin failing
stop failing 20 KILL
keep failing

begin trade
stop trade 13 INT
keep trade

# Results of before, limits that were edited, and an interruption.
begin curves
"$galvani" import csv curves.csv curves.ron
sed 's/trials: 24/trials: 6/' curves.ron > short.ron
mv curves.ron whole.ron
mv short.ron curves.ron
"$galvani" run curves.ron
mv whole.ron curves.ron
stop curves 14 KILL
keep curves

# Trials that somebody else ran; the last two are open.
begin lines
{
    for trial in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
        echo '{"ask": {}}'
        spent='"trial": '$trial', "seconds": '$trial'.5'
        echo '{"report": {"trial": '$trial', "budget": 3, "cost": '$((trial * 7 % 11))'}}'
        case $trial in
            4) echo '{"tell": {'$spent', "outcome": "crashed", "message": "out of luck"}}' ;;
            6) echo '{"tell": {'$spent', "outcome": "diverged"}}' ;;
            9) echo '{"tell": {'$spent', "outcome": "pruned"}}' ;;
            11) echo '{"tell": {'$spent', "outcome": "lost"}}'
                echo '{"ask": {}}'
                echo '{"tell": {'$spent', "cost": 0.25, "info": {"attempts": 2}}}' ;;
            *) echo '{"tell": {'$spent', "cost": 0.'$((trial * 5 % 13 + 10))', "info": {"accuracy": 0.'$trial'}}}' ;;
        esac
    done
    echo '{"ask": {"count": 2}}'
} | "$galvani" ask-tell lines.ron
keep lines

rm -r "$work"
wc -c "$here"/*/store/journal.jsonl
