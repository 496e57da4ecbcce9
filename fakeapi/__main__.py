"""`python -m fakeapi` is the command `fakeapi`."""

import sys

from fakeapi.cli import main

sys.exit(main())
