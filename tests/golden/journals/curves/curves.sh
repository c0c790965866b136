#!/bin/sh
sleep 0.03
awk -v r="$1" -v s="$2" -v b="$3" 'BEGIN {
    d = r / (r + 0.01) - 0.4
    for (e = 1; e < b; e++)
        printf "{\"cost\": %.9f, \"budget\": %d, \"info\": {\"epoch\": %d}}\n", d * d + s * s + 1 / e, e, e
    printf "{\"cost\": %.9f}\n", d * d + s * s + 1 / b }'
