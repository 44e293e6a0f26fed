"""A process that learns: outcomes come as JSON on its standard input, and the model goes out as JSON."""

import json
import os
import sys

from services.leads.rules.judging.training import Example, trained

# Whatever else the machine has to do goes first.
NICE = 10


def main() -> None:
    os.nice(NICE)
    examples = [Example(*row) for row in json.load(sys.stdin)]
    sys.stdout.write(trained(examples).model_dump_json())


if __name__ == "__main__":
    main()
