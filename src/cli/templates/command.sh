#!/bin/sh
# An example of a training program: replace it with your own. The last {"cost": ...} that it prints is its result.
# Its stderr is kept in the folder of the trial, and a non-zero exit code is the outcome `crashed`.
rate=0.01 momentum=0 optimizer=sgd epochs=1
for argument in "$@"; do
    case $argument in
        --rate=*) rate=${argument#*=} ;;
        --momentum=*) momentum=${argument#*=} ;;
        --optimizer=*) optimizer=${argument#*=} ;;
        --epochs=*) epochs=${argument#*=} ;;
    esac
done
# Continue from "$GALVANI_CHECKPOINT" here, and save to it before the end.
awk -v rate="$rate" -v momentum="$momentum" -v optimizer="$optimizer" -v epochs="$epochs" 'BEGIN {
    best = optimizer == "sgd" ? -2 - momentum : -3
    distance = log(rate) / log(10) - best
    printf "{\"cost\": %.6f}\n", 0.05 + distance * distance + 0.5 / epochs
}'
