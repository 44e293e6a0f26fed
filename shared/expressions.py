"""The library of CEL expressions, without the command line that it brings along: that takes a tenth of a second of every start."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
cel: Any = import_module("cel")
