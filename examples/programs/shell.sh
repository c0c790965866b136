#!/bin/sh
# Gradient descent on a parabola, in a shell: $1 is the rate, $2 its decay, $3 the number of steps.
# Every line of JSON with a cost is a report; the last one is the result.
awk -v rate="$1" -v decay="$2" -v steps="$3" 'BEGIN {
    x = 5
    for (step = 1; step <= steps; step++) {
        x -= rate * 2 * x
        rate *= decay
        printf "{\"cost\": %.9g, \"budget\": %d}\n", x * x, step
    }
}'
