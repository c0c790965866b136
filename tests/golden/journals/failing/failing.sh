#!/bin/sh
# Crashes, diverges, says nothing, knows why it fails, or finds no room for whole batches.
sleep 0.03
if [ "$2" -gt 56 ]; then
    echo "too wide" >&2
    exit 3
elif [ "$2" -gt 44 ] && [ "$GALVANI_MICRO_BATCH_DIVISOR" -lt 4 ]; then
    echo "CUDA out of memory" >&2
    exit 1
elif [ "$2" -lt 4 ]; then
    echo "nothing to report"
    exit 0
fi
awk -v r="$1" -v w="$2" -v s="$3" -v b="$4" 'BEGIN {
    if (r > 0.3) { print "{\"cost\": NaN}"; exit }
    if (s > 0.9) { print "{\"outcome\": \"out_of_memory\"}"; exit }
    printf "{\"cost\": %.9f, \"info\": {\"width\": %d}}\n", (w - 30) * (w - 30) / 1000 + s * s + r + 1 / b, w }'
