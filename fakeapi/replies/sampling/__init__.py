"""A JSON Schema -> a value that satisfies it: plausible by name, the same for the same seed.

`drawing` has the ways in; `plans` and `shapes` make a schema ready, the `sampler` walks it, through `containers` and
`scalars`; `naming`, `hints`, `formats` and `patterns` know what texts look like; `inputs` is for a request's tools.
"""

from fakeapi.replies.sampling.drawing import sample, sample_arguments, sample_json_text
from fakeapi.replies.sampling.inputs import sample_input

__all__ = ["sample", "sample_arguments", "sample_input", "sample_json_text"]
